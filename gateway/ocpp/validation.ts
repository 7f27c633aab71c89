import type { OcppVersion } from "./codec.ts";

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

interface SchemaError {
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

const loaded = new Map<OcppVersion, Promise<SchemaCheck>>();

/** The check of a version; its schemas are loaded when the first station of that version connects. */
export function loadSchemaCheck(version: OcppVersion): Promise<SchemaCheck> {
  let check = loaded.get(version);
  if (!check) loaded.set(version, check = importSchemas(version).then(createSchemaCheck));
  return check;
}

/** A check over compiled schemas. */
export function createSchemaCheck(schemas: CompiledSchemas): SchemaCheck {
  return {
    call(action, payload) {
      const name = `${action}Request`;
      // hasOwn: an action may be named "constructor".
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      if (!schema) return "unknown-action";
      return schema(payload) ? undefined : describe(schema);
    },
    result(action, payload) {
      const name = `${action}Response`;
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      return !schema || schema(payload) ? undefined : describe(schema);
    },
  };
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
  const path = first.instancePath.length <= 120 && /^[\w/-]*$/.test(first.instancePath) ? first.instancePath : "(path)";
  return `${path === "" ? "/" : path} breaks ${first.keyword}${detailOf(first)}`;
}

function detailOf({ keyword, params }: SchemaError): string {
  const named = keyword === "required" ? params.missingProperty : params.additionalProperty ?? params.limit;
  if (typeof named === "number") return ` ${named}`;
  return typeof named === "string" && PLAIN_NAME.test(named) ? ` "${named}"` : "";
}
