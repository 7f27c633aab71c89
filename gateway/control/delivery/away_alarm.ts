import type { Clock } from "../../core/clock.ts";
import { describeError } from "../../core/errors.ts";
import type { Alarms } from "../contract.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

/** Raises an alarm when a receiver has been away for long, and clears it when it is back. */
export class AwayAlarm {
  readonly #kind: string;
  readonly #subject: string;
  readonly #alarms: Alarms;
  readonly #clock: Clock;
  #since: number | undefined;
  #isRaised = false;
  #hasArrived = false;
  #lastError = "";

  constructor(kind: string, subject: string, alarms: Alarms, clock: Clock) {
    this.#kind = kind;
    this.#subject = subject;
    this.#alarms = alarms;
    this.#clock = clock;
  }

  /** Why the receiver is away now; undefined when it is not. */
  get why(): string | undefined {
    return this.#since === undefined ? undefined : this.#lastError;
  }

  /** A delivery failed. */
  async failed(error: unknown): Promise<void> {
    this.#since ??= this.#clock.monotonic();
    this.#lastError = describeError(error);
    if (this.#isRaised || this.#clock.monotonic() - this.#since < DELIVERY_LIMITS.sinkAwayMs) return;
    this.#isRaised = true;
    await this.#alarms.raise({ kind: this.#kind, subject: this.#subject, detail: this.#lastError });
  }

  /** A delivery arrived. A clear that changes nothing is cheap, and needed after a restart. */
  async arrived(): Promise<void> {
    if (this.#since === undefined && !this.#isRaised && this.#hasArrived) return;
    this.#since = undefined;
    this.#isRaised = false;
    this.#hasArrived = true;
    await this.#alarms.clear(this.#kind, this.#subject);
  }
}
