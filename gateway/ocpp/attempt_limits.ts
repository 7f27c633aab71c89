import { KeyedLimiter } from "./keyed_limiter.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { TokenBucket } from "./token_bucket.ts";

/** A refusal by rate: the peer may come back later. */
export interface TooSoon {
  readonly status: 429 | 503;
  readonly rule: string;
  readonly retryAfterSeconds: number;
}

/**
 * How often anyone may try to connect (invariant 9): per source, per identity, and in all. Cheap, and asked before
 * control is. A source that proved an identity keeps its way in while others guess at that identity's password.
 * Times are monotonic milliseconds.
 */
export class AttemptLimits {
  readonly #sources = new KeyedLimiter(
    OCPP_LIMITS.sourceAttemptsBurst,
    OCPP_LIMITS.sourceAttemptsPerSecond,
    OCPP_LIMITS.limiterKeys,
  );
  readonly #identities = new KeyedLimiter(
    OCPP_LIMITS.identityFailuresBurst,
    OCPP_LIMITS.identityFailuresPerSecond,
    OCPP_LIMITS.limiterKeys,
  );
  readonly #accepts: TokenBucket;
  /** Identity to the source that last proved it. */
  readonly #proven = new Map<string, string>();

  constructor(now: number) {
    this.#accepts = new TokenBucket(OCPP_LIMITS.acceptsBurst, OCPP_LIMITS.acceptsPerSecond, now);
  }

  /** Counts an attempt of a source; refuses it when there were too many. */
  fromSource(source: string, now: number): TooSoon | undefined {
    if (!this.#sources.take(source, now)) {
      return { status: 429, rule: "ocpp.limit.source", retryAfterSeconds: this.#sources.waitSeconds(source, now) };
    }
    if (!this.#accepts.take(now)) {
      return { status: 503, rule: "ocpp.limit.accepts", retryAfterSeconds: this.#accepts.waitSeconds(now) };
    }
    return undefined;
  }

  /** Refuses an attempt at an identity that failed too often, unless this source proved it before. */
  forIdentity(stationId: string, source: string, now: number): TooSoon | undefined {
    if (this.#proven.get(stationId) === source || this.#identities.has(stationId, now)) return undefined;
    const retryAfterSeconds = this.#identities.waitSeconds(stationId, now);
    return { status: 429, rule: "ocpp.limit.identity", retryAfterSeconds };
  }

  /** The credential was wrong. */
  failed(stationId: string, source: string, now: number): void {
    if (this.#proven.get(stationId) !== source) this.#identities.take(stationId, now);
  }

  /** The identity was proven from this source. */
  succeeded(stationId: string, source: string): void {
    if (!this.#proven.has(stationId) && this.#proven.size >= OCPP_LIMITS.trustedSources) {
      this.#proven.delete(this.#proven.keys().next().value!);
    }
    this.#proven.set(stationId, source);
  }
}
