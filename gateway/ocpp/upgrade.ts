import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WorkerContext } from "../core/conduit.ts";
import type { Admission, StationAttempt } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import { AttemptLimits } from "./attempt_limits.ts";
import { OCPP_VERSIONS, type OcppVersion } from "./codec.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import type { LegSocket } from "./leg_socket.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { StoreAndForward } from "./outage/store_and_forward.ts";
import type { IdentifyPeer, PeerIdentity } from "./peer_identity.ts";
import { PendingUpgrade } from "./pending_upgrade.ts";
import { reportDialFault } from "./dial_fault.ts";
import { deflatesUpstream, quirkHint } from "./quirks.ts";
import { SetAsideNotes, setAsideOf } from "./set_aside.ts";
import { spreadRetry } from "./retry_after.ts";
import type { Reporter } from "./reporter.ts";
import { largestMessage, StationServers } from "./station_servers.ts";
import { readUpgradeRequest, type UpgradeRequest } from "./upgrade_request.ts";
import { DialError, type UpstreamDialer, type UpstreamLeg } from "./upstream.ts";
import { UpstreamWays } from "./upstream_ways.ts";
import { frameOptions } from "./web_socket.ts";
import { acceptFrames } from "./websocket/frame_handshake.ts";
import type { OcppListener, OcppWorkerConfig } from "./worker_config.ts";

/** An admission that lets the station in. */
export type Admitted = Admission & { readonly admit: true };

/** A station whose two legs are open. */
export interface Connected {
  readonly admission: Admitted;
  readonly version: OcppVersion;
  readonly source: string;
  readonly station: LegSocket;
  readonly upstream: UpstreamLeg;
  /** How the leg to the CSMS was opened, and is opened again. */
  readonly ways: UpstreamWays;
  /** The station's raw socket, to check its certificate again. */
  readonly socket: Socket;
  readonly identify: IdentifyPeer;
  /** The Basic credential that the station showed, bytes as base64. */
  readonly basic?: UpgradeRequest["basic"];
}

/** What the doorkeeper works with. */
export interface UpgraderOptions {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly dialer: UpstreamDialer;
  readonly reporter: Reporter;
  readonly flight: FlightRecorder;
  /** Gets ready for a session that is about to open: older ones of this station make room, schemas are loaded. */
  prepare(admission: Admitted, version: OcppVersion): Promise<void>;
  onConnected(connected: Connected): void;
  /** Opens the upstream leg of a store-and-forward station. */
  readonly forwarding: Pick<StoreAndForward, "open">;
}

/** A refusal on the way: status, rule, and what the peer may be told beside. */
interface Refusal {
  readonly status: number;
  readonly rule: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly detail?: string;
  /** Whoever decided has recorded it. */
  readonly isAudited?: true;
}

/**
 * The door: request, limits, certificate, control, CSMS, and only then 101, so that a station never sees a connection
 * that its CSMS would not have given it (facts: performance 5). Every refusal is an HTTP status and an audit record.
 */
export class Upgrader {
  readonly #options: UpgraderOptions;
  readonly #limits: AttemptLimits;
  readonly #servers: StationServers;
  readonly #asides: SetAsideNotes;
  /** The subprotocol agreed with the CSMS, for the answer to this request. */
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  #inFlight = 0;

  constructor(options: UpgraderOptions) {
    this.#options = options;
    this.#limits = new AttemptLimits(options.context.clock.monotonic());
    this.#asides = new SetAsideNotes({ clock: options.context.clock, reporter: options.reporter });
    const { maxMessageBytes } = options.context.config;
    this.#servers = new StationServers(maxMessageBytes, (request) => this.#agreed.get(request) ?? false);
  }

  /** Connections whose upgrade is being decided. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Handles one upgrade request of a listener to its end; never throws. */
  async handle(
    listener: OcppListener,
    identify: IdentifyPeer,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): Promise<void> {
    const { context } = this.#options;
    const pending = new PendingUpgrade(socket, head, context.timers);
    const source = socket.remoteAddress ?? "unknown";
    this.#inFlight++;
    try {
      const refusal = await this.#decide(listener, identify, request, socket, pending, source);
      if (refusal) this.#refuse(pending, listener, source, refusal);
    } catch (error) {
      context.log.error("ocpp.upgrade.failed", { listener: listener.name, source, msg: describeError(error) });
      pending.refuse(503, { "Retry-After": "10" });
    } finally {
      this.#inFlight--;
    }
  }

