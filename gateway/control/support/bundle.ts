import type { Json } from "../../core/control_api.ts";

/** What a bundle is made of: parts by name, each as it was read or with why it could not be. */
export type BundleParts = Readonly<Record<string, Json>>;

const MASK = "(removed)";
/** Keys whose values are secrets wherever they stand. Names of files that hold secrets are no secrets. */
const SECRET_KEY = /^(password|secret|token|authorization|apikey|privatekey|passphrase|puk|code|psk)$/i;
/** Each up to the next dashes, also one whose end is missing; no text is looked through more than once. */
const PRIVATE_PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----)[^])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g;
const USER_INFO = /(:\/\/)[^/\s"'@]+@/g;
const CREDENTIAL = /\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{8,}/g;

/** The parts without what must not leave the box: secret keys, private keys, credentials in URLs and headers. */
export function withoutSecrets(value: Json | undefined, key = ""): Json {
  if (value === undefined || value === null) return null;
  if (SECRET_KEY.test(key) && typeof value !== "object") return MASK;
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map((item: Json) => withoutSecrets(item));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}

/** One text without private keys and credentials. */
export function cleanText(text: string): string {
  return text.replace(PRIVATE_PEM, MASK).replace(USER_INFO, `$1${MASK}@`).replace(CREDENTIAL, `$1 ${MASK}`);
}
