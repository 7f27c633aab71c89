import type { ControlContext } from "../../control/contract.ts";
import type { StationAttempt, UpstreamRoute } from "../../core/control_api.ts";
import type { UpstreamChoice, UpstreamChoiceName } from "../../core/upstream_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Station } from "../config.ts";
import type { LiveSession, LiveSessions } from "../live_sessions.ts";
import type { Stations } from "../stations.ts";
import { Turns } from "../../core/turns.ts";
import { upstreamRoute } from "../upstream_route.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { ChangeFacts } from "./upstream_change.ts";
import { profileInForce, profileOfRoute, upstreamChoices } from "./upstream_choices.ts";
import type { UpstreamCredential, UpstreamRecord, UpstreamRecords } from "./upstream_record.ts";

/** What of the inventory this works on. */
export interface UpstreamParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly live: LiveSessions;
}

/** One station's CSMS leg: whose, where, and what the CSMS set for it. */
export interface UpstreamLegFacts {
  readonly station: Station;
  readonly csms: string;
  /** The configured leg. A credential that the station itself gives is not in it: it is known only when it connects. */
  readonly configured: UpstreamRoute;
  readonly facts: ChangeFacts;
}

/** An end of waiting: what the CSMS took, and what became of the rest. */
export interface Proof {
  readonly record: UpstreamRecord;
  readonly proven?: UpstreamCredential;
  /** Ways that the CSMS refused and that are dropped. */
  readonly dropped: readonly ("new" | "kept")[];
}

/** The CSMS legs of all stations as their CSMSs set them; control is the only place that has the secrets. */
export class Upstreams {
  readonly #parts: UpstreamParts;
  readonly #records: UpstreamRecords;
  readonly #turns = new Turns();

  constructor(parts: UpstreamParts, records: UpstreamRecords) {
    this.#parts = parts;
    this.#records = records;
  }

  /**
   * The ways to show oneself at the CSMS for a station that was just admitted. A record that cannot be opened costs no
   * charging session: the configured leg is used, and the log says why.
   */
  async choicesFor(
    stationId: string,
    configured: UpstreamRoute,
  ): Promise<{
    readonly choices: readonly UpstreamChoice[];
    readonly profile: 0 | 1 | 2 | 3;
    /** When to ask for a new certificate, wall milliseconds. */
    readonly renewAt?: number;
  }> {
    let record: UpstreamRecord | undefined;
    try {
      record = await this.#records.get(stationId, configured.csms);
    } catch (error) {
      this.#parts.context.log.error("upstream.record.unread", { station: stationId, msg: describeError(error) });
    }
    const certificate = (record?.fresh ?? record?.kept)?.certificate;
    return {
      choices: upstreamChoices(stationId, configured, record),
      profile: profileInForce(record, configured),
      ...certificate ? { renewAt: certificate.notAfter - UPSTREAM_LIMITS.renewBeforeMs } : {},
    };
  }

  /** Whether this CSMS has set anything for its leg of a station. */
  isSet(stationId: string, csms: string): boolean {
    return this.#records.has(stationId, csms);
  }

  /** What the CSMS set for its leg of a station, in words without secrets; undefined when it set nothing. */
  async inWords(station: Station): Promise<string | undefined> {
    if (!station.ocpp || !this.isSet(station.id, station.ocpp.csms)) return undefined;
    const { kept, fresh, roots = [] } = await this.read(this.legOf(station));
    const said = [
      ...kept ? [`set by the CSMS: ${inWords(kept)}`] : [],
      ...fresh ? [`waits to be taken by the CSMS: ${inWords(fresh)}`] : [],
      ...roots.length > 0 ? [`${roots.length} roots added by the CSMS`] : [],
    ];
    return said.length === 0 ? undefined : said.join("; ");
  }

  /** What is set for the leg of a station to its CSMS. */
  read(leg: UpstreamLegFacts): Promise<UpstreamRecord> {
    return this.#records.get(leg.station.id, leg.csms).then((record) => record ?? {});
  }

