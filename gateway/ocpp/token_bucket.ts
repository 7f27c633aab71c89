/** A rate with a burst: `burst` at once, then `perSecond`. Time comes in as milliseconds that never go backwards. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(readonly burst: number, readonly perSecond: number, now: number) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes so many tokens; false, and takes none, when fewer are left. */
  take(now: number, tokens = 1): boolean {
    this.#refill(now);
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Whether a token is there, without taking it. */
  has(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= 1;
  }

  /** Seconds until the next token, rounded up, at least 1. */
  waitSeconds(now: number): number {
    this.#refill(now);
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.perSecond));
  }

  /** Whether nothing was taken for so long that a new bucket would be the same. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.burst;
  }

  #refill(now: number): void {
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#tokens = Math.min(this.burst, this.#tokens + elapsed / 1_000 * this.perSecond);
    this.#at = now;
  }
}
