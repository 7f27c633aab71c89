import type { Clock } from "../core/clock.ts";
import type { ControlApi } from "../core/control_api.ts";
import type { DeniedQuestions } from "../core/dns_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { DNS_LIMITS } from "./limits.ts";

/** One refused question, without its times. */
export type Denied = Omit<DeniedQuestions, "count" | "firstAt" | "lastAt">;

/** Collects refused questions and reports them to control in one call now and then: a flood of them is one number. */
export class DeniedReporter {
  readonly #waiting = new Map<string, DeniedQuestions>();
  readonly #control: Rpc<ControlApi>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #isReporting = false;

  constructor({ control, clock, log }: { control: Rpc<ControlApi>; clock: Clock; log: Logger }) {
    this.#control = control;
    this.#clock = clock;
    this.#log = log;
  }

  add(denied: Denied): void {
    const at = this.#clock.now();
    this.#merge({ ...denied, count: 1, firstAt: at, lastAt: at });
  }

  /** Hands over what waits; what control does not take is kept for the next time. */
  async report(): Promise<void> {
    if (this.#isReporting || this.#waiting.size === 0) return;
    const denied = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#isReporting = true;
    try {
      await this.#control.call("dns.denied", { denied });
    } catch (error) {
      this.#log.warn("dns.report.failed", { msg: describeError(error) });
      for (const one of denied) this.#merge(one);
    } finally {
      this.#isReporting = false;
    }
  }

  /** Beyond the limit what is known is still counted; what is new is counted under "(more)" of its client. */
  #merge(denied: DeniedQuestions): void {
    const { source, name, type, rule } = denied;
    const key = [source, name, type, rule].join(" ");
    const known = this.#waiting.get(key);
    if (known) return void this.#waiting.set(key, added(known, denied));
    if (this.#waiting.size < DNS_LIMITS.deniedWaiting) return void this.#waiting.set(key, denied);
    const rest = `${source} (more)`;
    const more = this.#waiting.get(rest);
    // One such line for each client that has one already; clients beyond that are a flood that the rate limit shows.
    if (more) this.#waiting.set(rest, added(more, denied));
    else if (this.#waiting.size < DNS_LIMITS.deniedWaiting * 2) this.#waiting.set(rest, { ...denied, name: "(more)" });
  }
}

/** The sum of two about the same question. */
export function added(one: DeniedQuestions, other: DeniedQuestions): DeniedQuestions {
  return {
    ...one,
    count: one.count + other.count,
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
  };
}
