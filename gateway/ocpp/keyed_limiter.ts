import { TokenBucket } from "./token_bucket.ts";

/** One rate per key, for a bounded number of keys. */
export class KeyedLimiter {
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(readonly burst: number, readonly perSecond: number, readonly keys: number) {}

  /** Takes one token of the key; false when it has none left. */
  take(key: string, now: number): boolean {
    return this.bucket(key, now).take(now);
  }

  /** Whether the key has a token, without taking it. */
  has(key: string, now: number): boolean {
    return this.#buckets.get(key)?.has(now) ?? true;
  }

  /** Seconds until the key has a token again. */
  waitSeconds(key: string, now: number): number {
    return this.#buckets.get(key)?.waitSeconds(now) ?? 1;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The key's own rate, for who asks often. */
  bucket(key: string, now: number): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= this.keys) this.#forget(now);
      bucket = new TokenBucket(this.burst, this.perSecond, now);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** Full buckets say nothing and go first; if there are none, the oldest key goes. */
  #forget(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(key);
    }
    if (this.#buckets.size >= this.keys) this.#buckets.delete(this.#buckets.keys().next().value!);
  }
}
