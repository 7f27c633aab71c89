import { createHmac } from "node:crypto";
import { replaceEach, type Span, stringMembers } from "./string_spans.ts";

/** Members whose text is a badge, a contract or a vehicle, in every version. Lower case. */
const BADGE_KEYS: ReadonlySet<string> = new Set([
  "additionalidtoken",
  "certificate",
  "emaid",
  "evccid",
  "groupidtoken",
  "idtag",
  "idtoken",
  "parentidtag",
  "vehicleid",
  "vin",
]);

/** Hexadecimal digits of a pseudonym: an idTag of OCPP 1.6 has room for 20 characters. */
const PSEUDONYM_CHARS = 18;

/**
 * The message for a mirror that may not see badges: each is replaced by a pseudonym under `key`, equal for equal badges;
 * every other byte is as received, signed meter data too. Undefined when nobody can tell what is inside: a DataTransfer
 * or a signed message.
 */
export function maskBadges(action: string, bytes: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (action === "DataTransfer" || action.endsWith("-Signed")) return undefined;
  const spans = stringMembers(bytes, (name) => BADGE_KEYS.has(name.toLowerCase()));
  if (spans.length === 0) return bytes;
  return replaceEach(bytes, spans, (span) => JSON.stringify(pseudonym(bytes, span, key)));
}

function pseudonym(bytes: Uint8Array, { start, end }: Span, key: Uint8Array): string {
  const text: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(start, end))); // escapes hide no equality
  return createHmac("sha256", key).update(String(text)).digest("hex").slice(0, PSEUDONYM_CHARS);
}
