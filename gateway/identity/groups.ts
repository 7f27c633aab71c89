import { IDENTITY_LIMITS } from "./limits.ts";

/** A claim or attribute as a list of group names: one text, a list of texts, or nothing. Bounded. */
export function readGroups(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return readGroups([value]);
  if (!Array.isArray(value)) return undefined;
  const names = value.filter((item) =>
    typeof item === "string" && item.length <= IDENTITY_LIMITS.groupChars
  ) as string[];
  return names.slice(0, IDENTITY_LIMITS.groups);
}
