import type { Clock } from "../../core/clock.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Audit } from "../contract.ts";
import type { AwayAlarm } from "./away_alarm.ts";
import type { Deliver } from "./courier_call.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import type { Outbox, OutboxEntry } from "./outbox.ts";
import { RetryLoop, type RetryLoopOptions } from "./retry_loop.ts";

/** What one pump needs. */
export interface OutboxPumpOptions extends Pick<RetryLoopOptions, "timers" | "random"> {
  readonly target: string;
  readonly outbox: Outbox;
  readonly audit: Audit;
  readonly deliver: Deliver;
  readonly away: AwayAlarm;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Delivers the notices of one target, oldest first. What is given up is audited, never silently dropped. */
export class OutboxPump {
  readonly target: string;
  readonly #options: OutboxPumpOptions;
  readonly #loop: RetryLoop;
  /** How often the receiver refused its oldest notice: one it never takes must not hold up the others. */
  #refusals = 0;

  constructor(options: OutboxPumpOptions) {
    const { away, log, target, timers, random } = options;
    this.target = target;
    this.#options = options;
    this.#loop = new RetryLoop({
      timers,
      random,
      work: () => this.#sendOne(),
      onFailure: (error, failures) => {
        // The first failure of a start is only a courier that is not ready yet.
        if (failures === 2) log.warn("notify.target.lost", { target, why: describeError(error) });
        away.failed(error).catch((fault) => log.error("notify.alarm.failed", { target, why: describeError(fault) }));
      },
    });
    this.#loop.poke();
  }

  poke(): void {
    this.#loop.poke();
  }

  retryNow(): void {
    this.#loop.retryNow();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #sendOne(): Promise<boolean> {
    const { outbox, deliver, away, clock } = this.#options;
    const entries = await outbox.oldest(this.target, DELIVERY_LIMITS.outboxEntries + 1);
    const [entry] = entries;
    if (!entry) return false;
    if (entries.length > DELIVERY_LIMITS.outboxEntries) return await this.#giveUp(entry, "too many wait");
    if (clock.now() - entry.createdAt > DELIVERY_LIMITS.outboxAgeMs) return await this.#giveUp(entry, "too old");
    try {
      await deliver(entry.delivery);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "DELIVERY_REFUSED") throw error;
      if (++this.#refusals < DELIVERY_LIMITS.outboxRefusals) throw error;
      return await this.#giveUp(entry, describeError(error));
    }
    this.#refusals = 0;
    await outbox.remove(entry);
    await away.arrived();
    return true;
  }

  async #giveUp(entry: OutboxEntry, why: string): Promise<true> {
    const { audit, outbox } = this.#options;
    const detail = { why, notice: entry.id };
    await audit.record({
      event: "notify.notice.abandoned",
      class: "operation",
      who: "gateway",
      target: this.target,
      outcome: "failed",
      detail,
    });
    await outbox.remove(entry);
    this.#refusals = 0;
    return true;
  }
}
