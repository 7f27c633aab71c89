import { Buffer } from "node:buffer";
import { createHash, createPublicKey, verify } from "node:crypto";
import { FIRMWARE_LIMITS } from "./limits.ts";

/** A public key of minisign: eight bytes that name it, and an Ed25519 key. */
export interface MinisignKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** A signature file: over the BLAKE2b-512 of the file, and over that with the trusted comment. */
export interface MinisignSignature {
  readonly keyId: string;
  readonly signature: Uint8Array;
  readonly trustedComment: string;
  readonly global: Uint8Array;
}

/** SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410). */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** Reads a public key: the line of base64 alone, or the two lines of a .pub file. undefined when it is none. */
export function readMinisignKey(text: string): MinisignKey | undefined {
  const line = text.trim().split(/\r?\n/).at(-1)!.trim();
  const bytes = base64(line, 42);
  if (!bytes || bytes.toString("latin1", 0, 2) !== "Ed") return undefined;
  return { id: bytes.subarray(2, 10).toString("hex"), key: bytes.subarray(10) };
}

/**
 * Reads a .minisig file. Only the form that hashes the file first ("ED") is taken: the older one needs the whole file in
 * memory. undefined when it is none.
 */
export function readMinisign(text: string): MinisignSignature | undefined {
  if (text.length > FIRMWARE_LIMITS.minisignBytes) return undefined;
  const lines = text.split(/\r?\n/);
  const [untrusted, first, trusted, second] = lines;
  if (!untrusted?.startsWith("untrusted comment:") || !trusted?.startsWith("trusted comment: ")) return undefined;
  if (lines.slice(4).some((line) => line !== "")) return undefined;
  const bytes = base64(first ?? "", 74);
  const global = base64(second ?? "", 64);
  if (!bytes || !global || bytes.toString("latin1", 0, 2) !== "ED") return undefined;
  return {
    keyId: bytes.subarray(2, 10).toString("hex"),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice("trusted comment: ".length),
    global,
  };
}

/** The hash that minisign signs; feed it the file. */
export function minisignHash(): { update(part: Uint8Array): void; digest(): Uint8Array } {
  const hash = createHash("blake2b512");
  return { update: (part) => void hash.update(part), digest: () => new Uint8Array(hash.digest()) };
}

/** Whether this key signed a file of this hash, and the trusted comment with it. */
export function isMinisigned(digest: Uint8Array, signature: MinisignSignature, key: MinisignKey): boolean {
  if (signature.keyId !== key.id) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([ED25519_SPKI, key.key]), format: "der", type: "spki" });
  const commented = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment, "utf8")]);
  return verify(null, digest, publicKey, signature.signature) && verify(null, commented, publicKey, signature.global);
}

function base64(text: string, length: number): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length && bytes.toString("base64") === text ? bytes : undefined;
}
