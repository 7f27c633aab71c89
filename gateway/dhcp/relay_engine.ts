import { dhcpClassOf } from "../../profiles/dhcp_classes.ts";
import type { PacketDatagram } from "../../hal/packet_link.ts";
import type { Clock } from "../core/clock.ts";
import type { KnownDevice } from "../core/dhcp_api.ts";
import { describeError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { readCertificate } from "../pki/certificate.ts";
import { readPem } from "../pki/pem.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import type { Engine, EngineCounts, EngineTools } from "./engine.ts";
import type { Lease } from "./lease.ts";
import { judgePacket } from "./policy.ts";
import { RateGuard } from "./rate_guard.ts";
import { ServerEngine } from "./server_engine.ts";
import { type RelayEffect, RelaySession } from "./session_relay.ts";
import { TunnelClient } from "./tunnel_client.ts";
import type { TunnelConfig, ZoneConfig } from "./worker_config.ts";

/** The relay agent of one zone: through the tunnel while it stands, the fallback while it does not. */
export class RelayEngine implements Engine {
  readonly counts: EngineCounts = { messages: 0, replies: 0, dropped: 0, malformed: 0 };
  readonly #config: ZoneConfig;
  readonly #tools: EngineTools;
  readonly #guard: RateGuard;
  readonly #session: RelaySession;
  readonly #fallback: ServerEngine | undefined;
  readonly #tunnel: TunnelClient;
  readonly #vendors = new Map<string, string | undefined>();
  #away: string | undefined = "not connected yet";

  constructor(
    config: ZoneConfig & { readonly tunnel: TunnelConfig },
    tools: EngineTools & { readonly clock: Clock; readonly timers: Timers },
    leases: readonly Lease[],
    known: readonly KnownDevice[],
  ) {
    this.#config = config;
    this.#tools = tools;
    this.#guard = new RateGuard({ perMac: config.perMac, strangers: config.strangers }, tools.now().mono);
    this.setKnown(known);
    const { zone, self, subnet, tunnel } = config;
    this.#session = new RelaySession({
      ...{ zone, self, subnet, circuitId: tunnel.circuitId, remoteId: commonNameOf(tunnel.cert) },
      allows: (mac) => (code) => dhcpClassOf(this.#vendors.get(mac)).options.includes(code),
      // Who is known is the central server's to say; what is forged is dropped here.
      judge: (packet) => judgePacket(config, packet, true),
    });
    this.#fallback = tunnel.fallback === "known-bindings"
      ? new ServerEngine({ ...config, unknown: "ignore" }, tools, leases, [], "fallback")
      : undefined;
    this.#tunnel = new TunnelClient({
      ...{ config: tunnel, clock: tools.clock, timers: tools.timers },
      onMessage: (bytes) => this.#answered(bytes),
      onState: (why) => this.#tunnelChanged(why),
    });
    this.#tunnel.open();
  }

  get leaseCount(): number {
    return this.#fallback?.leaseCount ?? 0;
  }

  /** Why the central server is out of reach; undefined when it is not. */
  get away(): string | undefined {
    return this.#away === undefined ? undefined : `tunnel: ${this.#away}`;
  }

  receive(datagram: PacketDatagram): void {
    if (!this.#tunnel.isUp) return this.#fallback?.receive(datagram);
    try {
      const message = decodeMessage(datagram.payload);
      const now = this.#tools.now();
      const isFamiliar = this.#vendors.has(message.chaddr) || (this.#fallback?.knows(message.chaddr) ?? false);
      if (!this.#guard.admit(datagram.sourceMac, isFamiliar, now.mono)) {
        this.counts.dropped++;
        return;
      }
      this.counts.messages++;
      const packet = { message, sourceMac: datagram.sourceMac, source: datagram.source };
      this.#perform(this.#session.receive(packet, datagram.destination === this.#config.self, now));
    } catch (error) {
      this.counts.malformed++;
      this.#tools.log.debug("dhcp.message.malformed", { mac: datagram.sourceMac, msg: describeError(error) });
    }
  }

  claimed(address: number, mac: string): void {
    this.#fallback?.claimed(address, mac);
  }

  tick(): void {
    this.#session.tick(this.#tools.now());
    this.#fallback?.tick();
  }

  report(): void {
    const report = this.#guard.report();
    if (report) this.#tools.tell({ kind: "flood", zone: this.#config.zone, ...report });
    this.#fallback?.report();
  }

  setKnown(known: readonly KnownDevice[]): void {
    this.#vendors.clear();
    for (const { mac, vendor } of known) if (mac !== undefined) this.#vendors.set(mac, vendor);
  }

  forget(addresses: readonly number[]): void {
    this.#fallback?.forget(addresses);
  }

  close(): void {
    this.#tunnel.close();
  }

  #answered(bytes: Uint8Array): void {
    try {
      this.#perform(this.#session.answered(bytes, this.#tools.now()));
    } catch (error) {
      this.counts.malformed++;
      this.#tools.log.warn("dhcp.answer.malformed", { msg: describeError(error) });
    }
  }

  #perform(effects: readonly RelayEffect[]): void {
    const { zone, self } = this.#config;
    for (const effect of effects) {
      switch (effect.do) {
        case "forward":
          if (!this.#tunnel.send(effect.bytes)) this.counts.dropped++;
          break;
        case "send": {
          const { message, maxBytes, to } = effect.reply;
          this.counts.replies++;
          const payload = encodeMessage(message, maxBytes).bytes;
          const ports = { sourcePort: 67, destinationPort: to.port };
          this.#tools.link()?.send({
            destinationMac: to.mac,
            source: self,
            destination: to.address,
            ...ports,
            payload,
          });
          break;
        }
        case "learn":
          // The server has stored it; here it is only for times without the server, so nothing waits.
          this.#fallback?.learn(effect.lease);
          this.#tools.writer.add(effect.lease, () => {});
          break;
        case "released":
          this.#released(effect.mac, effect.address);
          break;
        case "refuse":
          this.#tools.tell({ kind: "refused", zone, mac: effect.mac, rule: effect.rule, reason: effect.reason });
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** No answer comes to a release (RFC 2131 section 4.4.6): it counts here when the address is the device's own. */
  #released(mac: string, address: number): void {
    const lease = this.#fallback?.leaseOf(mac);
    if (lease?.address !== address || lease.state !== "bound") return;
    const { wall } = this.#tools.now();
    const over: Lease = { ...lease, state: "released", renewedAt: wall, expiresAt: wall };
    this.#fallback!.learn(over);
    this.#tools.writer.add(over, () => this.#tools.tell({ kind: "released", lease: over }));
  }

  #tunnelChanged(why: string | undefined): void {
    if (why === this.#away) return;
    this.#away = why;
    const { zone } = this.#config;
    this.#tools.log.info("dhcp.tunnel.changed", { zone, ...why === undefined ? {} : { why } });
    this.#tools.tell({ kind: "tunnel", zone, isUp: why === undefined, ...why === undefined ? {} : { why } });
  }
}

/** The name in our own certificate: what the concentrator compares with the remote id. */
function commonNameOf(pem: string): string {
  return readCertificate(readPem(pem, "CERTIFICATE")[0]!).subject.commonNames[0] ?? "";
}
