import type { OcppVersion } from "./codec.ts";
import { keywordOf } from "./validation.ts";

/** Keywords of a schema by the kind of violation that OCPP-J names (1.6-J table 7, 2.x Part 4 table 8). */
const OCCURRENCE: ReadonlySet<string> = new Set(["maxItems", "minItems", "required"]);
const PROPERTY: ReadonlySet<string> = new Set([
  "enum",
  "format",
  "maxLength",
  "maximum",
  "minLength",
  "minimum",
  "multipleOf",
  "pattern",
  "rule",
]);

/**
 * Error code for a payload that breaks its schema, exact for the version: 1.6 spells two of them in its own way (Q20).
 * `fault` is what the schema check answered; undefined: the message as a whole is at fault.
 */
export function violationCode(version: OcppVersion, fault: string | undefined): string {
  const is16 = version === "ocpp1.6", keyword = fault === undefined ? undefined : keywordOf(fault);
  if (keyword === "type") return "TypeConstraintViolation";
  if (keyword !== undefined && PROPERTY.has(keyword)) return "PropertyConstraintViolation";
  if (keyword !== undefined && OCCURRENCE.has(keyword)) {
    return is16 ? "OccurenceConstraintViolation" : "OccurrenceConstraintViolation";
  }
  return is16 ? "FormationViolation" : "FormatViolation";
}
