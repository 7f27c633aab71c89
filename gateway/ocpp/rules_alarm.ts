import type { Clock } from "../core/clock.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { RelayObserver } from "./relay_observer.ts";
import type { Reporter } from "./reporter.ts";

/** The rule of a refusal that a rule of the site made, as encodeCallError writes it at the end of its text. */
const SITE_RULE = /^\[4,.*"rule":"(site\.[a-z0-9-]{1,48}|ocpp\.no-rule)"\}\]$/;

/**
 * Raises an alarm when a CSMS sends what the site's rules refuse: its account may be in other hands, or the rules are too
 * narrow. One alarm per CSMS, over when it kept to the rules for a while.
 */
export class RulesAlarm {
  readonly observer: RelayObserver;
  readonly #reporter: Pick<Reporter, "clear" | "raise">;
  readonly #clock: Clock;
  /** When each CSMS was last refused, or first heard of, monotonic. The ids are those of the configuration. */
  readonly #refused = new Map<string, number>();

  constructor(reporter: Pick<Reporter, "clear" | "raise">, clock: Clock) {
    this.#reporter = reporter;
    this.#clock = clock;
    this.observer = {
      name: "rules-alarm",
      // An alarm outlives the Worker that raised it: it is over when the CSMS keeps to the rules for as long here.
      opened: ({ options: { csms } }) => {
        if (!this.#refused.has(csms)) this.#refused.set(csms, this.#clock.monotonic());
      },
      answered: ({ options: { csms, stationId } }, { to, text }) => {
        const rule = to === "csms" ? SITE_RULE.exec(text)?.[1] : undefined;
        if (rule === undefined) return;
        this.#refused.set(csms, this.#clock.monotonic());
        this.#reporter.raise("ocpp.rules.refused", csms, `${rule} refused a message to station ${stationId}`);
      },
    };
  }

  /** Ends the alarms of those that were quiet. Called by the sweep. */
  tick(): void {
    const until = this.#clock.monotonic() - OCPP_LIMITS.rulesQuietMs;
    for (const [csms, at] of this.#refused) if (at <= until) this.#end(csms);
  }

  /** The Worker ends, and nobody would end them after it. */
  drain(): void {
    for (const csms of this.#refused.keys()) this.#end(csms);
  }

  #end(csms: string): void {
    this.#refused.delete(csms);
    this.#reporter.clear("ocpp.rules.refused", csms);
  }
}
