import { OCPP_LIMITS } from "./limits.ts";

/**
 * The last message ids of one side: notices repetition without remembering for ever. Of each id 64 bits are kept, in one
 * small array: a table of texts would cost every message of every station a look into memory that no cache has. Two ids
 * that meet by chance, or because their sender wanted it, only look repeated, to that sender's own harm.
 */
export class RecentIds {
  /** Two words an id, the oldest overwritten first; most of these never get one. */
  #words: Int32Array | undefined;
  #next = 0;
  #count = 0;

  seen(id: string): boolean {
    return this.#words !== undefined && this.#place(this.#words, hash(id, FIRST), hash(id, SECOND)) >= 0;
  }

  /** Remembers an id; one that is known keeps its place. */
  add(id: string): void {
    const words = this.#words ??= new Int32Array(2 * OCPP_LIMITS.recentIds);
    const first = hash(id, FIRST), second = hash(id, SECOND);
    if (this.#place(words, first, second) >= 0) return;
    words[this.#next] = first;
    words[this.#next + 1] = second;
    this.#next = (this.#next + 2) % words.length;
    if (this.#count < words.length) this.#count += 2;
  }

  clear(): void {
    this.#words = undefined;
    this.#next = 0;
    this.#count = 0;
  }

  #place(words: Int32Array, first: number, second: number): number {
    for (let i = 0; i < this.#count; i += 2) if (words[i] === first && words[i + 1] === second) return i;
    return -1;
  }
}

/** FNV-1a begins with this; the second word with its digits turned. */
const FIRST = 0x811c9dc5, SECOND = 0x5c9d1c81;

function hash(text: string, begin: number): number {
  let value = begin | 0; // as the array keeps it, also of an empty text
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