  async #decide(
    listener: OcppListener,
    identify: IdentifyPeer,
    request: IncomingMessage,
    socket: Socket,
    pending: PendingUpgrade,
    source: string,
  ): Promise<Refusal & { readonly stationId?: string } | undefined> {
    const now = this.#options.context.clock.monotonic();
    const early = this.#limits.fromSource(source, now) ?? this.#tooMany();
    if (early) return tooSoon(early);
    const asked = readUpgradeRequest(request, listener.paths, listener.hidesStations);
    if ("status" in asked) return asked;
    const { stationId } = asked, known = asked.isMisdirected ? {} : { stationId };
    const soon = this.#limits.forIdentity(stationId, source, now);
    if (soon) return { ...tooSoon(soon), ...known };
    const peer = identify(socket), aside = setAsideOf(peer);
    if (peer.kind === "refused" && !aside) {
      this.#limits.failed(stationId, source, now);
      return { status: 403, rule: peer.rule, detail: peer.message, ...known };
    }
    const admission = await this.#admit(listener, asked, peer, aside, source);
    if (!admission.admit) {
      if (admission.rule === "admission.protocol" && !pending.isOver) return this.#endWithout(request, socket, pending);
      return { ...this.#notAdmitted(admission, asked, source, aside), ...known };
    }
    this.#limits.succeeded(stationId, source);
    if (aside) this.#asides.note(stationId, source, aside);
    if (pending.isOver) return this.#abandon(admission, "the station went away");
    const refusal = await this.#connect(admission, asked, { request, socket, pending, source, identify });
    return refusal && { ...refusal, stationId };
  }

  #tooMany() {
    if (this.#inFlight <= OCPP_LIMITS.upgradesInFlight) return undefined;
    return { status: 503, rule: "ocpp.limit.in-flight", retryAfterSeconds: 5 } as const;
  }

  #admit(
    listener: OcppListener,
    asked: UpgradeRequest,
    peer: PeerIdentity,
    setAside: StationAttempt["setAside"],
    source: string,
  ): Promise<Admission> {
    const attempt: StationAttempt = {
      listener: listener.name,
      source,
      stationId: asked.stationId,
      tls: listener.tls,
      ...(asked.basic ? { basic: asked.basic } : {}),
      ...(peer.kind === "certificate"
        ? { certificate: { commonName: peer.commonName, fingerprint: peer.fingerprint, serial: peer.serial } }
        : {}),
      ...(setAside ? { setAside } : {}),
      ...(asked.isMisdirected ? { isMisdirected: true } : {}),
      offeredProtocols: asked.offeredProtocols,
      ...(asked.userAgent === undefined ? {} : { userAgent: asked.userAgent }),
      ...(asked.needs ? { needs: asked.needs } : {}),
    };
    return this.#options.context.control.call("stations.admit", attempt);
  }

  #notAdmitted(
    { status, rule, retryAfterSeconds }: Admission & { admit: false },
    { stationId, isMisdirected }: UpgradeRequest,
    source: string,
    aside: StationAttempt["setAside"],
  ): Refusal {
    if (status === 401 || status === 403) {
      this.#limits.failed(stationId, source, this.#options.context.clock.monotonic());
    }
    const headers: Record<string, string> = {};
    if (status === 401) headers["WWW-Authenticate"] = `Basic realm="ocpp", charset="UTF-8"`;
    if (retryAfterSeconds !== undefined) headers["Retry-After"] = String(retryAfterSeconds);
    // A fault that was found here is recorded here.
    if (rule === aside?.rule) return { status, rule, headers, detail: aside.reason };
    return { status, rule, headers, ...isMisdirected && rule === "ocpp.request.path" ? {} : { isAudited: true } };
  }

  /** Dials the CSMS and answers the station with what came of it. */
  async #connect(
    admission: Admitted,
    asked: UpgradeRequest,
    on: Pick<Connected, "source" | "socket" | "identify"> & { request: IncomingMessage; pending: PendingUpgrade },
  ): Promise<Refusal | undefined> {
    const offer = protocolsToOffer(admission, asked.offeredProtocols);
    if (offer.length === 0) return this.#closeWithoutProtocol(admission, asked, on);
    await this.#options.prepare(admission, offer[0]!);
    const ways = this.#waysOf(admission);
    const upstream = await this.#dial(admission, offer, ways);
    if (!("socket" in upstream)) {
      this.#left(admission, `${upstream.rule}: ${upstream.detail ?? upstream.status}`);
      return upstream;
    }
    if (on.pending.isOver) {
      upstream.socket.close(1001);
      return this.#abandon(admission, "the station went away");
    }
    const version = upstream.protocol as OcppVersion;
    if (version !== offer[0]) await this.#options.prepare(admission, version);
    // A station that offered none gets none; its messages are read as those of the protocol it is known for (Q1).
    if (asked.offeredProtocols.includes(version)) this.#agreed.set(on.request, version);
    let isOpen = false;
    this.#upgrade(admission, on.request, on.socket, on.pending, (station) => {
      isOpen = true;
      this.#count(101);
      this.#options.onConnected({
        admission,
        version,
        source: on.source,
        station,
        upstream,
        ways,
        socket: on.socket,
        identify: on.identify,
        ...(asked.basic ? { basic: asked.basic } : {}),
      });
    });
    if (isOpen) return undefined;
    upstream.socket.close(1001); // ws refused the request by itself and has answered it
    return this.#abandon(admission, "the WebSocket handshake failed");
  }

  #waysOf(admission: Admitted): UpstreamWays {
    const { context, dialer } = this.#options, { session, stationId } = admission;
    return new UpstreamWays({
      dial: (request) => dialer.dial({ ...request, deflate: deflatesUpstream(admission.quirks) }),
      proved: (choice, refused) => {
        context.control.call("upstream.proved", { session, choice, refused }).catch((error) =>
          context.log.warn("ocpp.upstream.proof_lost", { station: stationId, choice, msg: describeError(error) })
        );
      },
    }, admission);
  }

  async #dial(
    admission: Admitted,
    protocols: readonly OcppVersion[],
    ways: UpstreamWays,
  ): Promise<UpstreamLeg | Refusal> {
    const open = () => this.#dialOnce(admission, protocols, ways);
    try {
      return admission.upstream.outage
        ? await this.#options.forwarding.open(admission, protocols, open, (version) => ways.dial([version]))
        : await open();
    } catch (error) {
      const fault = error instanceof DialError ? error : undefined;
      // A CSMS that does not know the station, or not its credential: the station is told what it would have been told.
      const status = fault?.status === 404 || fault?.status === 401 ? fault.status : 503;
      const headers: Record<string, string> = status === 503 ? { "Retry-After": "30" } : {};
      if (status === 401) headers["WWW-Authenticate"] = `Basic realm="ocpp", charset="UTF-8"`;
      return { status, rule: "ocpp.upstream", headers, detail: describeError(error), isAudited: true };
    }
  }

  async #dialOnce(
    admission: Admitted,
    protocols: readonly OcppVersion[],
    ways: UpstreamWays,
  ): Promise<UpstreamLeg> {
    const { upstream: route, stationId } = admission;
    const { context, reporter, flight } = this.#options;
    try {
      const leg = await ways.dial(protocols);
      context.metrics.count("bulkhead_ocpp_upstream_dials_total", { csms: route.csms, outcome: "ok" });
      reporter.clear("ocpp.csms.unreachable", route.csms);
      reporter.clear("ocpp.csms.untrusted", route.csms);
      return leg;
    } catch (error) {
      context.metrics.count("bulkhead_ocpp_upstream_dials_total", { csms: route.csms, outcome: "failed" });
      flight.event(stationId, "upstream", describeError(error), context.clock.now());
      reportDialFault(reporter, admission, error instanceof DialError ? error : undefined, describeError(error));
      throw error;
    }
  }

  /** OCPP-J: without a common subprotocol the handshake is finished without one, and the connection closed (LC13). */
  #closeWithoutProtocol(
    admission: Admitted,
    asked: UpgradeRequest,
    on: { request: IncomingMessage; socket: Socket; pending: PendingUpgrade; source: string },
  ): undefined {
    this.#endWithout(on.request, on.socket, on.pending, admission);
    const hint = asked.offeredProtocols.length === 0 ? quirkHint("ocpp.subprotocol none") : "";
    this.#audit(on.source, admission.stationId, "ocpp.subprotocol", `no common subprotocol${hint}`);
    this.#left(admission, `ocpp.subprotocol${hint}`);
  }

  #endWithout(
    request: IncomingMessage,
    socket: Socket,
    pending: PendingUpgrade,
    admission: Pick<Admitted, "quirks"> = { quirks: [] },
  ): undefined {
    this.#upgrade(admission, request, socket, pending, (station) => {
      station.on("error", () => station.terminate());
      station.close(1002, "no common subprotocol");
    });
  }

  #upgrade(
    { quirks }: Pick<Admitted, "quirks">,
    request: IncomingMessage,
    socket: Socket,
    pending: PendingUpgrade,
    onOpen: (station: LegSocket) => void,
  ): void {
    const head = pending.accept(), { config, timers } = this.#options.context;
    const offersDeflate = /permessage-deflate/i.test(request.headers["sec-websocket-extensions"] ?? "");
    if (offersDeflate && !quirks.includes("no-deflate")) {
      this.#servers.for(quirks).handleUpgrade(request, socket, head, onOpen);
      return;
    }
    const options = frameOptions(largestMessage(quirks, config.maxMessageBytes), timers);
    const station = acceptFrames(request, socket, head, this.#agreed.get(request), options);
    if (station) onOpen(station);
  }

  #refuse(
    pending: PendingUpgrade,
    listener: OcppListener,
    source: string,
    { status, rule, headers, detail, isAudited, stationId }: Refusal & { readonly stationId?: string },
  ): void {
    this.#count(status);
    const { flight, context } = this.#options;
    if (stationId !== undefined) {
      flight.event(stationId, "refused", `${status} ${rule} from ${source} ${detail ?? ""}`, context.clock.now());
    }
    context.log.debug("ocpp.upgrade.refused", { listener: listener.name, source, stationId, status, rule });
    if (!isAudited) this.#audit(source, stationId, rule, detail);
    pending.refuse(status, headers && spreadRetry(status, headers, context.random));
  }

  #audit(source: string, stationId: string | undefined, rule: string, why: string | undefined): void {
    this.#options.reporter.auditRepeating({
      event: "ocpp.connection.refused",
      class: "security",
      who: stationId ?? "unknown",
      ...(stationId === undefined ? {} : { target: stationId }),
      outcome: "refused",
      rule,
      source,
      ...(why === undefined ? {} : { detail: { why: why.slice(0, 300) } }),
    });
  }

  #abandon(admission: Admitted, why: string): undefined {
    this.#left(admission, why);
  }

  #left({ session }: Admitted, why: string): void {
    this.#options.context.control.notify("stations.left", { session, why });
  }

  #count(status: number): void {
    this.#options.context.metrics.count("bulkhead_ocpp_upgrades_total", { status: String(status) });
  }
}

/** What is offered to the CSMS: the station's list in its order, as far as the station may use it (Q2). */
function protocolsToOffer(admission: Admitted, offered: readonly string[]): OcppVersion[] {
  const known = admission.protocols.filter((name): name is OcppVersion => OCPP_VERSIONS.some((own) => own === name));
  if (offered.length === 0) return admission.quirks.includes("assume-protocol") ? known.slice(0, 1) : [];
  return offered.filter((name): name is OcppVersion => known.some((own) => own === name));
}

function tooSoon(
  soon: { readonly status: number; readonly rule: string; readonly retryAfterSeconds: number },
): Refusal {
  return { status: soon.status, rule: soon.rule, headers: { "Retry-After": String(soon.retryAfterSeconds) } };
}
