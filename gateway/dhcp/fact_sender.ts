import type { ControlApi } from "../core/control_api.ts";
import type { DhcpFact } from "../core/dhcp_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import type { Timers } from "../core/timers.ts";
import { DHCP_LIMITS } from "./limits.ts";

const SEND_MS = 250;

/** Tells control what happened, in groups. Bounded: while control is away the newest are given up and counted in the log. */
export class FactSender {
  readonly #control: Rpc<ControlApi>;
  readonly #log: Logger;
  readonly #stop: () => void;
  #facts: DhcpFact[] = [];
  #lost = 0;
  #sending = false;

  constructor(control: Rpc<ControlApi>, timers: Timers, log: Logger) {
    this.#control = control;
    this.#log = log;
    this.#stop = timers.every(SEND_MS, () => void this.flush());
  }

  add(fact: DhcpFact): void {
    if (this.#facts.length < DHCP_LIMITS.facts) this.#facts.push(fact);
    else this.#lost++;
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    if (this.#sending || this.#facts.length === 0) return;
    this.#sending = true;
    const facts = this.#facts.splice(0);
    try {
      await this.#control.call("dhcp.facts", { facts });
      if (this.#lost > 0) this.#log.warn("dhcp.facts.lost", { count: this.#lost });
      this.#lost = 0;
    } catch (error) {
      this.#facts = [...facts, ...this.#facts].slice(0, DHCP_LIMITS.facts);
      this.#log.warn("dhcp.facts.unsent", { msg: describeError(error) });
    } finally {
      this.#sending = false;
    }
  }

  async close(): Promise<void> {
    this.#stop();
    await this.flush();
  }
}
