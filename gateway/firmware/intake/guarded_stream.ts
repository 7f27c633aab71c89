import type { Clock } from "../../core/clock.ts";
import { UpstreamError } from "../../core/errors.ts";
import type { Timers } from "../../core/timers.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";

/** What a fetch is watched with. */
export interface FetchWatch {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Ends all fetches of this Worker. */
  readonly signal: AbortSignal;
}

/**
 * Watches a stream from somebody else: ends it when no byte comes, when bytes trickle (Uptane: slow retrieval), or when
 * all of it takes too long. `close` ends the connection; it is called once, whatever happens.
 * @throws UpstreamError FIRMWARE_FETCH_FAILED
 */
export async function* guarded(
  parts: AsyncIterable<Uint8Array>,
  where: string,
  { clock, timers, signal }: FetchWatch,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // it may fail when nobody waits any more
  const fail = (why: string) => failed.reject(fetchFailed(where, new Error(why)));
  const { stallMs, slowWindowMs, slowestBytesPerSecond, fetchMs } = FIRMWARE_LIMITS;
  let cancelStall = timers.after(stallMs, () => fail(`no byte for ${stallMs / 1_000} seconds`));
  const cancelTotal = timers.after(fetchMs, () => fail(`it took more than ${fetchMs / 3_600_000} hours`));
  const onAbort = () => fail("the gateway ends this fetch");
  signal.addEventListener("abort", onAbort);
  let windowFrom = clock.monotonic(), inWindow = 0;
  const iterator = parts[Symbol.asyncIterator]();
  try {
    while (true) {
      const { done, value } = await Promise.race([iterator.next(), failed.promise]);
      if (done) return;
      cancelStall();
      cancelStall = timers.after(stallMs, () => fail(`no byte for ${stallMs / 1_000} seconds`));
      inWindow += value.length;
      const span = clock.monotonic() - windowFrom;
      if (span >= slowWindowMs) {
        if (inWindow * 1_000 < slowestBytesPerSecond * span) {
          throw fetchFailed(where, new Error(`it came slower than ${slowestBytesPerSecond} bytes a second`));
        }
        windowFrom = clock.monotonic();
        inWindow = 0;
      }
      yield value;
    }
  } catch (error) {
    throw error instanceof UpstreamError ? error : fetchFailed(where, error);
  } finally {
    cancelStall();
    cancelTotal();
    signal.removeEventListener("abort", onAbort);
    close();
  }
}

/** The one error of a fetch that did not end well. */
export function fetchFailed(where: string, cause: unknown): UpstreamError {
  return new UpstreamError("FIRMWARE_FETCH_FAILED", `Cannot fetch ${where}`, {
    cause,
    hint: "Check from this box that the host answers and has the file; the image so far was thrown away",
  });
}
