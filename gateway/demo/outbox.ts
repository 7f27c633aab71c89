import { DEMO_LIMITS } from "./limits.ts";
import type { Call } from "./model.ts";

/** A transaction message that waits for its answer. `build` runs when it is sent: a 1.6 transaction id is known only then. */
export interface Queued {
  readonly kind: "start" | "meter" | "stop";
  build(): Call;
  answered?(answer: unknown): void;
}

/**
 * Transaction messages of one station in order. A message leaves only when it was answered, so that nothing is lost when
 * the connection breaks; when the queue is full the oldest meter value goes first (OCPP 1.6 section 3.7, 2.0.1 E04).
 */
export class Outbox {
  readonly #items: Queued[] = [];
  #dropped = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Meter values that were given up because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  get first(): Queued | undefined {
    return this.#items[0];
  }

  push(item: Queued): void {
    if (this.#items.length >= DEMO_LIMITS.outboxMessages) {
      // The first item may be on its way; a dropped one behind it was never sent.
      const victim = this.#items.findIndex(({ kind }, index) => index > 0 && kind === "meter");
      if (victim < 0) throw new RangeError(`The queue of ${this.#items.length} starts and stops is full`);
      this.#items.splice(victim, 1);
      this.#dropped++;
    }
    this.#items.push(item);
  }

  /** Removes the first message once it was answered. */
  shift(): void {
    this.#items.shift();
  }
}
