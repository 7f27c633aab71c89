import type { Clock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import { describeFailure, type HandshakeFailure } from "../pki/handshake_failure.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { Reporter } from "./reporter.ts";

/** The last failed handshake of one address. */
export interface HandshakeFault {
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Reasons that are security events of OCPP: a person has to look after the station. */
const STATION_FAULTS: ReadonlySet<string> = new Set([
  "InvalidChargePointCertificate",
  "InvalidTLSCipherSuite",
  "InvalidTLSVersion",
]);

/** Failed TLS handshakes of stations: one event each, with address and offer (O-08, O-24), and remembered for `why`. */
export class HandshakeFaults {
  readonly #last = new Map<string, HandshakeFault>();

  constructor(readonly options: { readonly clock: Clock; readonly metrics: Metrics; readonly reporter: Reporter }) {}

  /** Takes note of a failed handshake. */
  add(listener: string, failure: HandshakeFailure): void {
    const { clock, metrics, reporter } = this.options;
    const { source, reason } = failure;
    const detail = describeFailure(failure);
    metrics.count("bulkhead_ocpp_tls_failures_total", { event: reason });
    this.#remember(source, { reason: wordsOf(detail), at: new Date(clock.now()).toISOString() });
    reporter.auditRepeating({
      event: "ocpp.tls.failed",
      class: "security",
      who: "unknown",
      target: listener,
      outcome: "refused",
      rule: reason,
      source,
      detail,
    });
    if (STATION_FAULTS.has(reason)) reporter.raise("ocpp.station.tls", source, `${wordsOf(detail)} at ${listener}`);
  }

  /** The last failed handshake from an address. */
  last(source: string): HandshakeFault | undefined {
    return this.#last.get(source);
  }

  /** The newest failed handshakes, one per address, newest first. */
  recent(): readonly (HandshakeFault & { readonly source: string })[] {
    const newest = [...this.#last].slice(-OCPP_LIMITS.handshakesTold).toReversed();
    return newest.map(([source, fault]) => ({ source, ...fault }));
  }

  /** A handshake from there worked: the station was seen to. */
  succeeded(source: string): void {
    this.#last.delete(source);
    this.options.reporter.clear("ocpp.station.tls", source);
  }

  #remember(source: string, fault: HandshakeFault): void {
    this.#last.delete(source);
    if (this.#last.size >= OCPP_LIMITS.handshakeFaults) this.#last.delete(this.#last.keys().next().value!);
    this.#last.set(source, fault);
  }
}

function wordsOf({ reason, versions, suites, detail }: Record<string, string>): string {
  const offer = versions === undefined ? "" : ` (offered ${versions}, ${suites})`;
  return `${reason}${offer}${detail === undefined ? "" : `: ${detail}`}`.slice(0, 400);
}
