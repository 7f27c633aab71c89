import { type Checked, flag, integer, list, object, optional, text } from "./schema.ts";

/** An IPv4 address as an unsigned 32-bit number: 10.20.0.1 is 0x0a140001. */
export type Ipv4 = number;

/** One UDP datagram of DHCP (ports 67 and 68) as it was on the wire. */
export interface PacketDatagram {
  /** Lower case with colons. */
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** A device says by ARP that an address is its own. */
export interface AddressClaim {
  readonly mac: string;
  readonly address: Ipv4;
}

/** What comes from a link. */
export type LinkEvent =
  | { readonly kind: "datagram"; readonly datagram: PacketDatagram }
  | { readonly kind: "claim"; readonly claim: AddressClaim };

/** A datagram to be sent; the link fills in its own MAC as the source. */
export type Outgoing = Omit<PacketDatagram, "sourceMac">;

/** The DHCP packets of one network interface, below the kernel's routing: with the MAC that really sent them. */
export interface PacketLink {
  /** The interface's own MAC. */
  readonly mac: string;
  /** Takes effect at once; events before it are lost. `onEnd` is told once, with a reason when it was not `close`. */
  listen(onEvent: (event: LinkEvent) => void, onEnd: (why?: string) => void): void;
  /** Sends at once or drops, as a network does. @throws HardwareError HAL_PACKET for ports other than 67 and 68 */
  send(datagram: Outgoing): void;
  /** Asks who has an address (RFC 5227 probe); whoever says so within the next seconds becomes a claim. */
  probe(address: Ipv4): void;
  close(): void;
}

/** How a link is opened. */
export interface PacketLinkRequest {
  readonly interface: string;
  /** Holds UDP port 67 of the interface, so that the kernel refuses no client and a second server is noticed. */
  readonly serve: boolean;
}

/** How many DHCP packets the kernel lets through from one interface; what is beyond never reaches a process. */
export const SourceMeter = object({
  interface: text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }),
  /** Packets per second of one source MAC. */
  perMac: integer(1, 100_000),
  /** Packets per second of all MACs together that are not known. */
  others: integer(1, 1_000_000),
  /** MACs of stations: their packets never compete with those of strangers. */
  known: list(text({ min: 17, max: 17, form: /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/ }), 2_000),
  /** Source addresses of relay agents, which speak for many. */
  relays: list(text({ min: 7, max: 15, form: /^\d{1,3}(\.\d{1,3}){3}$/ }), 64),
  /** True takes the meter away. */
  remove: optional(flag),
});
/** How many DHCP packets the kernel lets through. */
export type SourceMeter = Checked<typeof SourceMeter>;

/** Links for DHCP on this box. */
export interface PacketLinks {
  /** @throws HardwareError HAL_PACKET, HAL_NOT_CONFIGURED */
  open(request: PacketLinkRequest): Promise<PacketLink>;
  /** @throws HardwareError HAL_TOOL_MISSING, HAL_TOOL_FAILED, HAL_NOT_CONFIGURED */
  meter(meter: SourceMeter): Promise<void>;
}
