import type { Clock } from "../../core/clock.ts";
import type { Relay } from "../relay.ts";
import type { RelayObserver } from "../relay_observer.ts";
import { OCPP_LIMITS } from "../limits.ts";

/**
 * Asks for a new certificate of a CSMS leg a month before the one in use ends (OCPP 1.6 security whitepaper A03), once a
 * day and station until one was signed.
 */
export class CertificateRenewal {
  readonly observer: RelayObserver = {
    name: "certificate-renewal",
    opened: (relay) => this.#learn(relay),
    ended: (relay) => void this.#due.delete(relay),
  };
  readonly #clock: Clock;
  readonly #ask: (relay: Relay) => void;
  /** When to ask next, wall milliseconds, of the relays whose leg has a certificate from its CSMS. */
  readonly #due = new Map<Relay, number>();

  constructor(clock: Clock, ask: (relay: Relay) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A new certificate is there: the next admission says when that one is due. */
  done(relay: Relay): void {
    this.#due.delete(relay);
  }

  tick(): void {
    const now = this.#clock.now();
    for (const [relay, at] of this.#due) {
      if (now < at) continue;
      this.#due.set(relay, now + OCPP_LIMITS.renewalRetryMs);
      this.#ask(relay);
    }
  }

  #learn(relay: Relay): void {
    const { certificateRenewAt } = relay.options;
    if (certificateRenewAt !== undefined) this.#due.set(relay, certificateRenewAt);
  }
}
