/** What a packet may be, as far as segmentation looks at it. "ping" is an ICMP echo request. */
export type FlowProtocol = "tcp" | "udp" | "ping";

/** First and last port, both included. */
export type PortRange = readonly [first: number, last: number];

/** A zone as the firewall sees it. IPv4 only: an OT zone has no other traffic (`ipv6`). */
export interface SegmentedZone {
  readonly id: string;
  readonly role: "ot" | "uplink" | "management";
  readonly interface: string;
  /** The box's own addresses there, without prefix length; none: any. */
  readonly box: readonly string[];
  /** Networks of the zone; none: any address may stand there (an uplink). */
  readonly networks: readonly string[];
  /** off: no IPv6 at all; ra-guard: neighbour discovery, but nobody plays router; on: as the box's own services need it. */
  readonly ipv6: "off" | "ra-guard" | "on";
  /** First and last address of devices that nobody knows yet: they get DHCP and nothing else. */
  readonly quarantine?: readonly [first: string, last: string];
  /** How the site keeps the stations of this zone apart; "shared": they reach each other and the box cannot stop it. */
  readonly isolation: "shared" | "private-vlan" | "protected-ports" | "vlan-per-station";
}

/** One end of a flow: the box (`at`: which of its addresses; absent: any), or hosts of a zone (absent: all of it). */
export type FlowEnd =
  | { readonly box: true; readonly at?: string }
  | { readonly zone: string; readonly hosts?: readonly string[] };

/** One declared flow. Whatever is not declared does not pass. */
export interface Flow {
  readonly id: string;
  /** Why it exists, in an admin's words. */
  readonly because: string;
  readonly from: FlowEnd;
  readonly to: FlowEnd;
  readonly protocol: FlowProtocol;
  /** Destination ports; absent for ping. */
  readonly ports?: readonly PortRange[];
}

/** Controllers that talk with each other: parts of one unit, or stations under one load management. */
export interface PeerGroup {
  readonly id: string;
  readonly because: string;
  /** unit: one machine, also its maintenance ports; load-management: only `ports`. */
  readonly kind: "unit" | "load-management";
  readonly members: readonly { readonly zone: string; readonly address: string }[];
  /** TCP and UDP destination ports. */
  readonly ports: readonly PortRange[];
  /** Broadcasts of one member (UDP, `ports`) are handed to the others: discovery. */
  readonly hasDiscovery: boolean;
}

/** A hard-coded address of stations that is answered by the box. */
export interface Redirect {
  readonly id: string;
  readonly because: string;
  readonly zone: string;
  readonly protocol: FlowProtocol;
  /** Addresses that stations dial; none: every address but the box's own. */
  readonly addresses: readonly string[];
  readonly port?: number;
  /** Where the box answers; the port is left out for ping. */
  readonly to: { readonly address: string; readonly port?: number };
}

/** The whole segmentation of a site: what the ruleset, the sheet, the pages and the tests are made from. */
export interface Segmentation {
  readonly zones: readonly SegmentedZone[];
  readonly flows: readonly Flow[];
  readonly groups: readonly PeerGroup[];
  readonly redirects: readonly Redirect[];
  /** TCP ports of stations that only an opening with an end lets through: SSH, telnet, FTP (EV-21). */
  readonly maintenancePorts: readonly PortRange[];
  /** Zones from which people reach an open maintenance port. */
  readonly maintenanceFrom: readonly string[];
  /** Largest segment of TCP connections that leave through an interface, where the uplink carries less than it says. */
  readonly segmentSizes: readonly { readonly interface: string; readonly bytes: number }[];
}

/** A maintenance port that is open for a while, by a person's decision. */
export interface Opening {
  readonly source: string;
  readonly station: string;
  readonly port: number;
}
