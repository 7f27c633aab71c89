import { KEY_TABLES } from "../../profiles/controllers/key_tables.ts";
import type { WorkerContext } from "../core/conduit.ts";
import type { StationCall, StationCallAnswer } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { OcppVersion } from "./codec.ts";
import { withCannedAnswers } from "./canned_answers.ts";
import type { RelayCounters } from "./counters.ts";
import { reportDialFault } from "./dial_fault.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { createJudge, type JudgeSettings, malformedCode } from "./policy.ts";
import { quirkHint } from "./quirks.ts";
import { StationAllowances } from "./reading_allowance.ts";
import { redialWithin } from "./redial.ts";
import { type EndReason, Relay } from "./relay.ts";
import { type RelayPart, takersOf } from "./relay_parts.ts";
import { Observers } from "./relay_observer.ts";
import type { Reporter } from "./reporter.ts";
import { type Judge, Session } from "./session.ts";
import type { SiteJudge, SiteRules } from "./site_rules.ts";
import { setAsideOf } from "./set_aside.ts";
import { givesSignOfLife } from "./sign_of_life.ts";
import { stationCallAnswer } from "./station_call.ts";
import type { Takers } from "./taker.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { Admitted, Connected } from "./upgrade.ts";
import { DialError, type UpstreamDialer } from "./upstream.ts";
import { relaxationsOf } from "./relaxed_faults.ts";
import { loadSchemaCheck, type SchemaCheck } from "./validation.ts";
import type { OcppWorkerConfig } from "./worker_config.ts";

/** What the table works with. */
export interface LiveSessionsOptions {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly dialer: UpstreamDialer;
  readonly reporter: Reporter;
  readonly flight: FlightRecorder;
  readonly counters: RelayCounters;
  /** What hangs on the relays. */
  readonly parts: readonly RelayPart[];
  readonly siteRules: SiteRules;
}

interface Row {
  readonly relay: Relay;
  readonly connected: Connected;
}

/** Ends that are a refusal of the gateway: the peer broke the protocol or a limit. */
const REFUSED: ReadonlySet<EndReason> = new Set<EndReason>(["not-reading", "protocol"]);

/** A message of which nothing odd is known beside what it says. */
const FRESH = Object.freeze({ repeated: false, overRate: false, overPending: false });

/** The live sessions of one isolate. */
export class LiveSessions {
  readonly #options: LiveSessionsOptions;
  readonly #rows = new Map<string, Row>();
  readonly #byStation = new Map<string, Set<Relay>>();
  readonly #checks = new Map<string, SchemaCheck>();
  readonly #redials: TokenBucket;
  readonly #allowances = new StationAllowances();
  readonly #observers: Observers;
  readonly #takers: Takers;
  #config: OcppWorkerConfig;
  #sweeps = 0;

