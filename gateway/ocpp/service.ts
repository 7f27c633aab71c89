import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { Json, WorkerApi } from "../core/control_api.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { UplinkDialer } from "../uplink/open_leg.ts";
import { DIRECT } from "../uplink/settings.ts";
import { FlightRecorder } from "./flight_recorder.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { type OpenListener, openPlainListener } from "./listener.ts";
import type { IdentifyPeer } from "./peer_identity.ts";
import { HandshakeFaults } from "./handshake_faults.ts";
import { RelayCounters } from "./counters.ts";
import { type RelayPart, relayParts } from "./relay_parts.ts";
import { Reporter } from "./reporter.ts";
import { LiveSessions } from "./live_sessions.ts";
import { StoreAndForward } from "./outage/store_and_forward.ts";
import { siteRulesPart } from "./site_rules_part.ts";
import { openTlsListener } from "./listener_tls.ts";
import { Upgrader } from "./upgrade.ts";
import { UpstreamDialer } from "./upstream.ts";
import { probeUpstream } from "./upstream_probe.ts";
import type { OcppListener, OcppWorkerConfig } from "./worker_config.ts";

/** Starts the OCPP conduit of one trust zone: listeners, sessions, sweep. `parts` are others in tests. */
export async function startOcpp(
  context: WorkerContext<OcppWorkerConfig>,
  parts: typeof relayParts = relayParts,
): Promise<Service<OcppWorkerConfig>> {
  const conduit = new OcppConduit(context, parts);
  await conduit.open();
  return conduit;
}

class OcppConduit implements Service<OcppWorkerConfig> {
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #context: WorkerContext<OcppWorkerConfig>;
  readonly #flight = new FlightRecorder();
  readonly #counters = new RelayCounters();
  readonly #reporter: Reporter;
  readonly #handshakes: HandshakeFaults;
  readonly #dialer: UpstreamDialer;
  readonly #sessions: LiveSessions;
  readonly #parts: readonly RelayPart[];
  readonly #upgrader: Upgrader;
  readonly #open = new Map<string, OpenListener>();
  #listeners: readonly OcppListener[];
  #stopSweep: (() => void) | undefined;
  #isDraining = false;

