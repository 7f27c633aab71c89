import type { PacketDatagram } from "../../hal/packet_link.ts";
import type { KnownDevice } from "../core/dhcp_api.ts";
import { describeError } from "../core/errors.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { decodeRelayInfo } from "./codec_relay_info.ts";
import { deviceOptions } from "./device_options.ts";
import type { Engine, EngineCounts, EngineTools } from "./engine.ts";
import { type Lease, LeaseTable } from "./lease.ts";
import { OPTION } from "./options.ts";
import { believesRelayInfo, judgePacket } from "./policy.ts";
import { RateGuard } from "./rate_guard.ts";
import { ServerSession } from "./session.ts";
import type { ClientPacket, Effect, Reply } from "./session_types.ts";
import type { ZoneConfig } from "./worker_config.ts";

/** The server of one zone: bytes to the session, its effects to the link and to control. */
export class ServerEngine implements Engine {
  readonly away = undefined;
  readonly counts: EngineCounts = { messages: 0, replies: 0, dropped: 0, malformed: 0 };
  readonly #config: ZoneConfig;
  readonly #tools: EngineTools;
  readonly #leases: LeaseTable;
  readonly #guard: RateGuard;
  readonly #session: ServerSession;

  constructor(
    config: ZoneConfig,
    tools: EngineTools,
    leases: readonly Lease[],
    known: readonly KnownDevice[],
    mode: "server" | "fallback",
  ) {
    this.#config = config;
    this.#tools = tools;
    this.#leases = new LeaseTable(leases);
    this.#guard = new RateGuard({ perMac: config.perMac, strangers: config.strangers }, tools.now().mono);
    const { zone, self, subnet, pool, quarantinePool, seconds, declineSeconds, conflictProbeMs } = config;
    this.#session = new ServerSession(
      {
        ...{ zone, self, subnet, seconds, declineSeconds, conflictProbeMs, mode },
        ...pool ? { pool } : {},
        ...quarantinePool ? { quarantinePool } : {},
        options: deviceOptions(config),
        judge: (packet, isKnown) => judgePacket(config, packet, isKnown),
      },
      this.#leases,
      known,
    );
  }

  /** Leases that are known here. */
  get leaseCount(): number {
    return this.#leases.size;
  }

  /** A datagram to port 67. */
  receive(datagram: PacketDatagram): void {
    const packet = this.#read(datagram);
    if (!packet) return;
    const { message, sourceMac } = packet;
    const now = this.#tools.now();
    const isListedRelay = message.giaddr !== 0 && this.#config.relayAgents.includes(message.giaddr);
    if (!isListedRelay && !this.#guard.admit(sourceMac, this.#session.isFamiliar(message.chaddr), now.mono)) {
      this.counts.dropped++;
      return;
    }
    this.counts.messages++;
    this.#perform(this.#session.receive(packet, now));
  }

  claimed(address: number, mac: string): void {
    this.#perform(this.#session.claimed(address, mac, this.#tools.now()));
  }

  tick(): void {
    this.#perform(this.#session.tick(this.#tools.now()));
  }

  /** Tells of what was dropped since the last time. */
  report(): void {
    const report = this.#guard.report();
    if (report) this.#tools.tell({ kind: "flood", zone: this.#config.zone, ...report });
  }

  setKnown(known: readonly KnownDevice[]): void {
    this.#session.setKnown(known);
  }

  /** Whether a device has an address here. */
  knows(mac: string): boolean {
    return this.#leases.of(mac) !== undefined;
  }

  /** The lease of a device; undefined without one. */
  leaseOf(mac: string): Lease | undefined {
    return this.#leases.of(mac);
  }

  close(): void {}

  /** A lease that another server gave, or gave again. */
  learn(lease: Lease): void {
    this.#leases.put(lease);
  }

  forget(addresses: readonly number[]): void {
    for (const address of addresses) this.#leases.remove(address);
  }

  #read({ payload, sourceMac, source }: PacketDatagram): ClientPacket | undefined {
    try {
      const message = decodeMessage(payload);
      const relayInfo = message.options.get(OPTION.relayInfo);
      const isBelieved = relayInfo !== undefined && believesRelayInfo(this.#config, message.giaddr);
      return { message, sourceMac, source, ...isBelieved ? { relayInfo: decodeRelayInfo(relayInfo) } : {} };
    } catch (error) {
      this.counts.malformed++;
      this.#tools.log.debug("dhcp.message.malformed", { mac: sourceMac, msg: describeError(error) });
      return undefined;
    }
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          this.#send(effect.reply);
          break;
        case "store":
          this.#tools.writer.add(
            effect.lease,
            (isStored) => this.#perform(this.#session.stored(effect.id, isStored)),
          );
          break;
        case "probe":
          this.#tools.link()?.probe(effect.address);
          break;
        case "tell":
          // Renewals are in the lease itself; only what is new is worth a record.
          if (effect.fact.kind !== "granted" || effect.fact.isNew) this.#tools.tell(effect.fact);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #send({ message, maxBytes, to }: Reply): void {
    const { bytes, left } = encodeMessage(message, maxBytes);
    if (left.length > 0) this.#tools.log.debug("dhcp.options.left", { mac: message.chaddr, options: left.join() });
    this.counts.replies++;
    this.#tools.link()?.send({
      destinationMac: to.mac,
      source: this.#config.self,
      destination: to.address,
      sourcePort: 67,
      destinationPort: to.port,
      payload: bytes,
    });
  }
}