  constructor(options: LiveSessionsOptions) {
    this.#options = options;
    this.#config = options.context.config;
    const { acceptsBurst, acceptsPerSecond } = OCPP_LIMITS;
    this.#observers = new Observers(options.parts.flatMap(({ observer }) => observer ?? []), options.counters);
    this.#takers = takersOf(options.parts);
    this.#redials = new TokenBucket(acceptsBurst, acceptsPerSecond, options.context.clock.monotonic());
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Takes new settings for sessions that are yet to come. */
  configure(config: OcppWorkerConfig): void {
    this.#config = config;
  }

  /**
   * Called when control admitted a station, before its CSMS is dialled: the schemas of its version are there. An older
   * session of the same identity stays until the new one is open: a CSMS that is away must not cost a live connection.
   */
  async prepare({ quirks }: Admitted, version: OcppVersion): Promise<void> {
    for (const part of this.#options.parts) await part.ready?.();
    for (const relaxations of [[], relaxationsOf(quirks)]) { // the gateway's own calls are judged without any
      const key = checkKey(version, relaxations);
      if (!this.#checks.has(key)) this.#checks.set(key, await loadSchemaCheck(version, relaxations));
    }
  }

  /** A station is through: from now on messages are relayed. */
  add(connected: Connected): void {
    const { admission, version, source, station, upstream, ways } = connected;
    const { context, flight, counters, reporter } = this.#options;
    const { session, stationId, upstream: route, securityProfile, quirks } = admission;
    const pingMs = quirks.includes("no-ping") ? 0 : this.#config.pingSeconds * 1_000;
    const csmsPingMs = (this.#config.csmsPingSeconds ?? this.#config.pingSeconds) * 1_000;
    const opened = { session, stationId, version, csms: route.csms, securityProfile, source };
    const { judge, site } = this.#judgeOf(admission, version);
    const conversation = this.#converse(judge, version, admission.stationId);
    upstream.bind?.(conversation);
    const relay = new Relay(
      { ...context, counters, flight, reporter, pingMs, csmsPingMs, observers: this.#observers, takers: this.#takers },
      {
        ...opened,
        conversation,
        judgeCsmsCall: (frame, csms) => site.speakingAs(csms, () => judge.call("csms", frame, FRESH)),
        ...(admission.mirrors ? { mirrors: admission.mirrors } : {}),
        ...(admission.transactions ? { transactions: admission.transactions } : {}),
        ...(admission.isNewCsms ? { isNewCsms: true } : {}),
        ...(connected.basic ? { basic: connected.basic } : {}),
        graceMs: upstream.bind ? 0 : route.graceSeconds * 1_000, // such a leg waits for its CSMS by itself
        ways,
        ...(admission.certificateRenewAt === undefined ? {} : { certificateRenewAt: admission.certificateRenewAt }),
        ...(upstream.renew ? { renewLeg: upstream.renew } : {}),
        stationCertificates: admission.stationCertificates ?? "elsewhere",
        redial: (isWanted, withinMs) => this.#redial(connected, withinMs, isWanted),
        ...(quirks.includes("close-when-mute") ? { muteCalls: OCPP_LIMITS.muteCalls } : {}),
        ...(upstream.state ? { csmsState: upstream.state } : {}),
        onEnd: (ended, reason) => this.#remove(ended, reason),
      },
      station,
      upstream,
    );
    if (relay.isEnded) return;
    for (const older of [...this.#byStation.get(stationId) ?? []]) {
      older.end("replaced", 1000, "replaced by a newer connection");
    }
    context.control.notify("stations.entered", { session, protocol: version });
    this.#rows.set(session, { relay, connected });
    const relays = this.#byStation.get(stationId);
    if (relays) relays.add(relay);
    else this.#byStation.set(stationId, new Set([relay]));
    flight.event(stationId, "open", `${version} profile ${securityProfile} from ${source}`, context.clock.now());
    reporter.seen(stationId, { protocol: version, securityProfile, address: source });
    this.#options.reporter.audit({
      event: "ocpp.session.opened",
      class: "operation",
      who: stationId,
      target: route.csms,
      outcome: "ok",
      rule: admission.rule,
      source,
      detail: { version, securityProfile, deflate: station.extensions !== "", validation: admission.validation },
    });
  }

  /** Ends all sessions of these stations. */
  closeStations(stationIds: readonly string[], why: string): number {
    const relays = stationIds.flatMap((stationId) => [...this.#byStation.get(stationId) ?? []]);
    for (const relay of relays) relay.end("revoked", 1008, why);
    return relays.length;
  }

  /** Ends these sessions. */
  closeSessions(sessions: readonly string[], why: string): number {
    const relays = sessions.flatMap((session) => this.#rows.get(session)?.relay ?? []);
    for (const relay of relays) relay.end("replaced", 1000, why);
    return relays.length;
  }

  /** Opens the CSMS leg of a store-and-forward session anew: nobody else keeps messages that wait for it. */
  renew(session: string): boolean {
    const relay = this.#rows.get(session)?.relay;
    if (!relay?.options.renewLeg) return false;
    relay.renewUpstream();
    return true;
  }

  /**
   * Sends a CALL of the gateway to the newest session of a station.
   * @throws GatewayError STATION_CALL_INVALID when it breaks the schema of the version that this session speaks
   */
  async callStation({ stationId, action, payload, timeoutMs }: StationCall): Promise<StationCallAnswer> {
    const relay = [...this.#byStation.get(stationId) ?? []].at(-1);
    if (!relay) return { noAnswer: "away" };
    const { version } = relay.options;
    const fault = this.#checks.get(version)?.call(action, payload);
    if (fault !== undefined) throw callFault(version, action, fault);
    return stationCallAnswer(await relay.call({ action, payloadText: JSON.stringify(payload), timeoutMs }));
  }

  /** Whether the station of this session still answers (O-25). */
  async probe(session: string, withinMs: number): Promise<boolean> {
    const connected = this.#rows.get(session)?.connected;
    if (!connected) return false;
    const ping = !connected.admission.quirks.includes("no-ping");
    return await givesSignOfLife(connected.station, { ping, withinMs, timers: this.#options.context.timers });
  }

  /** Timeouts of all sessions; certificates are looked at again once a minute. */
  tick(): void {
    for (const { relay } of this.#rows.values()) relay.tick();
    if (++this.#sweeps * OCPP_LIMITS.sweepMs >= OCPP_LIMITS.recheckPeriodMs) this.recheck();
  }

  /** Judges the certificates of all live sessions anew: links live for days, revocation must not wait (invariant 2). */
  recheck(): void {
    this.#sweeps = 0;
    for (const { relay, connected } of [...this.#rows.values()]) {
      const peer = connected.identify(connected.socket);
      if (peer.kind !== "refused") continue;
      if (connected.admission.securityProfile !== 3 && setAsideOf(peer)) continue; // its password let it in
      this.#options.reporter.audit({
        event: "ocpp.connection.refused",
        class: "security",
        who: relay.options.stationId,
        target: relay.options.stationId,
        outcome: "refused",
        rule: peer.rule,
        source: relay.options.source,
        detail: { why: peer.message.slice(0, 300), live: true },
      });
      relay.end("revoked", 1008, "the certificate is no longer accepted");
    }
  }

  /** Facts of all live sessions, for status. */
  describe(): readonly unknown[] {
    return [...this.#rows.values()].map(({ relay, connected: { upstream } }) => ({
      ...relay.describe(),
      ...upstream.state ? { csmsState: upstream.state() } : {},
    }));
  }

  /** Tells all peers to go away and waits until they have, or the deadline is there. */
  async drain(deadlineMs: number): Promise<void> {
    const rows = [...this.#rows.values()];
    for (const { relay } of rows) relay.end("drained", 1001, "the gateway is restarting");
    const sockets = rows.flatMap(({ connected: { station, upstream } }) => [station, upstream.socket]);
    const { promise: late, resolve: stop } = Promise.withResolvers<void>();
    const cancel = this.#options.context.timers.after(deadlineMs, stop);
    const closed = Promise.all(sockets.map((socket) => {
      if (socket.readyState === socket.CLOSED) return undefined;
      return new Promise<void>((resolve) => socket.once("close", () => resolve()));
    }));
    await Promise.race([closed, late]);
    cancel();
    for (const socket of sockets) socket.terminate();
  }

  #judgeOf(admission: Admitted, version: OcppVersion): { readonly judge: Judge; readonly site: SiteJudge } {
    const { validation, quirks, stationId, resource, upstream } = admission;
    const station = { ...resource, id: stationId };
    const site = this.#options.siteRules.judgeOf({ station, csms: upstream.csms }, version);
    const check = this.#checks.get(checkKey(version, relaxationsOf(quirks)))!; // prepare() has loaded it
    const own = withCannedAnswers(
      createJudge({ version, validation, check, site, ...keysOf(resource), ...legsOf(admission) }),
      quirks,
    );
    const judge = this.#options.parts.reduce(
      (all, part) => part.judging?.(all, version, stationId, admission) ?? all,
      own,
    );
    return { judge, site };
  }

  #converse(judge: Judge, version: OcppVersion, stationId: string): Session {
    const now = this.#options.context.clock.monotonic();
    return new Session({
      version,
      judge,
      malformedCode,
      callTimeoutMs: this.#config.callTimeoutSeconds * 1_000,
      allowances: this.#allowances.of(stationId, now),
    }, now);
  }

  #redial({ admission, version, ways }: Connected, withinMs: number, isWanted: () => boolean) {
    const { context, reporter } = this.#options;
    return redialWithin(withinMs, {
      ...context,
      gate: this.#redials,
      isWanted,
      dial: () => ways.dial([version]),
      discard: ({ socket }) => socket.terminate(),
      onFault: (error) => {
        reportDialFault(reporter, admission, error instanceof DialError ? error : undefined, describeError(error));
      },
    });
  }

  #remove(relay: Relay, reason: EndReason): void {
    const { context, reporter } = this.#options;
    const { session, stationId, csms, source } = relay.options;
    this.#rows.delete(session);
    const relays = this.#byStation.get(stationId);
    relays?.delete(relay);
    if (relays?.size === 0) this.#byStation.delete(stationId);
    const hint = quirkHint(relay.symptom || `end ${reason}`);
    context.control.notify("stations.left", { session, why: `${reason}${hint}` });
    context.metrics.count("bulkhead_ocpp_sessions_closed_total", { why: reason });
    const { station, csms: fromCsms } = relay.messages;
    reporter.audit({
      event: "ocpp.session.closed",
      class: "operation",
      who: stationId,
      target: csms,
      ...(REFUSED.has(reason) ? { outcome: "refused", rule: `ocpp.session.${reason}` } : { outcome: "ok" }),
      source,
      detail: {
        session,
        reason,
        seconds: Math.round((context.clock.now() - relay.openedAt) / 1_000),
        messagesFromStation: station,
        messagesFromCsms: fromCsms,
        ...(hint === "" ? {} : { hint: hint.slice(2) }),
      },
    });
  }
}

function callFault(version: OcppVersion, action: string, fault: string): GatewayError {
  const what = fault === "unknown-action" ? `${version} has no action "${action}"` : `its payload: ${fault}`;
  return new GatewayError("STATION_CALL_INVALID", `${action} was not sent: ${what}`, {
    hint: `The schemas are those of ${version}, which this station speaks now`,
  });
}

/** Stations of one version and with the same relaxations share a check: 48 at most. */
function checkKey(version: OcppVersion, relaxations: readonly string[]): string {
  return [version, ...relaxations].join(" ");
}

/** What of an admission decides whom a message about credentials and certificates is for. */
/** The settings of a station's controller, where its maker's are known. */
function keysOf(resource: Admitted["resource"]): Pick<JudgeSettings, "keys"> {
  const tables: Readonly<Record<string, JudgeSettings["keys"]>> = KEY_TABLES;
  const keys = Object.hasOwn(tables, resource?.vendor ?? "") ? tables[resource!.vendor!] : undefined;
  return keys ? { keys } : {};
}

function legsOf(admission: Admitted): Pick<JudgeSettings, "securityProfile" | "rehoming"> {
  const { securityProfile, upstreamProfile, stationCertificates, upstream } = admission;
  return {
    securityProfile: upstreamProfile ?? securityProfile,
    rehoming: {
      stationTls: securityProfile >= 2,
      upstreamTls: upstream.url.startsWith("wss:"),
      stationCertificates: stationCertificates ?? "elsewhere",
    },
  };
}
