import type { Clock } from "./clock.ts";
import { Interruptible } from "./interruptible.ts";
import type { Timers } from "./timers.ts";

/** How long a stream from somebody else may take. */
export interface StreamPatience {
  /** Milliseconds without a byte. */
  readonly stallMs: number;
  /** Bytes a second, looked at over `slowWindowMs`, below which it trickles (Uptane: slow retrieval). */
  readonly slowestBytesPerSecond: number;
  readonly slowWindowMs: number;
  /** Milliseconds of all of it. */
  readonly totalMs: number;
}

/** What a stream is watched with. */
export interface StreamWatch {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Ends it from outside. */
  readonly signal?: AbortSignal;
}

/**
 * Passes a stream on and ends it when no byte comes, when bytes trickle, when all of it takes too long, or when the signal
 * says so. `close` ends its source; it is called once, whatever happens.
 * @throws Error that says what was waited for, or what the stream threw
 */
export async function* watchedStream(
  parts: AsyncIterable<Uint8Array>,
  patience: StreamPatience,
  { clock, timers, signal }: StreamWatch,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  const { stallMs, slowWindowMs, slowestBytesPerSecond, totalMs } = patience;
  const stream = new Interruptible<Uint8Array>();
  const fail = (why: string) => stream.interrupt(new Error(why));
  const watchStall = () => timers.after(stallMs, () => fail(`no byte for ${stallMs / 1_000} seconds`));
  let cancelStall = watchStall();
  const cancelTotal = timers.after(totalMs, () => fail(`it took more than ${totalMs / 3_600_000} hours`));
  const onAbort = () => fail("the gateway ends it");
  signal?.addEventListener("abort", onAbort);
  let windowFrom = clock.monotonic(), inWindow = 0;
  try {
    for await (const value of stream.read(parts)) {
      cancelStall();
      cancelStall = watchStall();
      inWindow += value.length;
      const span = clock.monotonic() - windowFrom;
      if (span >= slowWindowMs) {
        if (inWindow * 1_000 < slowestBytesPerSecond * span) {
          throw new Error(`it came slower than ${slowestBytesPerSecond} bytes a second`);
        }
        windowFrom = clock.monotonic();
        inWindow = 0;
      }
      yield value;
    }
  } finally {
    cancelStall();
    cancelTotal();
    signal?.removeEventListener("abort", onAbort);
    close();
  }
}
