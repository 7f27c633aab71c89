import type { Random, Timers } from "../../core/timers.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

/** What a retry loop does and tells. */
export interface RetryLoopOptions {
  /** One piece of work; false when there is nothing left. */
  readonly work: () => Promise<boolean>;
  /** Told of every failure, with the count in a row. */
  readonly onFailure: (error: unknown, failures: number) => void;
  readonly timers: Timers;
  readonly random: Random;
}

/** Works while there is something to do; after a failure waits longer and longer, with jitter. One piece at a time. */
export class RetryLoop {
  readonly #options: RetryLoopOptions;
  #running: Promise<void> | undefined;
  #isPoked = false;
  #isStopped = false;
  #failures = 0;
  #cancelWait: (() => void) | undefined;

  constructor(options: RetryLoopOptions) {
    this.#options = options;
  }

  /** There may be something to do. Does not shorten a wait after a failure. */
  poke(): void {
    this.#isPoked = true;
    if (this.#isStopped || this.#cancelWait) return;
    this.#running ??= this.#run();
  }

  /** The other side is said to be back: try at once. */
  retryNow(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.poke();
  }

  /** Ends after the piece at hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isPoked && !this.#isStopped) {
      this.#isPoked = false;
      try {
        if (await this.#options.work()) this.#isPoked = true;
        this.#failures = 0;
      } catch (error) {
        this.#wait(error);
        break;
      }
    }
    this.#running = undefined;
  }

  #wait(error: unknown): void {
    this.#failures++;
    this.#options.onFailure(error, this.#failures);
    if (this.#isStopped) return;
    this.#cancelWait = this.#options.timers.after(backoffMs(this.#failures, this.#options.random), () => {
      this.#cancelWait = undefined;
      this.poke();
    });
  }
}

/** Milliseconds to wait after so many failures in a row: doubling, bounded, between a half and the whole of it. */
export function backoffMs(failures: number, random: Random): number {
  const { retryFirstMs, retryMaxMs } = DELIVERY_LIMITS;
  const whole = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures - 1, 30));
  return whole * (0.5 + random.fraction() / 2);
}
