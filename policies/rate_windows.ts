import { POLICY_LIMITS } from "./limits.ts";

/**
 * Counts messages per key over sliding windows, exactly. Time comes in as milliseconds that never go backwards; what is
 * refused is not counted, so that a side that goes on too fast is let through again as its window empties.
 */
export class RateWindows {
  /** Times of the counted messages, oldest first; the keys in the order they were made. */
  readonly #windows = new Map<string, number[]>();
  readonly #limit: number;

  constructor(limit: number = POLICY_LIMITS.rateWindows) {
    this.#limit = limit;
  }

  /** Counts one message, unless it is the one too many: then answers true. */
  isExceeded(key: string, over: number, seconds: number, now: number): boolean {
    const times = this.#windows.get(key) ?? this.#open(key);
    const since = now - seconds * 1_000;
    let gone = 0;
    while (gone < times.length && times[gone]! <= since) gone++;
    if (gone > 0) times.splice(0, gone);
    if (times.length >= over) return true;
    times.push(now);
    return false;
  }

  get size(): number {
    return this.#windows.size;
  }

  #open(key: string): number[] {
    if (this.#windows.size >= this.#limit) this.#windows.delete(this.#windows.keys().next().value!);
    const times: number[] = [];
    this.#windows.set(key, times);
    return times;
  }
}
