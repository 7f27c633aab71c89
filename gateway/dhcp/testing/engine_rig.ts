import { FakePacketLink } from "../../../hal/fake_packet_links.ts";
import type { PacketDatagram } from "../../../hal/packet_link.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { DhcpFact, Lease } from "../../core/dhcp_api.ts";
import { nullLogger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import { decodeMessage, type DhcpMessage, encodeMessage, typeOf } from "../codec.ts";
import type { EngineTools } from "../engine.ts";
import { LeaseWriter } from "../lease_writer.ts";
import { OPTION } from "../options.ts";
import type { ZoneConfig } from "../worker_config.ts";
import { ip, macOf, packet, type Said } from "./session_rig.ts";

/** The zone 10.20.0.0/24 of a server with a pool of three addresses; no probe unless asked for. */
export function zoneConfig(changes: Partial<ZoneConfig> = {}): ZoneConfig {
  return {
    ...{ zone: "ot", interface: "ot0", mode: "server", self: ip(1), subnet: { from: ip(0), to: ip(255), bits: 24 } },
    ...{ pool: { from: ip(100), to: ip(102) }, quarantinePool: { from: ip(240), to: ip(241) }, unknown: "ignore" },
    seconds: { reservation: 604_800, pool: 3_600, quarantine: 120, relayed: 600 },
    ...{ router: [ip(1)], dns: [ip(1)], ntp: [ip(1)], options: [], conflictProbeMs: 0, declineSeconds: 600 },
    ...{ relayAgents: [], trustsSwitches: false, trustedServers: [], rogueProbeSeconds: 0, perMac: 10, strangers: 100 },
    ...changes,
  };
}

/** What a device put on the wire. `sourceMac` and `destination` as a plain broadcast has them, unless they are given. */
export function datagram(
  said: Said = {},
  wire: {
    readonly sourceMac?: string;
    readonly destination?: number;
    readonly info?: Uint8Array;
    readonly hops?: number;
  } = {},
): PacketDatagram {
  const { message, sourceMac, source } = packet(said);
  const options = new Map(message.options);
  if (wire.info) options.set(OPTION.relayInfo, wire.info);
  return {
    ...{ sourceMac: wire.sourceMac ?? sourceMac, destinationMac: "ff:ff:ff:ff:ff:ff", source },
    ...{ destination: wire.destination ?? 0xffffffff, sourcePort: 68, destinationPort: 67 },
    payload: encodeMessage({ ...message, hops: wire.hops ?? 0, options }).bytes,
  };
}

/** What an engine acts with, and what came of it: a link, a disk and a clock that a test plays. */
export class EngineRig {
  readonly time = new ManualTime();
  readonly link = new FakePacketLink({ interface: "ot0", serve: true });
  readonly facts: DhcpFact[] = [];
  readonly stored: Lease[] = [];
  /** Thrown by the disk; undefined: it takes everything. */
  diskFault: Error | undefined;
  hasLink = true;

  readonly tools: EngineTools & { readonly clock: ManualTime; readonly timers: ManualTime } = {
    link: () => this.hasLink ? this.link : undefined,
    writer: new LeaseWriter(this.#control(), () => {}),
    tell: (fact) => void this.facts.push(fact),
    now: () => ({ wall: this.time.now(), mono: this.time.monotonic() }),
    log: nullLogger,
    clock: this.time,
    timers: this.time,
  };

  /** Replies in short, and forgets them: "ack .11 to 02:...:11". */
  sent(): string[] {
    return this.link.sent.splice(0).map(({ destinationMac, payload }) => {
      const message = decodeMessage(payload);
      const address = message.yiaddr === 0 ? "" : ` .${message.yiaddr & 0xff}`;
      return `${typeOf(message)}${address} to ${destinationMac}`;
    });
  }

  /** The last reply as a message. */
  lastReply(): DhcpMessage {
    return decodeMessage(this.link.sent.at(-1)!.payload);
  }

  /** Until the disk has answered what was asked of it. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }

  #control(): Rpc<ControlApi> {
    const call = (_: string, { leases }: { readonly leases: readonly Lease[] }) => {
      if (this.diskFault) return Promise.reject(this.diskFault);
      this.stored.push(...leases);
      return Promise.resolve();
    };
    return { call: call as unknown as Rpc<ControlApi>["call"], notify: () => {}, close: () => {} };
  }
}

/** The MAC of the first device of the rigs, and of one that nobody knows. */
export const [FIRST, STRANGER] = [macOf(0x11), macOf(0x99)];