  constructor(context: WorkerContext<OcppWorkerConfig>, parts: typeof relayParts) {
    const { config } = context;
    this.#context = context;
    this.#listeners = config.listeners;
    this.#reporter = new Reporter(context);
    this.#handshakes = new HandshakeFaults({ ...context, ...config, reporter: this.#reporter });
    this.#dialer = new UpstreamDialer(config.maxMessageBytes, this.#uplinkOf(config), context);
    const shared = { flight: this.#flight, counters: this.#counters, reporter: this.#reporter, dialer: this.#dialer };
    const siteRules = siteRulesPart({ context, reporter: this.#reporter });
    this.#parts = [siteRules.part, ...parts({ context, ...shared })];
    this.#sessions = new LiveSessions({ context, ...shared, parts: this.#parts, siteRules: siteRules.rules });
    this.#upgrader = new Upgrader({
      context,
      ...shared,
      forwarding: new StoreAndForward({ context, ...shared }),
      prepare: (admission, version) => this.#sessions.prepare(admission, version),
      onConnected: (connected) => {
        this.#handshakes.succeeded(connected.source, connected.admission.stationId);
        this.#sessions.add(connected);
      },
    });
    this.handlers = this.#serve();
  }

  get listening(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#listeners.map(({ name, host, tls }) => {
      const shown = host.includes(":") ? `[${host}]` : host;
      return [`ocpp:${name}`, `${tls ? "wss" : "ws"}://${shown}:${this.#open.get(name)?.port ?? 0}`];
    }));
  }

  async open(): Promise<void> {
    try {
      await Promise.all(this.#listeners.map((listener) => this.#openListener(listener)));
    } catch (error) {
      for (const open of this.#open.values()) open.close();
      throw error;
    }
    this.#stopSweep = this.#context.timers.every(OCPP_LIMITS.sweepMs, () => this.#sweep());
  }

  health(): Health {
    if (this.#isDraining) return { state: "degraded", why: "draining" };
    return { state: "ok" };
  }

  /** Listeners cannot move under a running Worker: the supervisor starts another one for that. */
  reconfigure(config: OcppWorkerConfig): Promise<void> {
    const place = (listeners: readonly OcppListener[]) => {
      return JSON.stringify(listeners.map(({ name, host, port, tls }) => [name, host, port, tls]));
    };
    if (place(config.listeners) !== place(this.#listeners) || config.maxMessageBytes !== this.#dialer.maxMessageBytes) {
      return Promise.reject(new ConfigError("CFG_INVALID", "Listeners and message size need a new OCPP Worker"));
    }
    this.#listeners = config.listeners;
    this.#handshakes.addresses = config.addresses ?? {};
    this.#dialer.uplink = this.#uplinkOf(config);
    this.#sessions.configure(config);
    for (const part of this.#parts) part.reconfigure?.(config);
    return Promise.resolve();
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    for (const open of this.#open.values()) open.close();
    await this.#sessions.drain(deadlineMs);
    await Promise.all(this.#parts.map((part) => part.drain?.(deadlineMs)));
    this.#stopSweep?.();
    this.#reporter.flush();
    this.#counters.flush(this.#context.metrics);
  }

  #uplinkOf({ uplink = DIRECT }: OcppWorkerConfig): UplinkDialer {
    return new UplinkDialer(uplink, this.#context.timers);
  }

  async #openListener(listener: OcppListener): Promise<void> {
    const onUpgrade = (identify: IdentifyPeer, request: IncomingMessage, socket: Socket, head: Buffer) => {
      const current = this.#listeners.find(({ name }) => name === listener.name) ?? listener;
      void this.#upgrader.handle(current, identify, request, socket, head);
    };
    const onMalformed = (source: string, why: string) => this.#reportMalformed(source, why);
    const open = listener.tls
      ? await openTlsListener(listener, {
        context: this.#context,
        onUpgrade,
        onMalformed,
        onFailure: ({ name }, failure) => this.#handshakes.add(name, failure),
      })
      : await openPlainListener(listener, onUpgrade, onMalformed, this.#context.sharedPorts);
    this.#open.set(listener.name, open);
  }

  /** A request that could be read in two ways is refused at the door (invariant 8), and that is a refusal like any other. */
  #reportMalformed(source: string, why: string): void {
    this.#context.metrics.count("bulkhead_ocpp_upgrades_total", { status: "400" });
    this.#reporter.auditRepeating({
      event: "ocpp.connection.refused",
      class: "security",
      who: "unknown",
      outcome: "refused",
      rule: "ocpp.request.malformed",
      source,
      detail: { why: why.slice(0, 300) },
    });
  }

  #sweep(): void {
    this.#sessions.tick();
    for (const part of this.#parts) part.tick?.();
    this.#handshakes.tick();
    this.#reporter.tick();
    this.#counters.flush(this.#context.metrics);
    this.#context.metrics.set("bulkhead_ocpp_sessions", this.#sessions.size);
    this.#context.metrics.set("bulkhead_ocpp_flight_bytes", this.#flight.bytes);
  }

  /** Another Worker's listener is none of ours; one of ours that is still opening is told again. */
  #notOpen(listener: string): GatewayError {
    const isOurs = this.#listeners.some(({ name }) => name === listener);
    const code = isOurs ? "CTL_REFUSED" : "PKI_NOT_FOUND";
    return new GatewayError(code, `No OCPP listener "${listener}" is open here`);
  }

  #serve(): RpcHandlers<WorkerApi> {
    return {
      ...Object.assign({}, ...this.#parts.map(({ handlers }) => handlers)) as RpcHandlers<WorkerApi>,
      "trust.changed": async ({ listener, trust }) => {
        const open = this.#open.get(listener);
        if (!open) throw this.#notOpen(listener);
        await open.swap(trust);
        this.#sessions.recheck();
      },
      "stations.close": ({ stationIds, why }) => ({ closed: this.#sessions.closeStations(stationIds, why) }),
      "sessions.close": ({ sessions, why }) => ({ closed: this.#sessions.closeSessions(sessions, why) }),
      "sessions.renew": ({ session }) => ({ isRenewed: this.#sessions.renew(session) }),
      "sessions.probe": async ({ session, withinMs }) => ({ alive: await this.#sessions.probe(session, withinMs) }),
      "station.call": (call) => this.#sessions.callStation(call),
      "stations.live": () => this.#sessions.describe() as Json,
      "flight.export": ({ stationId }) => ({ lines: this.#flight.export(stationId) }),
      "handshake.last": ({ source }) => {
        const fault = this.#handshakes.last(source);
        return fault ? { fault } : {};
      },
      "handshake.recent": () => ({ faults: this.#handshakes.recent() }),
      "upstream.probe": ({ route, stationId }) =>
        probeUpstream(route, stationId, this.#context.clock, this.#dialer.uplink),
    };
  }
}
