/** The part of a JSON Schema that samples are made from. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly additionalProperties?: boolean;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** A payload and what was done to it. */
export interface Sample {
  /** As "chargingStation.serialNumber too long by 1". */
  readonly what: string;
  readonly payload: unknown;
}

/** Objects deeper than this are left out where they may be: some schemas of 2.1 are wide. */
const DEPTH = 5;

/** A payload with every property the schema knows, each as long as it may be. */
export function valid(root: Schema, schema: Schema, depth = 0): unknown {
  const node = resolve(root, schema);
  if (node.enum) return node.enum[0];
  switch (node.type) {
    case "object": {
      const all = Object.entries(node.properties ?? {});
      const wanted = all.filter(([name]) => depth < DEPTH || node.required?.includes(name));
      return Object.fromEntries(wanted.map(([name, field]) => [name, valid(root, field, depth + 1)]));
    }
    case "array":
      return Array.from({ length: Math.max(1, node.minItems ?? 1) }, () => valid(root, node.items ?? {}, depth + 1));
    case "integer":
    case "number":
      return node.minimum ?? Math.min(1, node.maximum ?? 1);
    case "boolean":
      return true;
    default:
      return text(node);
  }
}

function text({ format, maxLength = 20, minLength = 0 }: Schema): string {
  if (format === "date-time") return "2026-01-01T00:00:00Z";
  if (format === "uri") return "https://a.example/f";
  return "x".repeat(Math.max(minLength, Math.min(maxLength, 60)));
}

/** Copies of a valid payload with one thing wrong each, at every place of the schema. */
export function breakings(root: Schema, good: unknown): Sample[] {
  const found: Sample[] = [{ what: "no object", payload: [] }, { what: "nothing", payload: null }];
  walk(root, root, good, [], (path, node, required) => {
    for (const [what, change] of changesOf(node, required)) {
      const payload = { root: structuredClone(good) };
      apply(payload, ["root", ...path], change);
      found.push({ what: `${path.join(".")} ${what}`, payload: payload.root });
    }
  });
  return found;
}

type Change = (parent: Record<string, unknown>, key: string) => void;

function changesOf(node: Schema, required: boolean): [string, Change][] {
  const set = (value: unknown): Change => (parent, key) => void (parent[key] = value);
  const changes: [string, Change][] = [[required ? "left out" : "left out (optional)", (parent, key) => {
    delete parent[key];
  }]];
  if (node.enum) changes.push(["with an unknown value", set("NoSuchValue")]);
  else if (node.type === "string") {
    changes.push(["as a number", set(7)]);
    if (node.maxLength !== undefined && !node.format) {
      changes.push(["too long by 1", set("x".repeat(node.maxLength + 1))], [
        "at its length",
        set("x".repeat(node.maxLength)),
      ]);
    }
    if (node.format) changes.push(["of the wrong format", set("no such format")]);
  } else if (node.type === "integer") changes.push(["as a text", set("1")], ["as a float", set(1.5)]);
  else if (node.type === "number") changes.push(["as a text", set("1")], ["with a decimal", set(0.7)]);
  else if (node.type === "boolean") changes.push(["as a text", set("true")]);
  else if (node.type === "array") changes.push(["as an empty list", set([])], ["as an object", set({})]);
  else if (node.type === "object") {
    changes.push(["as a list", set([])]);
    changes.push(["with an extra property", (parent, key) => Object.assign(parent[key] as object, { vendorExtra: 1 })]);
  }
  return changes;
}

function walk(
  root: Schema,
  schema: Schema,
  value: unknown,
  path: readonly string[],
  visit: (path: readonly string[], node: Schema, required: boolean) => void,
): void {
  const node = resolve(root, schema);
  if (node.type === "array" && Array.isArray(value)) {
    const item = resolve(root, node.items ?? {});
    visit([...path, "0"], { ...item, ...(item.type ? {} : { type: "string" }) }, true);
    walk(root, item, value[0], [...path, "0"], visit);
  }
  if (node.type !== "object" || typeof value !== "object" || value === null) return;
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    const inner = resolve(root, field);
    visit([...path, name], inner, node.required?.includes(name) ?? false);
    walk(root, inner, (value as Record<string, unknown>)[name], [...path, name], visit);
  }
}

function apply(target: Record<string, unknown>, path: readonly string[], change: Change): void {
  let parent = target;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  change(parent, path.at(-1)!);
}

function resolve(root: Schema, node: Schema): Schema {
  if (node.$ref === undefined) return node;
  return root.definitions?.[node.$ref.replace("#/definitions/", "")] ?? node;
}
