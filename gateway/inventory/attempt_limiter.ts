interface Bucket {
  failures: number;
  at: number;
}

/**
 * Counts failed attempts by key (a source address, an identity) and says when a key must wait. Failures drain
 * steadily over the window. Bounded: the key not seen for longest is forgotten first. Time comes in as monotonic ms.
 */
export class AttemptLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #tracked: number;

  constructor(options: { readonly limit: number; readonly windowSeconds: number; readonly tracked: number }) {
    this.#limit = options.limit;
    this.#windowMs = options.windowSeconds * 1_000;
    this.#tracked = options.tracked;
  }

  /** Whether the key has used up its allowance. */
  isLimited(key: string, now: number): boolean {
    return this.#failuresOf(key, now) > this.#limit - 1;
  }

  /** Counts one failed attempt. */
  fail(key: string, now: number): void {
    const failures = Math.min(this.#failuresOf(key, now) + 1, this.#limit);
    this.#buckets.delete(key); // re-insertion keeps the map in order of last use
    this.#buckets.set(key, { failures, at: now });
    if (this.#buckets.size > this.#tracked) this.#buckets.delete(this.#buckets.keys().next().value!);
  }

  /** Seconds until one more attempt is allowed, at least 1. */
  retryAfterSeconds(key: string, now: number): number {
    const excess = this.#failuresOf(key, now) - (this.#limit - 1);
    return Math.max(1, Math.ceil((excess * this.#windowMs) / this.#limit / 1_000));
  }

  /** Keys remembered, for the limit's test. */
  get size(): number {
    return this.#buckets.size;
  }

  #failuresOf(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    if (!bucket) return 0;
    const drained = ((now - bucket.at) * this.#limit) / this.#windowMs;
    return Math.max(0, bucket.failures - drained);
  }
}
