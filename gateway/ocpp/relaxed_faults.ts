import type { SchemaError } from "./validation.ts";

/** Kinds of schema faults that a quirk of the same name waives for one station (Q17). */
export const RELAXATION_NAMES = ["extra-properties", "long-strings", "loose-numbers", "loose-timestamps"] as const;
/** One of them. */
export type RelaxationName = typeof RELAXATION_NAMES[number];

/** The relaxations among a station's quirks, in one order. */
export function relaxationsOf(quirks: readonly string[]): readonly RelaxationName[] {
  return RELAXATION_NAMES.filter((name) => quirks.includes(name));
}

/** Empty, or a date and time whose zone is missing or short ("+03"): what is no time at all stays a fault. */
const LOOSE_TIME = /^(?:\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A time that passes every check. */
const SOME_TIME = "2000-01-01T00:00:00Z";

/**
 * Mends one fault in a copy of the payload when one of these relaxations waives it, so that the schema can be asked
 * again and the next fault is found; false when none does. The copy is only ever judged, never sent.
 */
export function mend(copy: unknown, error: SchemaError, names: readonly RelaxationName[]): boolean {
  const target = locate(copy, error.instancePath);
  if (!target) return false;
  const { parent, key } = target, { keyword, params } = error, value = parent[key];
  if (keyword === "additionalProperties" && names.includes("extra-properties")) {
    return typeof params.additionalProperty === "string" && isRecord(value) &&
      Reflect.deleteProperty(value, params.additionalProperty);
  }
  if (keyword === "maxLength" && typeof value === "string" && names.includes("long-strings")) {
    parent[key] = Array.from(value).slice(0, Number(params.limit)).join("");
    return true;
  }
  if (keyword === "format" && params.format === "date-time" && names.includes("loose-timestamps")) {
    if (typeof value !== "string" || !LOOSE_TIME.test(value)) return false;
    parent[key] = SOME_TIME;
    return value !== SOME_TIME;
  }
  if (!names.includes("loose-numbers")) return false;
  return mendNumber(parent, key, keyword, params.type);
}

/** A float where an integer is wanted, a number in quotes, one decimal too many. */
function mendNumber(parent: Record<string, unknown>, key: string, keyword: string, type: unknown): boolean {
  const value = parent[key];
  const isNumeric = typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value));
  if (!isNumeric) return false;
  if (keyword === "multipleOf") {
    parent[key] = Math.trunc(Number(value));
    return true;
  }
  if (keyword !== "type" || (type !== "integer" && type !== "number")) return false;
  parent[key] = type === "integer" ? Math.trunc(Number(value)) : Number(value);
  return parent[key] !== value;
}

/** The place that a JSON pointer names, with its parent; "" is the root, whose parent is made up. */
function locate(root: unknown, pointer: string): { parent: Record<string, unknown>; key: string } | undefined {
  let parent: Record<string, unknown> = { root }, key = "root";
  for (const step of pointer.split("/").slice(1)) {
    const value = parent[key];
    if (typeof value !== "object" || value === null) return undefined;
    parent = value as Record<string, unknown>;
    key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!Object.hasOwn(parent, key)) return undefined;
  }
  return { parent, key };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
