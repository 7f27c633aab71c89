import type { Sealer } from "../control/contract.ts";
import { IntegrityError, StorageError } from "../core/errors.ts";
import { KEYS } from "./keys.ts";
import { STORE_LIMITS } from "./limits.ts";
import type { Mutation, Store, StoreKey } from "./store.ts";

const FORM = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const DERIVATION: StoreKey = [...KEYS.sealer, "derivation"];

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How every sealed thing stands in the store, alone or inside a larger value, so that a restore finds it and seals it
 * again under the new box's key. `context` is what the bytes were sealed under.
 */
export interface SealedValue {
  readonly sealed: Bytes;
  readonly context: string;
}

/**
 * The sealer of this box: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce per message under the root key.
 * Bytes: form (1), nonce (12), ciphertext, tag (16). Form and context are authenticated.
 * Named keys derive (HKDF-SHA-256, RFC 5869) from a secret that is itself sealed in the store, not from the root key:
 * after a restore under another root key they are still the same.
 * @param rootKey 32 bytes; not kept, only imported
 * @throws IntegrityError SEAL_BROKEN when the store was sealed under another root key
 */
export async function createSealer(rootKey: Uint8Array, store: Store): Promise<Sealer> {
  const box = await createSealBox(rootKey);
  const secret = await openDerivationSecret(box, store);
  const root = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  secret.fill(0);
  const derived = new Map<string, Promise<CryptoKey>>();
  return {
    ...box,
    derive(purpose) {
      const known = derived.get(purpose) ?? deriveKey(root, purpose);
      derived.delete(purpose);
      derived.set(purpose, known);
      if (derived.size > STORE_LIMITS.derivedKeys) derived.delete(derived.keys().next().value!);
      return known;
    },
  };
}

/** Seals and unseals under one root key, without derived keys; for restore, which has two of them. */
export type SealBox = Pick<Sealer, "seal" | "unseal">;

/** @throws StorageError STORE_FAILED when the key is not 32 bytes */
export async function createSealBox(rootKey: Uint8Array): Promise<SealBox> {
  if (rootKey.byteLength !== KEY_BYTES) {
    throw new StorageError(
      "STORE_FAILED",
      `Cannot seal: the root key has ${rootKey.byteLength} bytes, wanted ${KEY_BYTES}`,
    );
  }
  const key = await crypto.subtle.importKey("raw", new Uint8Array(rootKey), "AES-GCM", false, ["encrypt", "decrypt"]);
  return {
    seal: (plain, context) => seal(key, plain, context),
    unseal: (sealed, context) => unseal(key, sealed, context),
  };
}

/** The context of a secret that stands at `key` of the store: bytes moved to another key do not open there. */
export function contextOf(key: StoreKey): string {
  return JSON.stringify(key);
}

/** A sealed value for `key`, to be part of a larger commit. */
export async function sealFor(sealer: SealBox, key: StoreKey, plain: Uint8Array): Promise<SealedValue> {
  const context = contextOf(key);
  return { sealed: await sealer.seal(plain, context), context };
}

/** Seals and stores one secret. */
export async function putSealed(
  store: Store,
  sealer: SealBox,
  key: StoreKey,
  plain: Uint8Array,
  options: { readonly expiresAt?: number } = {},
): Promise<void> {
  const mutation: Mutation = { set: key, value: await sealFor(sealer, key, plain), ...options };
  await store.commit([mutation]);
}

/**
 * Reads one secret written by putSealed or sealFor; undefined when there is none.
 * @throws IntegrityError SEAL_BROKEN when it was changed or moved here from another key
 */
export async function getSealed(store: Store, sealer: SealBox, key: StoreKey): Promise<Bytes | undefined> {
  const entry = await store.get<unknown>(key);
  return entry && await unsealEntry(sealer, entry);
}

/**
 * Opens an entry that was listed, written by putSealed or sealFor.
 * @throws IntegrityError SEAL_BROKEN when it was changed or moved here from another key
 */
export async function unsealEntry(
  sealer: SealBox,
  { key, value }: { readonly key: StoreKey; readonly value: unknown },
): Promise<Bytes> {
  if (!isSealedValue(value)) throw broken("the value is not a sealed one");
  // The context comes from the key, never from the stored value: that one could have been moved together with its bytes.
  return await sealer.unseal(value.sealed, contextOf(key));
}

/** Whether a value has the form of SealedValue. */
export function isSealedValue(value: unknown): value is SealedValue {
  if (typeof value !== "object" || value === null) return false;
  const { sealed, context } = value as Partial<SealedValue>;
  return sealed instanceof Uint8Array && typeof context === "string";
}

async function openDerivationSecret(box: SealBox, store: Store): Promise<Bytes> {
  const found = await getSealed(store, box, DERIVATION);
  if (found !== undefined) return found;
  const secret = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const value = await sealFor(box, DERIVATION, secret);
  await store.commit([{ set: DERIVATION, value }], [{ key: DERIVATION, version: null }]);
  return secret;
}

function deriveKey(root: CryptoKey, purpose: string): Promise<CryptoKey> {
  const info = new TextEncoder().encode(`bulkhead derive 1 ${purpose}`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  const hmac = { name: "HMAC", hash: "SHA-256", length: KEY_BYTES * 8 };
  return crypto.subtle.deriveKey(hkdf, root, hmac, false, ["sign", "verify"]);
}

async function seal(key: CryptoKey, plain: Uint8Array, context: string): Promise<Bytes> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const parameters = { name: "AES-GCM", iv: nonce, additionalData: authenticated(context) };
  const cipher = new Uint8Array(await crypto.subtle.encrypt(parameters, key, new Uint8Array(plain)));
  const sealed = new Uint8Array(1 + NONCE_BYTES + cipher.byteLength);
  sealed[0] = FORM;
  sealed.set(nonce, 1);
  sealed.set(cipher, 1 + NONCE_BYTES);
  return sealed;
}

async function unseal(key: CryptoKey, sealed: Uint8Array, context: string): Promise<Bytes> {
  if (sealed.byteLength < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORM) throw broken("it has an unknown form");
  const iv = new Uint8Array(sealed.subarray(1, 1 + NONCE_BYTES));
  const parameters = { name: "AES-GCM", iv, additionalData: authenticated(context) };
  try {
    const cipher = new Uint8Array(sealed.subarray(1 + NONCE_BYTES));
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, cipher));
  } catch {
    // WebCrypto says nothing but "failed", and a cause must not hint at which part was wrong.
    throw broken("bytes, context or root key do not belong together");
  }
}

function authenticated(context: string): Bytes {
  return new TextEncoder().encode(`${FORM}\0${context}`);
}

function broken(why: string): IntegrityError {
  return new IntegrityError("SEAL_BROKEN", `Cannot open a sealed value: ${why}`, {
    hint: "Was the data folder copied from another box? Use `restore`, which seals everything again for this one",
  });
}
