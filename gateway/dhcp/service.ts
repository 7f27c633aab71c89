import { connectHald, type HaldClient } from "../../hal/client.ts";
import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { KnownDevice, Lease } from "../core/dhcp_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { addressText } from "./codec.ts";
import { FactSender } from "./fact_sender.ts";
import { haldLinks } from "./hald_links.ts";
import { LeaseWriter } from "./lease_writer.ts";
import type { DhcpWorkerConfig, ZoneConfig } from "./worker_config.ts";
import { ZoneService, type ZoneTools } from "./zone_service.ts";

/** MACs that the kernel's meter lets pass before strangers. */
const METERED_MACS = 2_000;

type Devices = Readonly<Record<string, readonly KnownDevice[]>>;

/** Loads the leases, then serves every zone. Zones whose link is away are served as soon as it comes. */
export async function startDhcp(context: WorkerContext<DhcpWorkerConfig>): Promise<Service<DhcpWorkerConfig>> {
  const service = new DhcpService(context);
  await service.start();
  return service;
}

class DhcpService implements Service<DhcpWorkerConfig> {
  readonly #context: WorkerContext<DhcpWorkerConfig>;
  readonly #hald: HaldClient;
  readonly #facts: FactSender;
  readonly #writer: LeaseWriter;
  #config: DhcpWorkerConfig;
  #devices: Devices = {};
  #zones: ZoneService[] = [];
  /** Why the last lease could not be stored; undefined since one could. */
  #unstored: string | undefined;
  #superseded = false;
  #unmetered: string | undefined;

  constructor(context: WorkerContext<DhcpWorkerConfig>) {
    const { control, timers, clock, log } = context;
    this.#context = context;
    this.#config = context.config;
    this.#hald = connectHald(context.config.hald, { clock, timers });
    this.#facts = new FactSender(control, timers, log);
    this.#writer = new LeaseWriter(
      control,
      (error) => error === undefined ? this.#unstored = undefined : this.#storeFailed(error),
    );
  }

  readonly handlers = {
    "dhcp.devices": ({ devices }: { readonly devices: Devices }): void => {
      this.#devices = devices;
      for (const zone of this.#zones) {
        zone.setKnown(devices[zone.config.zone] ?? []);
        this.#meter(zone.config);
      }
    },
    "dhcp.forget": ({ zone, addresses }: { readonly zone: string; readonly addresses: readonly number[] }): void => {
      for (const one of this.#zones) if (one.config.zone === zone) one.forget(addresses);
    },
    "dhcp.state": () => ({ worker: this.#context.name, zones: this.#zones.map((zone) => zone.state()) }),
  };

  get listening(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#config.zones.map(({ zone, interface: name, mode }) => [`dhcp ${zone}`, `${mode}@${name}`]),
    );
  }

  async start(): Promise<void> {
    const { devices } = await this.#context.control.call("dhcp.open", {});
    this.#devices = devices;
    await this.#serve(this.#config);
  }

  health(): Health {
    const away = this.#zones.flatMap(({ away, config }) => away === undefined ? [] : [`${config.zone}: ${away}`]);
    const whys = [...away, this.#unstored, this.#unmetered].filter((why) => why !== undefined);
    if (this.#superseded) return { state: "degraded", why: "a newer Worker serves" };
    return whys.length === 0 ? { state: "ok" } : { state: "degraded", why: whys.join("; ") };
  }

  /** Zones that did not change go on; the others are closed and served anew from the leases on disk. */
  async reconfigure(config: DhcpWorkerConfig): Promise<void> {
    this.#config = config;
    const kept = this.#zones.filter((zone) => config.zones.some((next) => same(next, zone.config)));
    for (const zone of this.#zones) if (!kept.includes(zone)) this.#end(zone, config);
    this.#zones = kept;
    const fresh = config.zones.filter((next) => !kept.some((zone) => same(next, zone.config)));
    await this.#serve({ ...config, zones: fresh });
  }

  async drain(): Promise<void> {
    for (const zone of this.#zones) zone.close();
    this.#zones = [];
    await this.#facts.close();
    this.#hald.close();
  }

  async #serve({ hald, zones }: DhcpWorkerConfig): Promise<void> {
    const leases = zones.length === 0 ? [] : await this.#loadLeases();
    const tools = this.#zoneTools(hald);
    const made = zones.map((zone) =>
      new ZoneService(zone, tools, leases.filter((lease) => lease.zone === zone.zone), this.#devices[zone.zone] ?? [])
    );
    this.#zones = [...this.#zones, ...made];
    await Promise.all(made.map((zone) => zone.start()));
  }

  #zoneTools(hald: string): ZoneTools {
    const { timers, random, metrics, log, clock } = this.#context;
    return {
      ...{ clock, timers, random, metrics, log },
      open: haldLinks(hald),
      writer: this.#writer,
      tell: (fact) => this.#facts.add(fact),
      now: () => ({ wall: clock.now(), mono: clock.monotonic() }),
      onLink: (zone) => this.#meter(zone),
    };
  }

  async #loadLeases(): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    for (;;) {
      const last = leases.at(-1);
      const after = last && { after: { zone: last.zone, address: last.address } };
      const page = await this.#context.control.call("dhcp.leases", after ?? {});
      leases.push(...page.leases);
      if (!page.more || page.leases.length === 0) return leases;
    }
  }

  /** The kernel's meter is help, not need: without it the Worker's own guard drops, at a higher price. */
  #meter(zone: ZoneConfig): void {
    const known = (this.#devices[zone.zone] ?? []).flatMap(({ mac }) => mac ?? []).slice(0, METERED_MACS);
    this.#hald.call("net.dhcp-meter", {
      interface: zone.interface,
      perMac: zone.perMac,
      others: zone.strangers * 4,
      known: [...new Set(known)],
      relays: zone.relayAgents.map(addressText),
    }).then(() => this.#unmetered = undefined, (error) => {
      const why = `${zone.zone}: no meter in the kernel: ${describeError(error)}`;
      if (this.#unmetered !== why) this.#context.log.warn("dhcp.meter.failed", { why });
      this.#unmetered = why;
    });
  }

  #end(zone: ZoneService, next: DhcpWorkerConfig): void {
    zone.close();
    if (next.zones.some((one) => one.interface === zone.config.interface)) return; // It gets a new meter.
    const { interface: name } = zone.config;
    this.#hald.call("net.dhcp-meter", { interface: name, perMac: 1, others: 1, known: [], relays: [], remove: true })
      .catch((error) => this.#context.log.warn("dhcp.meter.failed", { why: describeError(error) }));
  }

  /** Nothing is acknowledged that is not stored. A superseded Worker closes its links: two must not answer. */
  #storeFailed(error: unknown): void {
    this.#context.log.warn("dhcp.lease.unstored", { msg: describeError(error) });
    if (!(error instanceof GatewayError && error.code === "DHCP_SUPERSEDED")) {
      this.#unstored = `leases cannot be stored: ${describeError(error)}`;
      return;
    }
    this.#superseded = true;
    for (const zone of this.#zones) zone.close();
  }
}

function same(one: ZoneConfig, other: ZoneConfig): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
