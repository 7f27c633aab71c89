import type { AnswerTemplate } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";

/** One kept answer. Times are monotonic milliseconds. */
export interface CachedAnswer {
  readonly template: AnswerTemplate;
  readonly storedAt: number;
  /** From here on it is too old, and given only when no upstream answers. */
  readonly freshUntil: number;
  /** From here on it is not given at all. */
  readonly staleUntil: number;
}

/** What an answer weighs beside its bytes: map entry and object. */
const ENTRY_BYTES = 200;

/** Answers by question, bounded in number and bytes; the one longest unused makes room. No clock. */
export class AnswerCache {
  readonly #entries = new Map<string, CachedAnswer>();
  #bytes = 0;

  constructor(
    readonly maxEntries: number = DNS_LIMITS.cacheEntries,
    readonly maxBytes: number = DNS_LIMITS.cacheBytes,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A kept answer that may still be given, fresh or not. */
  get(key: string, now: number): CachedAnswer | undefined {
    const found = this.#entries.get(key);
    if (!found) return undefined;
    if (now >= found.staleUntil) {
      this.#drop(key, found);
      return undefined;
    }
    // Order of the map is order of use.
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, answer: CachedAnswer): void {
    const weight = weightOf(key, answer);
    if (weight > this.maxBytes) return;
    const old = this.#entries.get(key);
    if (old) this.#drop(key, old);
    this.#entries.set(key, answer);
    this.#bytes += weight;
    while (this.#entries.size > this.maxEntries || this.#bytes > this.maxBytes) {
      const [oldest, entry] = this.#entries.entries().next().value!;
      this.#drop(oldest, entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(key: string, answer: CachedAnswer): void {
    this.#entries.delete(key);
    this.#bytes -= weightOf(key, answer);
  }
}

function weightOf(key: string, { template }: CachedAnswer): number {
  return template.bytes.length + key.length * 2 + ENTRY_BYTES;
}
