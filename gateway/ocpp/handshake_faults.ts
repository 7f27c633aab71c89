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
  "InvalidCentralSystemCertificate",
  "InvalidChargePointCertificate",
  "InvalidTLSCipherSuite",
  "InvalidTLSVersion",
]);

const ALARM = "ocpp.station.tls";
/** Subject of the one alarm for all addresses beyond the limit. */
const FURTHER = "further addresses";

/** What the faults are told with. */
export interface HandshakeFaultOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly reporter: Reporter;
  /** Stations by the address that site.yaml gives them. */
  readonly addresses?: Readonly<Record<string, string>>;
}

/**
 * Failed TLS handshakes of stations: one event each, with address and offer (O-08, O-24), and remembered for `why`. Those
 * that keep a station out are an alarm of its address; who makes up addresses gets a few of them and one for all others.
 */
export class HandshakeFaults {
  /** Stations by the address that site.yaml gives them; a reload changes it. */
  addresses: Readonly<Record<string, string>>;
  readonly #last = new Map<string, HandshakeFault>();
  /** Who came in from an address; null: more than one, as behind a router. */
  readonly #seen = new Map<string, string | null>();
  /** Addresses with an alarm and when their handshake failed last, monotonic; the one that is quiet for longest first. */
  readonly #alarmed = new Map<string, number>();
  /** When an address beyond the limit failed last. */
  #furtherAt: number | undefined;

  constructor(readonly options: HandshakeFaultOptions) {
    this.addresses = options.addresses ?? {};
  }

  /** Takes note of a failed handshake. */
  add(listener: string, failure: HandshakeFailure): void {
    const { clock, metrics, reporter } = this.options;
    const { source, reason } = failure;
    const station = this.#stationAt(source);
    const detail = { ...describeFailure(failure), ...station === undefined ? {} : { station } };
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
    if (!STATION_FAULTS.has(reason)) return;
    const whose = station === undefined ? "" : `, the address of ${station}`;
    this.#raise(source, station !== undefined, `${wordsOf(detail)} at ${listener}${whose}`);
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

  /** A handshake from there worked, and brought this station: it was seen to. */
  succeeded(source: string, stationId: string): void {
    this.#last.delete(source);
    this.#alarmed.delete(source);
    this.options.reporter.clear(ALARM, source);
    const before = this.#seen.get(source);
    this.#seen.delete(source);
    if (this.#seen.size >= OCPP_LIMITS.handshakeFaults) this.#seen.delete(this.#seen.keys().next().value!);
    this.#seen.set(source, before === undefined || before === stationId ? stationId : null);
  }

  /** A station that cannot get in tries again and again: an address that is quiet for a day is gone. */
  tick(): void {
    const { clock, reporter } = this.options, before = clock.monotonic() - OCPP_LIMITS.handshakeQuietMs;
    for (const [source, at] of this.#alarmed) {
      if (at > before) break;
      this.#alarmed.delete(source);
      reporter.clear(ALARM, source);
    }
    if (this.#furtherAt !== undefined && this.#furtherAt > before) return;
    this.#furtherAt = undefined;
    reporter.clear(ALARM, FURTHER); // told once, also where the Worker before this one raised it
  }

  #stationAt(source: string): string | undefined {
    const configured = Object.hasOwn(this.addresses, source) ? this.addresses[source] : undefined;
    return configured ?? this.#seen.get(source) ?? undefined;
  }

  #raise(source: string, isKnown: boolean, detail: string): void {
    const { clock, reporter } = this.options, now = clock.monotonic();
    const isNew = !this.#alarmed.delete(source);
    if (isNew && !isKnown && this.#alarmed.size >= OCPP_LIMITS.handshakeAlarms) {
      this.#furtherAt = now;
      const many = `more than ${OCPP_LIMITS.handshakeAlarms} addresses; the audit chain names them`;
      return reporter.raise(ALARM, FURTHER, many);
    }
    this.#alarmed.set(source, now);
    reporter.raise(ALARM, source, detail);
  }

  #remember(source: string, fault: HandshakeFault): void {
    this.#last.delete(source);
    if (this.#last.size >= OCPP_LIMITS.handshakeFaults) this.#last.delete(this.#last.keys().next().value!);
    this.#last.set(source, fault);
  }
}

function wordsOf({ reason, versions, suites, detail }: Record<string, string>): string {
  const said = reason === "InvalidCentralSystemCertificate"
    ? " (the station does not accept the gateway's certificate)"
    : "";
  const offer = versions === undefined || said !== "" ? said : ` (offered ${versions}, ${suites})`;
  return `${reason}${offer}${detail === undefined ? "" : `: ${detail}`}`.slice(0, 400);
}
