import { Buffer } from "node:buffer";
import { createCipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Bytes that a password is repeated to (RFC 3414 section A.2). */
const PASSWORD_BYTES = 1_048_576;
/** Octets of an AES-128 key, of its block, and of the salt that is sent (RFC 3826). */
const KEY_BYTES = 16, SALT_BYTES = 8;

/** How messages are authenticated: octets of the HMAC that are sent (RFC 3414, RFC 7860). */
const AUTHENTICATION = { sha1: 12, sha256: 24, sha512: 48 } as const;
/** A hash that a switch takes for authentication. */
export type UsmHash = keyof typeof AUTHENTICATION;

/** Octets of authentication in a message. */
export function authenticationBytes(hash: UsmHash): number {
  return AUTHENTICATION[hash];
}

/** A password as a key for one switch: 1 MiB of the password, hashed, then with the switch's engine id (RFC 3414 section 2.6). */
export function localKey(hash: UsmHash, password: string, engineId: Uint8Array): Uint8Array {
  const text = Buffer.from(password, "utf8");
  const long = Buffer.alloc(PASSWORD_BYTES);
  for (let at = 0; at < PASSWORD_BYTES; at += text.length) text.copy(long, at);
  const key = createHash(hash).update(long).digest();
  return createHash(hash).update(key).update(engineId).update(key).digest();
}

/** The HMAC over a message whose authentication is zeros, cut to what is sent. */
export function authenticate(hash: UsmHash, key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac(hash, key).update(message).digest().subarray(0, AUTHENTICATION[hash]);
}

/** Whether a message was made by who knows the key. `at`: where its authentication stands. */
export function isAuthentic(hash: UsmHash, key: Uint8Array, message: Uint8Array, at: number): boolean {
  const length = AUTHENTICATION[hash];
  const blank = Uint8Array.from(message);
  blank.fill(0, at, at + length);
  return timingSafeEqual(authenticate(hash, key, blank), message.subarray(at, at + length));
}

/** One way of AES-128-CFB (RFC 3826 section 3). */
export interface Cipher {
  readonly key: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly salt: Uint8Array;
}

/** Encrypts. */
export function encrypt(cipher: Cipher, plain: Uint8Array): Uint8Array<ArrayBuffer> {
  return feedback(cipher, plain, (_, out) => out);
}

/** Decrypts. */
export function decrypt(cipher: Cipher, encrypted: Uint8Array): Uint8Array<ArrayBuffer> {
  return feedback(cipher, encrypted, (given) => given);
}

/** Deno's node:crypto knows no CFB (2.9.6), so it is made of single blocks; `next` says which of both texts is fed back. */
function feedback(
  { key, boots, time, salt }: Cipher,
  given: Uint8Array,
  next: (given: Uint8Array, out: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const block = createCipheriv("aes-128-ecb", key.subarray(0, KEY_BYTES), null).setAutoPadding(false);
  let register: Uint8Array = new Uint8Array(KEY_BYTES);
  const view = new DataView(register.buffer);
  view.setUint32(0, boots);
  view.setUint32(4, time);
  register.set(salt.subarray(0, SALT_BYTES), 8);
  const out = new Uint8Array(given.length);
  for (let at = 0; at < given.length; at += KEY_BYTES) {
    const pad = block.update(register);
    const end = Math.min(at + KEY_BYTES, given.length);
    for (let index = at; index < end; index++) out[index] = given[index]! ^ pad[index - at]!;
    register = next(given.subarray(at, end), out.subarray(at, end));
  }
  return out;
}
