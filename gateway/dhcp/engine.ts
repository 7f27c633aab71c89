import type { PacketDatagram, PacketLink } from "../../hal/packet_link.ts";
import type { DhcpFact, KnownDevice } from "../core/dhcp_api.ts";
import type { Logger } from "../core/log.ts";
import type { Instant } from "./lease.ts";
import type { LeaseWriter } from "./lease_writer.ts";

/** What an engine acts with. */
export interface EngineTools {
  readonly link: () => PacketLink | undefined;
  readonly writer: LeaseWriter;
  readonly tell: (fact: DhcpFact) => void;
  readonly now: () => Instant;
  readonly log: Logger;
}

/** Counters of a zone since the Worker started. */
export interface EngineCounts {
  messages: number;
  replies: number;
  dropped: number;
  malformed: number;
}

/** Whoever answers the devices of a zone: the server here, or a central one behind a tunnel. */
export interface Engine {
  readonly counts: EngineCounts;
  /** Leases that are known here. */
  readonly leaseCount: number;
  /** What it lacks; undefined when nothing. */
  readonly away: string | undefined;
  /** A datagram to port 67. */
  receive(datagram: PacketDatagram): void;
  /** A device says by ARP that an address is its own. */
  claimed(address: number, mac: string): void;
  tick(): void;
  /** Tells of what was dropped since the last time. */
  report(): void;
  setKnown(known: readonly KnownDevice[]): void;
  forget(addresses: readonly number[]): void;
  close(): void;
}
