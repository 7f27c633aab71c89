import type { Clock } from "../../gateway/core/clock.ts";
import type { Timers } from "../../gateway/core/timers.ts";

interface Scheduled {
  at: number;
  readonly periodMs?: number;
  readonly run: () => void;
}

/** Clock and timers that move only when a test says so. */
export class ManualTime implements Clock, Timers {
  #wall: number;
  #monotonic = 0;
  readonly #scheduled = new Set<Scheduled>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wall = startMs;
  }

  now = (): number => this.#wall;
  monotonic = (): number => this.#monotonic;

  after = (delayMs: number, run: () => void): () => void => this.#schedule({ at: this.#monotonic + delayMs, run });
  every = (periodMs: number, run: () => void): () => void =>
    this.#schedule({ at: this.#monotonic + periodMs, periodMs, run });

  /** Moves both clocks forward and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#moveTo(next.at);
      if (next.periodMs === undefined) this.#scheduled.delete(next);
      else next.at += next.periodMs;
      next.run();
    }
    this.#moveTo(end);
  }

  /** Moves the wall clock alone, as NTP or a person would. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** How many timers are armed: a test's proof that nothing leaks. */
  get armed(): number {
    return this.#scheduled.size;
  }

  #next(end: number): Scheduled | undefined {
    return [...this.#scheduled].filter((item) => item.at <= end).sort((a, b) => a.at - b.at)[0];
  }

  #moveTo(at: number): void {
    this.#wall += at - this.#monotonic;
    this.#monotonic = at;
  }

  #schedule(item: Scheduled): () => void {
    this.#scheduled.add(item);
    return () => void this.#scheduled.delete(item);
  }
}
