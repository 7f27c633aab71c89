import type { Clock } from "../core/clock.ts";
import type { StationAttempt } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { PeerIdentity } from "./peer_identity.ts";
import type { Reporter } from "./reporter.ts";

/** Faults that time alone makes: what was issued to the station proves nothing now, and is no lie. */
const DATE_RULES: ReadonlySet<string> = new Set(["peer.expired", "peer.not-yet-valid"]);

/**
 * What control is told of a refused certificate that may be left out of account: one of a CA that is none of this
 * listener's, as makers put into their stations, and one out of date. What the station must prove decides then. Everything
 * else that is wrong with a certificate of a known CA, and each revoked one, ends the attempt (decisions/0197).
 */
export function setAsideOf(peer: PeerIdentity): StationAttempt["setAside"] {
  if (peer.kind !== "refused") return undefined;
  const { rule, message, commonName, isStranger } = peer;
  if (isStranger) return { rule, reason: message }; // its name was vouched for by nobody
  if (!DATE_RULES.has(rule)) return undefined;
  return { rule, reason: message, ...commonName === undefined ? {} : { commonName } };
}

/** Tells of certificates that did not count (LC14, A00.FR.408): once a day for each station and fault, however often it comes. */
export class SetAsideNotes {
  readonly #options: { readonly clock: Clock; readonly reporter: Reporter };
  readonly #told = new Map<string, number>();

  constructor(options: { readonly clock: Clock; readonly reporter: Reporter }) {
    this.#options = options;
  }

  /** The station was admitted by what else it showed. */
  note(stationId: string, source: string, { rule, reason }: NonNullable<StationAttempt["setAside"]>): void {
    const { clock, reporter } = this.#options, now = clock.monotonic(), key = `${stationId}\n${rule}`;
    const toldAt = this.#told.get(key);
    if (toldAt !== undefined && now - toldAt < OCPP_LIMITS.setAsidePeriodMs) return;
    this.#told.delete(key);
    if (this.#told.size >= OCPP_LIMITS.setAsideKinds) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(key, now);
    reporter.auditRepeating({
      event: "ocpp.certificate.ignored",
      class: "security",
      who: stationId,
      target: stationId,
      outcome: "ok",
      rule,
      source,
      detail: { why: reason.slice(0, 300) },
    });
  }
}
