import { fold } from "./ocpp_fields.ts";

/**
 * Whether a member on the way to a value is there under a name that only some would take for its own: a station that
 * forgives the spelling would read what a judge did not. `path` names the members from the outside in; "*" stands for the
 * items of a list.
 */
export function isMisspelt(value: unknown, path: readonly string[], depth = 0): boolean {
  const name = path[depth];
  if (name === undefined || typeof value !== "object" || value === null) return false;
  if (name === "*") return Array.isArray(value) && value.some((item) => isMisspelt(item, path, depth + 1));
  const folded = fold(name);
  for (const key in value) if (key !== name && fold(key) === folded) return true;
  return isMisspelt((value as Record<string, unknown>)[name], path, depth + 1);
}
