/** What a secret that the gateway makes has to be like. */
export interface SecretForm {
  /** Characters. */
  readonly length: number;
  /** Special characters that may be in it, one of them always; empty: letters and digits only. */
  readonly specials: string;
}

/** Letters and digits without those that people mix up when they read them to each other: I, l, 1, O, 0. */
const UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ", LOWER = "abcdefghijkmnopqrstuvwxyz", DIGITS = "23456789";

/** The shortest secret that still has more than 100 bits. */
export const SHORTEST_SECRET = 18;

/**
 * A random secret with an upper-case letter, a lower-case letter, a digit and, where the device takes any, a special
 * character; it begins with a letter, which no form or file format takes for something else.
 * @param bytes gives so many random bytes
 * @throws RangeError when it would be too short to be a secret
 */
export function makeSecret({ length, specials }: SecretForm, bytes: (count: number) => Uint8Array): string {
  if (!Number.isInteger(length) || length < SHORTEST_SECRET) {
    throw new RangeError(`Cannot make a secret of ${length} characters: wanted ${SHORTEST_SECRET} or more`);
  }
  const letters = UPPER + LOWER, all = letters + DIGITS + specials;
  const kinds = [UPPER, LOWER, DIGITS, ...specials === "" ? [] : [specials]];
  // thrown away as a whole until every kind is in it: no character is more likely at any place than it should be
  for (;;) {
    const secret = Array.from({ length }, (_, at) => pick(at === 0 ? letters : all, bytes)).join("");
    if (kinds.every((kind) => [...secret].some((char) => kind.includes(char)))) return secret;
  }
}

/** One character, each as likely as any other: bytes behind the last whole multiple are thrown away. */
function pick(alphabet: string, bytes: (count: number) => Uint8Array): string {
  const limit = 256 - 256 % alphabet.length;
  for (;;) {
    const byte = bytes(1)[0]!;
    if (byte < limit) return alphabet[byte % alphabet.length]!;
  }
}

/** Why a text that a person brings cannot be the secret of a device; undefined when it can. Never repeats the text. */
export function secretFault(
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): string | undefined {
  const length = [...text].length;
  if (length < min || length > max) return `it has ${length} characters, wanted ${min} to ${max}`;
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return "it has control characters, wanted letters, digits and signs in one line";
  return /^\s|\s$/.test(text) ? "it begins or ends with a blank" : undefined;
}
