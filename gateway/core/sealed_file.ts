import { createCipheriv, createDecipheriv } from "node:crypto";
import { StorageError } from "./errors.ts";
import { CORE_LIMITS } from "./limits.ts";

/** First bytes of a sealed file; the last one is its form. */
const MAGIC = new TextEncoder().encode("BULKLOG\x01");
const TAG_BYTES = 16;
/** A piece and its tag on the disk. */
const SEALED_PIECE_BYTES = CORE_LIMITS.sealedPieceBytes + TAG_BYTES;

/**
 * Seals a file in pieces while it comes in: AES-256-GCM, one key for one file, the nonce counts the pieces and marks the
 * last one, so that pieces cannot be changed, exchanged, left out or added. Synchronous on purpose: a socket cannot be
 * slowed down on this runtime, a busy loop slows it.
 */
export class SealingWriter {
  readonly #key: Uint8Array;
  readonly #write: (bytes: Uint8Array) => void;
  #open = new Uint8Array(CORE_LIMITS.sealedPieceBytes);
  #filled = 0;
  #count = 0;

  /** @param key 32 bytes that seal this file alone */
  constructor(key: Uint8Array, write: (bytes: Uint8Array) => void) {
    this.#key = key;
    this.#write = write;
    write(MAGIC);
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      // A full piece is written only when another byte follows: the last one is marked.
      if (this.#filled === this.#open.length) this.#seal(false);
      const part = bytes.subarray(at, at + this.#open.length - this.#filled);
      this.#open.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** Writes the last piece, of which there always is one. */
  finish(): void {
    this.#seal(true);
  }

  #seal(isLast: boolean): void {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(this.#count++, isLast));
    this.#write(cipher.update(this.#open.subarray(0, this.#filled)));
    cipher.final();
    this.#write(cipher.getAuthTag());
    this.#filled = 0;
  }
}

/**
 * The content of a sealed file, piece by piece; each is proven before it is given out.
 * @param read fills the buffer from the file, as far as it goes; returns how much that was
 * @throws StorageError UPLOAD_BROKEN when it was changed, cut off, or the key is another file's
 */
export async function* openSealed(
  key: Uint8Array,
  read: (buffer: Uint8Array) => Promise<number>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(MAGIC.length);
  if (await read(head) !== head.length || head.some((byte, at) => byte !== MAGIC[at])) throw broken("its head");
  let piece: Uint8Array<ArrayBuffer> = new Uint8Array(SEALED_PIECE_BYTES);
  let length = await read(piece);
  for (let count = 0; length > 0; count++) {
    const next = new Uint8Array(SEALED_PIECE_BYTES);
    const following = length === SEALED_PIECE_BYTES ? await read(next) : 0;
    yield unseal(key, piece.subarray(0, length), count, following === 0);
    if (following === 0) return;
    [piece, length] = [next, following];
  }
  throw broken("its end");
}

function unseal(key: Uint8Array, piece: Uint8Array, count: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  if (piece.length < TAG_BYTES) throw broken("its end");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(count, isLast));
    decipher.setAuthTag(piece.subarray(-TAG_BYTES));
    const plain = decipher.update(piece.subarray(0, -TAG_BYTES));
    decipher.final();
    return new Uint8Array(plain);
  } catch (cause) {
    throw broken(`piece ${count + 1}`, cause);
  }
}

/** Twelve bytes: the number of the piece, and whether it is the last. */
function nonceOf(count: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(4, count);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Reads a file so that a buffer is filled unless the file ends. */
export function filling(file: { read(buffer: Uint8Array): Promise<number | null> }) {
  return async (buffer: Uint8Array): Promise<number> => {
    let at = 0;
    while (at < buffer.length) {
      const count = await file.read(buffer.subarray(at));
      if (count === null) break;
      at += count;
    }
    return at;
  };
}

function broken(where: string, cause?: unknown): StorageError {
  return new StorageError("UPLOAD_BROKEN", `The sealed file cannot be opened: ${where} is not what was written`, {
    cause,
    hint: "Ask the station for the file anew; look for who can write to the data folder",
  });
}
