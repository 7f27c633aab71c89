import { z } from "zod";
import type { Fault, Path } from "./fault.ts";
import { quoted } from "./fault.ts";
import { suggest } from "./suggest.ts";

/** The part of a JSON Schema that texts are made from. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The JSON Schema (2020-12) of what people write, before defaults are filled in. */
export function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: "input" }) as SchemaNode;
}

/** The schema of the value at `path`; undefined where the schema knows no such key. */
export function schemaAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const part of path) {
    if (typeof part === "number") node = node?.items;
    else node = node?.properties && Object.hasOwn(node.properties, part) ? node.properties[part] : undefined;
  }
  return node;
}

/** Turns zod's issues into faults: one per value, with what is wanted and what was probably meant. */
export function schemaFaults(
  issues: readonly z.core.$ZodIssue[],
  root: SchemaNode,
  sourceOf: (path: Path) => string | undefined,
): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  for (const issue of issues) {
    for (const fault of faultsOf(issue, root, sourceOf)) {
      const key = JSON.stringify(fault.path);
      if (!seen.has(key)) faults.push(fault);
      seen.add(key);
    }
  }
  return faults;
}

function faultsOf(
  issue: z.core.$ZodIssue,
  root: SchemaNode,
  sourceOf: (path: Path) => string | undefined,
): Fault[] {
  const path = issue.path as (string | number)[];
  const value = issue.input;
  const schema = schemaAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], Object.keys(schema?.properties ?? {})));
    case "invalid_type":
      return [value === undefined ? missing(path, schema) : wrongType(path, value, schema, sourceOf(path))];
    case "invalid_value":
      return [value === undefined ? missing(path, schema) : notOneOf(path, value, issue.values)];
    case "too_small":
      return [{ path, wrong: sizeOf(value), wanted: `at least ${issue.minimum}${unitOf(value, issue.minimum)}` }];
    case "too_big":
      return [{ path, wrong: sizeOf(value), wanted: `at most ${issue.maximum}${unitOf(value, issue.maximum)}` }];
    case "invalid_key": // a key of a map whose keys are names: what is wanted stands in the issue of the key itself
      return [{
        path,
        at: "key",
        wrong: `${quoted(path.at(-1))} cannot be used`,
        wanted: issue.issues[0]?.message ?? "",
      }];
    default: // custom checks and patterns: their message says what is wanted
      return [{ path, wrong: `${quoted(value)} cannot be used`, wanted: issue.message }];
  }
}

function unknownKey(path: Path, known: readonly string[]): Fault {
  const key = String(path.at(-1));
  const suggestion = suggest(key, known);
  return { path, at: "key", wrong: "there is no such key here", wanted: `one of ${known.join(", ")}`, suggestion };
}

function missing(path: Path, schema: SchemaNode | undefined): Fault {
  return { path, wrong: "is missing", wanted: lowerFirst(schema?.description ?? "a value") };
}

function notOneOf(path: Path, value: unknown, values: readonly unknown[]): Fault {
  const names = values.map(String);
  const suggestion = typeof value === "string" ? suggest(value, names) : undefined;
  const wanted = names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
  return { path, wrong: `${quoted(value)} is not allowed`, wanted, suggestion };
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys",
};

function wrongType(path: Path, value: unknown, schema: SchemaNode | undefined, source: string | undefined): Fault {
  const wanted = KINDS[schema?.type ?? ""] ?? "another kind of value";
  const isScalar = typeof value !== "object" || value === null;
  if (schema?.type === "string" && isScalar && source !== undefined && source !== "") {
    const kind = value === null ? "nothing" : `the ${typeof value} ${value}`;
    return { path, wrong: `${source} is ${kind}`, wanted: `text: write "${source}" in quotes` };
  }
  return { path, wrong: value === null ? "has no value" : `${quoted(value)} is of the wrong kind`, wanted };
}

function sizeOf(value: unknown): string {
  if (typeof value === "string") return `${quoted(value)} has ${value.length}${unitOf(value, value.length)}`;
  if (Array.isArray(value)) return `has ${value.length}${unitOf(value, value.length)}`;
  return `${quoted(value)} is out of range`;
}

function unitOf(value: unknown, count: number | bigint): string {
  const one = Number(count) === 1;
  if (typeof value === "string") return one ? " character" : " characters";
  return Array.isArray(value) ? (one ? " entry" : " entries") : "";
}

/** Lower-cases the first letter of a description unless it starts with an abbreviation. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
