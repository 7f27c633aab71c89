/** Limits of attempts per source. */
export interface SourceLimits {
  /** Attempts one source may make at once. */
  readonly burst: number;
  /** Attempts per second after that. */
  readonly perSecond: number;
  /** Sources remembered; the one longest quiet is forgotten first. */
  readonly sources: number;
}

interface Bucket {
  tokens: number;
  at: number;
  /** When the last refusal was told to anyone, monotonic milliseconds. */
  told: number | undefined;
  untold: number;
}

/** "silent" refusals are counted into the next one that is told, so that a flood is not a flood of events. */
export type Attempt =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly silent: true }
  | { readonly allowed: false; readonly silent: false; readonly before: number };

const TELL_EVERY_MS = 10_000;

/** A token bucket per source address (invariant 9), bounded, driven by monotonic milliseconds. */
export class SourceLimiter {
  readonly #limits: SourceLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: SourceLimits) {
    this.#limits = limits;
  }

  /** Takes one token of a source, or refuses. */
  attempt(source: string, now: number): Attempt {
    const bucket = this.#touch(source, now);
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return { allowed: true };
    }
    if (bucket.told !== undefined && now - bucket.told < TELL_EVERY_MS) {
      bucket.untold++;
      return { allowed: false, silent: true };
    }
    const before = bucket.untold;
    bucket.told = now;
    bucket.untold = 0;
    return { allowed: false, silent: false, before };
  }

  #touch(source: string, now: number): Bucket {
    const { burst, perSecond, sources } = this.#limits;
    const known = this.#buckets.get(source);
    const bucket = known ?? { tokens: burst, at: now, told: undefined, untold: 0 };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(source);
    if (this.#buckets.size >= sources) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(source, bucket);
    return bucket;
  }
}
