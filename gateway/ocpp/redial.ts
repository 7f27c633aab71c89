import type { Clock } from "../core/clock.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { TokenBucket } from "./token_bucket.ts";

/** What a redial works with. */
export interface RedialOptions<Leg> {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Shared by all sessions: after an outage they must not all dial at once. */
  readonly gate: TokenBucket;
  /** False when the station went away meanwhile. */
  isWanted(): boolean;
  dial(): Promise<Leg>;
  /** A leg that opened when its time was over. */
  discard(leg: Leg): void;
  onFault(error: unknown): void;
}

/** First and longest pause between two attempts, in milliseconds; half of each is jitter. */
const FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2_000;

/** Dials until it works, nobody wants it any more, or `withinMs` is over; undefined then. */
export async function redialWithin<Leg>(withinMs: number, options: RedialOptions<Leg>): Promise<Leg | undefined> {
  const { clock, gate, isWanted } = options;
  const end = clock.monotonic() + withinMs;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    await wait(pause * (0.5 + options.random.fraction()), options.timers);
    if (!isWanted() || clock.monotonic() >= end) return undefined;
    if (!gate.take(clock.monotonic())) continue;
    try {
      return await dialUntil(end, options);
    } catch (error) {
      options.onFault(error);
    }
  }
}

/** One attempt, which a CSMS that accepts and then says nothing cannot draw out beyond the end; undefined then. */
async function dialUntil<Leg>(end: number, options: RedialOptions<Leg>): Promise<Leg | undefined> {
  const { clock, timers, dial, discard, onFault } = options;
  const { promise: over, resolve: tell } = Promise.withResolvers<undefined>();
  let isOver = false;
  const cancel = timers.after(end - clock.monotonic(), () => {
    isOver = true;
    tell(undefined);
  });
  const dialled = dial();
  try {
    return await Promise.race([dialled, over]);
  } finally {
    cancel();
    if (isOver) dialled.then(discard, onFault);
  }
}

function wait(ms: number, timers: Timers): Promise<void> {
  return new Promise((resolve) => void timers.after(ms, resolve));
}
