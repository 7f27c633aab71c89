import { Buffer } from "node:buffer";

/** Bytes of the first piece of memory, unless the first bytes need more. */
const FIRST_BYTES = 512;

/**
 * Collects bytes that come in pieces. Holds at most about twice what came, whatever was announced: a peer that sends one
 * byte of a large frame costs a small piece of memory.
 */
export class ByteBuilder {
  #memory: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies these bytes behind the others. */
  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (!this.#memory || this.#memory.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, FIRST_BYTES, 2 * (this.#memory?.length ?? 0)));
      if (this.#memory) larger.set(this.#memory.subarray(0, this.#length));
      this.#memory = larger;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = needed;
  }

  /** What came together, without a copy. It stays valid until the next `add`. */
  view(): Buffer {
    return this.#memory?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** What came together, now the caller's own; the builder is empty again. */
  take(): Buffer {
    const bytes = this.view();
    this.#memory = undefined;
    this.#length = 0;
    return bytes;
  }
}