  /** Reads, changes and stores the record of one leg; nobody else changes it in between. Stored when it resolves. */
  change<T>(
    leg: UpstreamLegFacts,
    work: (record: UpstreamRecord) => Promise<{ readonly record: UpstreamRecord; readonly answer: T }>,
  ): Promise<T> {
    return this.#turns.run([leg.station.id], async () => {
      const before = await this.read(leg);
      const { record, answer } = await work(before);
      if (record !== before) await this.#records.put(leg.station.id, leg.csms, record);
      return answer;
    });
  }

  /** Forgets what the CSMS set: the leg is the configured one again. */
  forget(leg: UpstreamLegFacts): Promise<void> {
    return this.#turns.run([leg.station.id], () => this.#records.remove(leg.station.id, leg.csms));
  }

  /** @throws GatewayError CTL_REFUSED when the session is not one of this Worker */
  ofSession(worker: string, session: string): { readonly leg: UpstreamLegFacts; readonly session: LiveSession } {
    const live = this.#parts.live.get(session);
    const station = live && this.#parts.stations.get(live.stationId);
    if (!live || live.worker !== worker || !station) {
      throw new GatewayError("CTL_REFUSED", `Session "${session.slice(0, 40)}" is none of Worker "${worker}"`);
    }
    return { leg: this.legOf(station), session: live };
  }

  /** The CSMS leg of a station of the inventory. @throws GatewayError STATION_INVALID when it has no OCPP */
  legOf(station: Station): UpstreamLegFacts {
    const { site, files, clock } = this.#parts.context;
    if (!site.ocpp || !station.ocpp) {
      throw new GatewayError("STATION_INVALID", `Station "${station.id}" has no OCPP connection of its own`);
    }
    const configured = upstreamRoute(station, {}, site.ocpp, files);
    const profile = profileOfRoute(isRelayed(station, configured) ? { ...configured, basic: UNKNOWN } : configured);
    const facts: ChangeFacts = {
      stationId: station.id,
      url: configured.url,
      configuredProfile: profile,
      organization: site.pki.organization,
      now: clock.now(),
    };
    return { station, csms: configured.csms, configured, facts };
  }
}

/** A credential in words, without anything secret. */
export function inWords({ profile, certificate, at }: UpstreamCredential): string {
  const what = profile === 3 && certificate
    ? `certificate until ${new Date(certificate.notAfter).toISOString().slice(0, 10)}`
    : "password";
  return `${what}, set ${new Date(at).toISOString()}`;
}

/** Stands for the credential that the station itself shows. */
const UNKNOWN: NonNullable<StationAttempt["basic"]> = { user: "", password: "" };

/** Whether the CSMS sees the station's own Basic credential. */
export function isRelayed({ ocpp }: Station, configured: UpstreamRoute): boolean {
  const hasPassword = ocpp?.securityProfile === 1 || ocpp?.securityProfile === 2;
  return hasPassword && configured.basic === undefined;
}

/**
 * The CSMS took one way after it had refused others: what it took is kept, what it refused before that is dropped (the
 * CSMS was there to take it). Pure.
 */
export function prove(
  record: UpstreamRecord,
  choice: UpstreamChoiceName,
  refused: readonly UpstreamChoiceName[],
): Proof {
  const { fresh, kept, ...rest } = record;
  if (choice === "new" || choice === "new-as-text") {
    if (!fresh) return { record, dropped: [] };
    const { passwordAsText, ...credential } = fresh;
    const text = choice === "new-as-text" && passwordAsText !== undefined ? { password: passwordAsText } : {};
    const proven = { ...credential, ...text };
    return { record: { ...rest, kept: proven }, proven, dropped: [] };
  }
  const dropsNew = fresh !== undefined && refused.includes("new");
  const dropsKept = choice === "configured" && kept !== undefined && refused.includes("kept");
  if (!dropsNew && !dropsKept) return { record, dropped: [] };
  const left = {
    ...rest,
    ...fresh && !dropsNew ? { fresh } : {},
    ...kept && !dropsKept ? { kept } : {},
  };
  return { record: left, dropped: [...dropsNew ? ["new" as const] : [], ...dropsKept ? ["kept" as const] : []] };
}
