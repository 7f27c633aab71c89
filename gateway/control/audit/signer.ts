import { sha256 } from "./chain.ts";
import type { Sealer } from "../contract.ts";
import type { Store } from "../../store/store.ts";
import { IntegrityError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../store/sealer.ts";

const KEY = [...KEYS.audit, "signingKey"];

/** Signs checkpoints with the site's Ed25519 key. */
export interface CheckpointSigner {
  /** First 16 hex digits of the SHA-256 of the public key's SPKI form. */
  readonly keyId: string;
  /** The public key as PEM: all that `audit verify` needs. */
  readonly publicPem: string;
  /** Signature as base64. */
  sign(text: string): Promise<string>;
}

interface StoredKey {
  readonly privateKey: SealedValue;
  readonly spki: Uint8Array;
}

/** Loads the signing key, or makes one and stores it sealed before it is ever used. */
export async function openSigner(store: Store, sealer: Sealer): Promise<CheckpointSigner> {
  const stored = (await store.get<StoredKey>(KEY))?.value ?? await createKey(store, sealer);
  const plain = await sealer.unseal(stored.privateKey.sealed, contextOf(KEY));
  const key = await crypto.subtle.importKey("pkcs8", plain, "Ed25519", false, ["sign"]);
  plain.fill(0);
  return {
    keyId: sha256(stored.spki).slice(0, 16),
    publicPem: toPem(stored.spki),
    sign: async (text) => base64(new Uint8Array(await crypto.subtle.sign("Ed25519", key, encode(text)))),
  };
}

async function createKey(store: Store, sealer: Sealer): Promise<StoredKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const plain = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const value: StoredKey = { privateKey: await sealFor(sealer, KEY, plain), spki };
  plain.fill(0);
  await store.commit([{ set: KEY, value }], [{ key: KEY, version: null }]);
  return value;
}

/** Checks a signature of one of several public keys; false when no key has this id. */
export type CheckpointVerifier = (keyId: string, text: string, signature: string) => Promise<boolean>;

/**
 * A verifier over the public keys of a PEM file (several after a change of key).
 * @throws IntegrityError AUDIT_KEY_INVALID when the text holds no Ed25519 public key
 */
export async function createVerifier(pem: string): Promise<CheckpointVerifier> {
  const keys = new Map<string, CryptoKey>();
  for (const [, body] of pem.matchAll(/-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/g)) {
    const spki = fromBase64(body!.replace(/\s/g, ""));
    const key = spki &&
      await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]).catch(() => undefined);
    if (spki && key) keys.set(sha256(spki).slice(0, 16), key);
  }
  if (keys.size === 0) {
    throw new IntegrityError("AUDIT_KEY_INVALID", "Cannot read an Ed25519 public key from the given PEM text", {
      hint: "Pass the file audit-public.pem of this site's audit folder with --key",
    });
  }
  return async (keyId, text, signature) => {
    const key = keys.get(keyId);
    const bytes = fromBase64(signature);
    return key !== undefined && bytes !== undefined && await crypto.subtle.verify("Ed25519", key, bytes, encode(text));
  };
}

const encode = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

function toPem(spki: Uint8Array): string {
  return `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----\n`;
}

/** Strict base64: the one spelling of these bytes, or undefined. A changed last digit must not pass. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return base64(bytes) === text ? bytes : undefined;
}
