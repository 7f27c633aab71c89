import { type Effect, note, type Side } from "./effects.ts";
import { KeyedLimiter } from "./keyed_limiter.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { TokenBucket } from "./token_bucket.ts";

const { floodBytes, floodBytesPerSecond, limiterKeys, messageOverheadBytes } = OCPP_LIMITS;

/** What each side of a conversation may still send, in bytes. */
export interface ReadingAllowances {
  readonly station: TokenBucket;
  readonly csms: TokenBucket;
}

/** How much a Worker reads of one peer: it has others to read. */
export function readingAllowance(now: number): TokenBucket {
  return new TokenBucket(floodBytes, floodBytesPerSecond, now);
}

/** Takes one message from an allowance, before anything reads it; false when it is too much. `now` is monotonic milliseconds. */
export function mayRead(allowance: TokenBucket, bytes: Uint8Array, now: number): boolean {
  return allowance.take(now, bytes.length + messageOverheadBytes);
}

/**
 * What one message too many comes to: nothing of it was read, so nothing can be answered; what it was about a transaction the
 * station sends again.
 */
export function flooded(from: Side): Effect[] {
  return [
    note("refused", from, "", "more bytes than a Worker reads of one peer", "ocpp.rate"),
    { do: "close", code: 1008, reason: "too many bytes" },
  ];
}

/** The allowances of a Worker's stations: whoever is cut off and comes back has what was left, not a new one. */
export class StationAllowances {
  readonly #limiter = new KeyedLimiter(floodBytes, floodBytesPerSecond, limiterKeys);

  /** What a station and its CSMS may send. */
  of(stationId: string, now: number): ReadingAllowances {
    const bucket = (side: string) => this.#limiter.bucket(`${stationId}\n${side}`, now);
    return { station: bucket("station"), csms: bucket("csms") };
  }
}
