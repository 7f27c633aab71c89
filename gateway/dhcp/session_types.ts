import type { DhcpMessage, Ipv4 } from "./codec.ts";
import type { DhcpFact } from "../core/dhcp_api.ts";
import type { KnownDevice, Lease, LeaseKind, Range } from "./lease.ts";

/** A message of a client with what the wire says of it. */
export interface ClientPacket {
  readonly message: DhcpMessage;
  readonly sourceMac: string;
  readonly source: Ipv4;
  /** Option 82 that may be believed: it came from a listed relay agent or a trusted switch. */
  readonly relayInfo?: ReadonlyMap<number, Uint8Array>;
}

/** What the policy said: served, served in quarantine, refused in DHCP's words, or not answered. */
export interface Judgement {
  readonly treatment: "serve" | "quarantine" | "nak" | "ignore";
  readonly rule: string;
  readonly reason?: string;
}

/** DHCP of one zone as the server session sees it. */
export interface ServerSettings {
  readonly zone: string;
  /** This box's address in the zone: the server identifier. */
  readonly self: Ipv4;
  /** First and last address of the subnet. */
  readonly subnet: Range;
  readonly pool?: Range;
  readonly quarantinePool?: Range;
  readonly seconds: Readonly<Record<LeaseKind, number>>;
  readonly declineSeconds: number;
  /** 0: an address is offered without asking whether somebody has it. */
  readonly conflictProbeMs: number;
  /** "fallback": another server decides; here devices only keep what they have, and nobody is refused. */
  readonly mode: "server" | "fallback";
  /** Values that may be sent to a device, by option code; mask, times and ids are the session's own. */
  options(device: KnownDevice | undefined, kind: LeaseKind): ReadonlyMap<number, Uint8Array>;
  /** The policy, asked through one injected function. */
  judge(packet: ClientPacket, isKnown: boolean): Judgement;
}

/** A reply and where it goes on the wire. */
export interface Reply {
  readonly message: DhcpMessage;
  readonly maxBytes: number;
  readonly to: { readonly mac: string; readonly address: Ipv4; readonly port: 67 | 68 };
}

/** What the session wants done; the service does it. */
export type Effect =
  | { readonly do: "send"; readonly reply: Reply }
  /** Store, and say so with `stored(id, ...)`; nothing is answered before. */
  | { readonly do: "store"; readonly id: number; readonly lease: Lease }
  | { readonly do: "probe"; readonly address: Ipv4 }
  | { readonly do: "tell"; readonly fact: DhcpFact };
