import type { LinkEvent } from "../../hal/packet_link.ts";
import type { Json } from "../core/control_api.ts";
import type { DhcpFact, KnownDevice, Lease } from "../core/dhcp_api.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Random, Timers } from "../core/timers.ts";
import { foreignServer, probeServers } from "./foreign_servers.ts";
import { type OpenLink, SteadyLink } from "./hald_links.ts";
import type { Instant } from "./lease.ts";
import type { LeaseWriter } from "./lease_writer.ts";
import { DHCP_LIMITS } from "./limits.ts";
import type { Engine, EngineTools } from "./engine.ts";
import { RelayEngine } from "./relay_engine.ts";
import { ServerEngine } from "./server_engine.ts";
import type { ZoneConfig } from "./worker_config.ts";

const REPORT_MS = 10_000;

/** What all zones share. */
export interface ZoneTools {
  readonly open: OpenLink;
  readonly writer: LeaseWriter;
  readonly tell: (fact: DhcpFact) => void;
  readonly now: () => Instant;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The link of a zone has come: its meter is to be set. */
  readonly onLink: (zone: ZoneConfig) => void;
}

/** One zone: its link, the sensor for foreign servers, and whoever answers its devices. */
export class ZoneService {
  readonly config: ZoneConfig;
  readonly #tools: ZoneTools;
  readonly #link: SteadyLink;
  readonly #engine: Engine | undefined;
  readonly #stops: (() => void)[];
  #away: string | undefined = "not opened yet";
  #told = { messages: 0, replies: 0 };

  constructor(config: ZoneConfig, tools: ZoneTools, leases: readonly Lease[], known: readonly KnownDevice[]) {
    this.config = config;
    this.#tools = tools;
    this.#link = new SteadyLink({
      request: { interface: config.interface, serve: config.mode !== "monitor" },
      open: tools.open,
      timers: tools.timers,
      onEvent: (event) => this.#receive(event),
      onState: (why) => this.#linkChanged(why),
    });
    this.#engine = engineOf(config, { ...tools, link: () => this.#link.current }, leases, known);
    const { timers } = tools;
    this.#stops = [
      timers.every(DHCP_LIMITS.tickMs, () => this.#engine?.tick()),
      timers.every(REPORT_MS, () => this.#report()),
    ];
    if (config.rogueProbeSeconds > 0) {
      this.#stops.push(timers.every(config.rogueProbeSeconds * 1_000, () => this.#probeServers()));
    }
  }

  /** Why the zone is not served, or not as it should be; undefined when it is. */
  get away(): string | undefined {
    return this.#away ?? this.#engine?.away;
  }

  async start(): Promise<void> {
    await this.#link.start();
  }

  setKnown(known: readonly KnownDevice[]): void {
    this.#engine?.setKnown(known);
  }

  forget(addresses: readonly number[]): void {
    this.#engine?.forget(addresses);
  }

  /** For `dhcp status`. */
  state(): Json {
    const counts = this.#engine?.counts;
    return {
      zone: this.config.zone,
      mode: this.config.mode,
      state: this.away === undefined ? "serving" : `away: ${this.away}`,
      leases: this.#engine?.leaseCount ?? 0,
      answered: counts?.replies ?? 0,
      dropped: counts?.dropped ?? 0,
      malformed: counts?.malformed ?? 0,
    };
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#link.close();
    this.#engine?.close();
  }

  #receive(event: LinkEvent): void {
    if (event.kind === "claim") return this.#engine?.claimed(event.claim.address, event.claim.mac);
    const { datagram } = event;
    if (datagram.destinationPort === 67) return this.#engine?.receive(datagram);
    const { zone, self, trustedServers } = this.config;
    const fact = foreignServer(zone, [self, ...trustedServers], datagram);
    if (fact) this.#tools.tell(fact);
  }

  #linkChanged(why: string | undefined): void {
    const wasUp = this.#away === undefined;
    if (why === undefined && !wasUp) {
      this.#tools.log.info("dhcp.link.opened", { zone: this.config.zone });
      this.#tools.onLink(this.config);
    } else if (why !== undefined && why !== this.#away) {
      this.#tools.log.warn("dhcp.link.lost", { zone: this.config.zone, why });
    }
    if (why !== this.#away) {
      const { zone } = this.config;
      this.#tools.tell({ kind: "link", zone, isUp: why === undefined, ...why === undefined ? {} : { why } });
    }
    this.#away = why;
  }

  #probeServers(): void {
    const link = this.#link.current;
    if (!link) return;
    const xid = new DataView(this.#tools.random.bytes(4).buffer).getUint32(0);
    link.send(probeServers(link.mac, xid));
  }

  #report(): void {
    const counts = this.#engine?.counts;
    if (!counts) return;
    this.#engine.report();
    const { metrics } = this.#tools;
    const zone = { zone: this.config.zone };
    metrics.count("bulkhead_dhcp_messages_total", zone, counts.messages - this.#told.messages);
    metrics.count("bulkhead_dhcp_replies_total", zone, counts.replies - this.#told.replies);
    this.#told = { messages: counts.messages, replies: counts.replies };
  }
}

function engineOf(
  config: ZoneConfig,
  tools: EngineTools & { readonly clock: Clock; readonly timers: Timers },
  leases: readonly Lease[],
  known: readonly KnownDevice[],
): Engine | undefined {
  const { mode, tunnel } = config;
  if (mode === "server") return new ServerEngine(config, tools, leases, known, "server");
  return mode === "relay" && tunnel ? new RelayEngine({ ...config, tunnel }, tools, leases, known) : undefined;
}
