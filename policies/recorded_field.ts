import { POLICY_LIMITS } from "./limits.ts";

/** One field that a person filled in, as a recording keeps it. */
export interface RecordedField {
  readonly name: string;
  readonly value: string;
}

/** A field as it was sent. `isSecret`: the driver's table says that its value is one. */
export interface SentField extends RecordedField {
  readonly isSecret?: boolean;
}

/** What stands in the place of a secret: nothing of it, not even how long it is. */
export const MASK = "••••";

/** Names whose values are secrets or name people, whatever a driver's table knows of them. */
const SECRET_NAMES =
  /pass(?:w|phrase|code)|\bpass\b|pwd|\bpin\b|_pin|pin_|puk|secret|token|credential|cookie|session|auth|psk|private|(?:api|access|signing|wpa|crypt|ssh)[_-]?key|key[_-]?(?:store|file)|\bkey\b|\bcode\b|otp|nonce|signature|rfid|badge|\buid\b|idtag|vin\b/i;
/** Values that are secrets under any name: PEM, JSON Web Tokens, Basic and Bearer credentials, long random words. */
const SECRET_VALUES = /-----BEGIN|^eyJ[\w-]+\.[\w-]+\.|^(?:Basic|Bearer) \S|^[A-Za-z0-9+/_=-]{40,}$|^[0-9a-f]{32,}$/i;

/**
 * Form fields for a recording (BC-11): secrets are masked by their name and by what they look like, long texts are cut, and
 * there are never more of them than the limit; the last field then says how many are missing. Masking twice changes nothing.
 */
export function recordFields(sent: readonly SentField[]): readonly RecordedField[] {
  const { recordedFields } = POLICY_LIMITS;
  if (sent.length <= recordedFields) return sent.map(recordField);
  const kept = sent.slice(0, recordedFields - 1).map(recordField);
  return [...kept, { name: "…", value: `${sent.length - kept.length} more` }];
}

function recordField({ name, value, isSecret }: SentField): RecordedField {
  const shown = cut(name, POLICY_LIMITS.recordedName);
  if (isSecret === true || SECRET_NAMES.test(spread(name)) || SECRET_VALUES.test(value.trim())) {
    return { name: shown, value: value === "" ? "" : MASK };
  }
  return { name: shown, value: cut(value, POLICY_LIMITS.recordedValue) };
}

/** "UserPassword" and "user-password" alike: words of a name apart. */
const spread = (name: string): string =>
  `${name} ${name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_.[\]-]+/g, " ")}`;

const cut = (text: string, limit: number): string => text.length <= limit ? text : `${text.slice(0, limit)}…`;
