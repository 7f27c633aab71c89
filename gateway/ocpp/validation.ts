import type { OcppVersion } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { mend, type RelaxationName } from "./relaxed_faults.ts";
import { SEMANTIC_RULES, type SemanticRule } from "./semantic_rules.ts";

/**
 * Schema check of one OCPP version. Answers undefined when nothing is wrong, else where and how the payload breaks its
 * schema, without any value of the payload (it may be a badge).
 */
export interface SchemaCheck {
  /** "unknown-action" when the version has no such action. */
  call(action: string, payload: unknown): string | undefined;
  /** Answers to unknown actions have no schema and pass. */
  result(action: string, payload: unknown): string | undefined;
}

/** One fault as ajv tells it. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** One compiled schema: a standalone ajv function, which leaves its errors on itself. */
export interface CompiledSchema {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** Compiled schemas by name: "BootNotificationRequest", "BootNotificationResponse". */
export type CompiledSchemas = Readonly<Record<string, CompiledSchema>>;

/** What a check knows beside the schemas. */
export interface SchemaCheckOptions {
  /** What the specification says and the schemas do not. */
  readonly rules?: readonly SemanticRule[];
  /** Faults that this station's quirks waive (Q17). */
  readonly relaxations?: readonly RelaxationName[];
}

const loaded = new Map<OcppVersion, Promise<CompiledSchemas>>();

/**
 * The check of a version for a station with these relaxations; the schemas of a version are loaded when the first
 * station of that version connects.
 */
export async function loadSchemaCheck(
  version: OcppVersion,
  relaxations: readonly RelaxationName[] = [],
): Promise<SchemaCheck> {
  let schemas = loaded.get(version);
  if (!schemas) loaded.set(version, schemas = importSchemas(version));
  const rules = SEMANTIC_RULES.filter(({ versions }) => versions.includes(version));
  return createSchemaCheck(await schemas, { rules, relaxations });
}

/** A check over compiled schemas, then over the rules that they miss. */
export function createSchemaCheck(
  schemas: CompiledSchemas,
  { rules = [], relaxations = [] }: SchemaCheckOptions = {},
): SchemaCheck {
  const rulesOf = rulesByMessage(rules.filter(({ id }) => id !== "timestamp-zone" || !relaxes(relaxations)));
  const judge = (name: string, schema: CompiledSchema): PayloadCheck => {
    const own = rulesOf(name);
    return (payload) => schemaFault(schema, payload, relaxations) ?? semanticFault(own, payload);
  };
  // By action, so that a message costs one look-up and no new names.
  const calls = new Map<string, PayloadCheck>(), results = new Map<string, PayloadCheck>();
  for (const [name, schema] of Object.entries(schemas)) {
    if (name.endsWith("Response")) results.set(name.slice(0, -"Response".length), judge(name, schema));
    else calls.set(name.replace(/Request$/, ""), judge(name, schema));
  }
  return {
    call(action, payload) {
      const check = calls.get(action);
      return check ? check(payload) : "unknown-action";
    },
    result: (action, payload) => results.get(action)?.(payload),
  };
}

/** The fault of one payload. */
type PayloadCheck = (payload: unknown) => string | undefined;

/** The keyword of a fault as a check writes it: "/connectorId breaks type" -> "type". */
export function keywordOf(fault: string): string | undefined {
  return /^\S+ breaks ([A-Za-z]+)/.exec(fault)?.[1];
}

const relaxes = (names: readonly RelaxationName[]): boolean => names.includes("loose-timestamps");

function rulesByMessage(rules: readonly SemanticRule[]): (name: string) => readonly SemanticRule[] {
  const everywhere = rules.filter(({ messages }) => messages.includes("*"));
  const byName = new Map<string, readonly SemanticRule[]>();
  for (const name of new Set(rules.flatMap(({ messages }) => messages))) {
    byName.set(name, [...rules.filter(({ messages }) => messages.includes(name)), ...everywhere]);
  }
  return (name) => byName.get(name) ?? everywhere;
}

function semanticFault(rules: readonly SemanticRule[], payload: unknown): string | undefined {
  for (let i = 0; i < rules.length; i++) {
    const at = rules[i]!.test(payload);
    if (at !== undefined) return `${safePath(at)} breaks rule ${rules[i]!.id}`;
  }
  return undefined;
}

/** The first fault that no relaxation waives. The payload is left as it is: only a copy is mended. */
function schemaFault(
  schema: CompiledSchema,
  payload: unknown,
  relaxations: readonly RelaxationName[],
): string | undefined {
  if (schema(payload)) return undefined;
  if (relaxations.length === 0) return describe(schema);
  const copy = { root: structuredClone(payload) };
  for (let mends = 0; mends < OCPP_LIMITS.relaxedFaults; mends++) {
    if (schema(copy.root)) return undefined;
    const [error] = schema.errors ?? [];
    if (!error || !mend(copy.root, error, relaxations)) return describe(schema);
  }
  return schema(copy.root) ? undefined : describe(schema);
}

async function importSchemas(version: OcppVersion): Promise<CompiledSchemas> {
  switch (version) {
    case "ocpp1.6":
      return (await import("./schemas/ocpp16.js")).default;
    case "ocpp2.0.1":
      return (await import("./schemas/ocpp201.js")).default;
    case "ocpp2.1":
      return (await import("./schemas/ocpp21.js")).default;
  }
}

/** Names of properties come from the peer: only plain ones are repeated. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,40}$/;

function describe({ errors }: CompiledSchema): string {
  const first = errors?.[0];
  if (!first) return "breaks its schema";
  return `${safePath(first.instancePath)} breaks ${first.keyword}${detailOf(first)}`;
}

function safePath(pointer: string): string {
  if (pointer.length > 120 || !/^[\w/-]*$/.test(pointer)) return "(path)";
  return pointer === "" ? "/" : pointer;
}

function detailOf({ keyword, params }: SchemaError): string {
  const named = keyword === "required" ? params.missingProperty : params.additionalProperty ?? params.limit;
  if (typeof named === "number") return ` ${named}`;
  return typeof named === "string" && PLAIN_NAME.test(named) ? ` "${named}"` : "";
}
