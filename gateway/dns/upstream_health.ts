import { DNS_LIMITS } from "./limits.ts";

interface Health {
  failures: number;
  /** Monotonic milliseconds before which it is not asked first. */
  restsUntil: number;
}

/** Which upstream is asked next. They are asked in the order of site.yaml; one that failed rests for a while. No clock. */
export class UpstreamHealth {
  readonly #health: readonly Health[];

  constructor(count: number) {
    this.#health = Array.from({ length: count }, () => ({ failures: 0, restsUntil: 0 }));
  }

  /** The next one for a question that was put to `asked` already; one that rests only when no other is left. */
  next(asked: readonly number[], now: number): number | undefined {
    const left = this.#health.keys().filter((index) => !asked.includes(index)).toArray();
    const rested = left.find((index) => this.#health[index]!.restsUntil <= now);
    return rested ?? left.sort((a, b) => this.#health[a]!.restsUntil - this.#health[b]!.restsUntil)[0];
  }

  /** Whether none is expected to answer. */
  isAllResting(now: number): boolean {
    return this.#health.every(({ restsUntil }) => restsUntil > now);
  }

  /** It answered. True when it counted as away until now. */
  succeeded(index: number): boolean {
    const health = this.#health[index]!;
    const wasAway = health.failures >= DNS_LIMITS.upstreamFailures;
    health.failures = health.restsUntil = 0;
    return wasAway;
  }

  /** It did not answer, or not usably. True when it counts as away from now on. */
  failed(index: number, now: number): boolean {
    const health = this.#health[index]!;
    // Many questions fail together when a connection breaks: together they are one failure.
    if (health.restsUntil > now) return false;
    health.failures++;
    const pause = DNS_LIMITS.upstreamPauseMs * 2 ** Math.min(health.failures - 1, 16);
    health.restsUntil = now + Math.min(DNS_LIMITS.upstreamPauseMaxMs, pause);
    return health.failures === DNS_LIMITS.upstreamFailures;
  }

  isAway(index: number): boolean {
    return this.#health[index]!.failures >= DNS_LIMITS.upstreamFailures;
  }
}
