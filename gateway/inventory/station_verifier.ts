import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** Proves station passwords without keeping them (invariant 6, O-05, O-07). Bytes, never text: Q7 and Q8. */
export type PasswordVerifier =
  | { readonly kind: "machine"; readonly salt: string; readonly mac: string }
  | { readonly kind: "argon2id"; readonly hash: string };

/** Hashes and verifies with argon2id in the hasher Worker. */
export interface SlowHasher {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** What making and checking verifiers needs. */
export interface VerifierTools {
  /** HMAC-SHA-256 key under the site's root key: a stolen store alone cannot be searched for weak secrets. */
  readonly key: CryptoKey;
  readonly hasher: SlowHasher;
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>;
}

/**
 * True when a secret has at least 128 bits by a cautious estimate, so that one HMAC is enough and a reconnect storm
 * need not wait for a password hash. Human-made passwords fail it and get argon2id.
 */
export function isMachineSecret(secret: Uint8Array): boolean {
  if (secret.length < 16) return false;
  const distinct = new Set(secret).size;
  const text = Array.from(secret, (byte) => String.fromCharCode(byte)).join("");
  const bitsPerByte = /^[0-9a-fA-F]+$/.test(text) ? 4 : /^[\x20-\x7e]+$/.test(text) ? 5.5 : 7.5;
  return secret.length * bitsPerByte >= 128 && distinct >= 10;
}

/** Makes the verifier that is kept in place of a secret. */
export async function makeVerifier(secret: Uint8Array<ArrayBuffer>, tools: VerifierTools): Promise<PasswordVerifier> {
  if (!isMachineSecret(secret)) return { kind: "argon2id", hash: await tools.hasher.hash(toText(secret)) };
  const salt = tools.randomBytes(16);
  return { kind: "machine", salt: toBase64(salt), mac: toBase64(await macOf(salt, secret, tools.key)) };
}

/** Checks a presented secret in constant time. */
export async function provesSecret(
  secret: Uint8Array<ArrayBuffer>,
  verifier: PasswordVerifier,
  tools: Pick<VerifierTools, "key" | "hasher">,
): Promise<boolean> {
  if (verifier.kind === "argon2id") return await tools.hasher.verify(toText(secret), verifier.hash);
  const mac = await macOf(fromBase64(verifier.salt), secret, tools.key);
  return timingSafeEqual(mac, fromBase64(verifier.mac));
}

/** The same bytes as base64 text: lossless for 0xFF and NUL, which a decoded string would not be. */
const toText = (secret: Uint8Array): string => toBase64(secret);

async function macOf(salt: Uint8Array, secret: Uint8Array, key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const input = new Uint8Array(salt.length + secret.length);
  input.set(salt);
  input.set(secret, salt.length);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, input));
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "base64"));
