import { deserialize, serialize } from "node:v8";
import { StorageError } from "../core/errors.ts";
import { STORE_LIMITS } from "./limits.ts";
import type { StoreKey } from "./store.ts";

const FORM = 1;
const HEADER_BYTES = 9;
const NEVER = 0;

/** A stored value after decoding; `expiresAt` is undefined when it never expires. */
export interface Envelope {
  readonly value: unknown;
  readonly expiresAt: number | undefined;
}

/**
 * Value -> stored bytes: form (1 byte), expiry in ms since the epoch (float64, 0 = never), then the structured clone.
 * Own bytes and not Deno KV's own form, so that sizes are known before a commit and expiry is read without decoding.
 * @throws StorageError STORE_TOO_LARGE above STORE_LIMITS.valueBytes
 */
export function encodeValue(key: StoreKey, value: unknown, expiresAt?: number): Uint8Array<ArrayBuffer> {
  const body = serialize(value);
  const size = HEADER_BYTES + body.byteLength;
  if (size > STORE_LIMITS.valueBytes) {
    throw new StorageError(
      "STORE_TOO_LARGE",
      `The value of ${describeKey(key)} has ${size} bytes, at most ${STORE_LIMITS.valueBytes} are stored in one value`,
      { hint: "Split it over several keys, or keep it as a file in the data folder" },
    );
  }
  const bytes = new Uint8Array(size);
  bytes[0] = FORM;
  new DataView(bytes.buffer).setFloat64(1, expiresAt ?? NEVER);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/**
 * Stored bytes -> value.
 * @throws StorageError STORE_CORRUPT when they were not written by encodeValue
 */
export function decodeValue(key: StoreKey, bytes: unknown): Envelope {
  const expiresAt = expiryOf(key, bytes);
  try {
    return { value: deserialize((bytes as Uint8Array).subarray(HEADER_BYTES)), expiresAt };
  } catch (cause) {
    throw corrupt(key, cause);
  }
}

/** The expiry alone, without decoding the value. */
export function expiryOf(key: StoreKey, bytes: unknown): number | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength < HEADER_BYTES || bytes[0] !== FORM) throw corrupt(key);
  const at = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1);
  return at === NEVER ? undefined : at;
}

/**
 * Bytes that Deno KV needs for a key: per part a tag, the text with zero bytes doubled and an end, or 8 bytes of number.
 * @throws StorageError STORE_TOO_LARGE above STORE_LIMITS.keyBytes, STORE_BAD_KEY when empty or with a number that is not finite
 */
export function sizeOfKey(key: StoreKey): number {
  let size = 0;
  for (const part of key) size += typeof part === "string" ? sizeOfText(part) + 2 : 9;
  if (key.length === 0 || key.some((part) => typeof part === "number" && !Number.isFinite(part))) {
    throw new StorageError(
      "STORE_BAD_KEY",
      `Cannot use ${describeKey(key)} as a key: parts are texts or finite numbers`,
    );
  }
  if (size > STORE_LIMITS.keyBytes) {
    throw new StorageError(
      "STORE_TOO_LARGE",
      `The key ${describeKey(key)} has ${size} bytes, at most ${STORE_LIMITS.keyBytes} are allowed`,
    );
  }
  return size;
}

/** A key for messages: its prefix and how many parts follow; the parts may be identities and stay out of logs. */
export function describeKey(key: StoreKey): string {
  return key.length < 2 ? `"${key[0] ?? ""}"` : `"${key[0]}" (+${key.length - 1})`;
}

function sizeOfText(text: string): number {
  let zeros = 0;
  for (let at = text.indexOf("\0"); at >= 0; at = text.indexOf("\0", at + 1)) zeros += 1;
  return new TextEncoder().encode(text).byteLength + zeros;
}

function corrupt(key: StoreKey, cause?: unknown): StorageError {
  return new StorageError("STORE_CORRUPT", `The stored value of ${describeKey(key)} cannot be read`, {
    hint: "Restore the last backup: docs/backup-and-restore.md",
    cause,
  });
}
