import { allow, type Decision, deny } from "./decision.ts";
import { isInRanges, parseIpv4 } from "./ipv4.ts";
import type {
  Flow,
  FlowEnd,
  FlowProtocol,
  Opening,
  PeerGroup,
  PortRange,
  Redirect,
  Segmentation,
  SegmentedZone,
} from "./segmentation_model.ts";

/** Rules that no site declares. Names are API: they stand in audit records and on pages. */
export const SEGMENTATION_RULES = {
  default: "segmentation.default-deny",
  loopback: "segmentation.loopback",
  maintenance: "segmentation.maintenance-port",
  opening: "segmentation.opening",
  ping: "segmentation.ping",
  quarantine: "segmentation.quarantine",
  spoofed: "segmentation.spoofed-source",
} as const;

/** Where a packet comes from or goes to: an address in a zone, or one of the box's own. */
export interface PacketEnd {
  readonly zone?: string;
  readonly address: string;
}

/** The first packet of a conversation; answers to it pass by themselves. An end without a zone is the box. */
export interface Packet {
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  readonly protocol: FlowProtocol;
  /** Destination port; 0 for ping. */
  readonly port: number;
}

/**
 * Decides on the first packet of a conversation: declared flows pass, everything else is refused with the rule's id. It
 * says what the firewall must do; the tests compare the kernel with it. Stations of a "shared" zone reach each other
 * past the box, whatever this says: `isSeen` tells.
 */
export function decideFlow(
  packet: Packet,
  segmentation: Segmentation,
  openings: readonly Opening[] = [],
): Decision {
  const redirect = segmentation.redirects.find((one) => isRedirected(packet, one, segmentation));
  if (redirect && !isQuarantined(packet, segmentation)) return allow(redirect.id);
  const source = zoneOf(segmentation, packet.from.zone);
  if (packet.from.zone === undefined && packet.to.zone === undefined) return allow(SEGMENTATION_RULES.loopback);
  if (source?.role === "ot" && !isInRanges(packet.from.address, source.networks) && !isFirstDhcp(packet)) {
    return deny(SEGMENTATION_RULES.spoofed, `${packet.from.address} is no address of the zone ${source.id}`);
  }
  if (isQuarantined(packet, segmentation)) {
    return deny(
      SEGMENTATION_RULES.quarantine,
      `${packet.from.address} or ${packet.to.address} is an address of devices that nobody knows yet`,
      "Adopt the device, or give it a reservation",
    );
  }
  const unit = segmentation.groups.find((group) => group.kind === "unit" && isAmong(packet, group));
  if (unit) return allow(unit.id);
  const maintained = decideMaintenance(packet, segmentation, openings);
  if (maintained) return maintained;
  if (packet.protocol === "ping" && isOwnPing(packet)) return allow(SEGMENTATION_RULES.ping);
  const flow = segmentation.flows.find((one) => isDeclared(packet, one)) ??
    segmentation.groups.find((group) => isAmong(packet, group));
  if (flow) return allow(flow.id);
  return deny(
    SEGMENTATION_RULES.default,
    `No flow is declared from ${shown(packet.from)} to ${shown(packet.to)} ${portText(packet)}`,
    "Declare it under segmentation.flows in site.yaml, then `segmentation plan` and `segmentation apply`",
  );
}

/** False when both ends share a segment that no switch divides: their packets never come by the box. */
export function isSeen({ from, to }: Pick<Packet, "from" | "to">, { zones }: Segmentation): boolean {
  if (from.zone === undefined || from.zone !== to.zone) return true;
  return zones.find(({ id }) => id === from.zone)?.isolation !== "shared";
}

/** Which redirect answers in the place of a hard-coded address. */
export function isRedirected(packet: Packet, redirect: Redirect, { zones }: Segmentation): boolean {
  const { from, to, protocol, port } = packet;
  const zone = zones.find(({ id }) => id === redirect.zone);
  if (!zone || from.zone !== redirect.zone || protocol !== redirect.protocol) return false;
  if (!isInRanges(from.address, zone.networks) || zone.box.includes(to.address)) return false;
  if (redirect.port !== undefined && port !== redirect.port) return false;
  return redirect.addresses.length === 0 || isInRanges(to.address, redirect.addresses);
}

/** SSH, telnet and FTP of stations: nothing but an opening or the unit's own traffic leads there (EV-21). */
function decideMaintenance(
  { from, to, protocol, port }: Packet,
  segmentation: Segmentation,
  openings: readonly Opening[],
): Decision | undefined {
  const isToStation = zoneOf(segmentation, to.zone)?.role === "ot";
  if (!isToStation || protocol !== "tcp" || !holdsPort(segmentation.maintenancePorts, port)) return undefined;
  const isOpen = openings.some((one) => one.source === from.address && one.station === to.address && one.port === port);
  if (isOpen) return allow(SEGMENTATION_RULES.opening);
  return deny(
    SEGMENTATION_RULES.maintenance,
    `Port ${port} of stations is a maintenance port`,
    `Open it for a while: segmentation open STATION --port ${port} --from ADDRESS --minutes 30 --reason TEXT`,
  );
}

/** The box answers pings, at a walking pace, and sends them to find faults. */
function isOwnPing({ from, to }: Packet): boolean {
  return from.zone === undefined || to.zone === undefined;
}

function isDeclared(packet: Packet, flow: Flow): boolean {
  return packet.protocol === flow.protocol && isAt(packet.from, flow.from) && isAt(packet.to, flow.to) &&
    (flow.protocol === "ping" || holdsPort(flow.ports ?? [], packet.port));
}

function isAt(end: PacketEnd, declared: FlowEnd): boolean {
  if ("box" in declared) return end.zone === undefined && (declared.at ?? end.address) === end.address;
  return end.zone === declared.zone && (declared.hosts === undefined || isInRanges(end.address, declared.hosts));
}

/** A station that has no address yet asks for one (RFC 2131 section 4.1). */
function isFirstDhcp({ from, protocol, port }: Packet): boolean {
  return from.address === "0.0.0.0" && protocol === "udp" && port === 67;
}

/** Devices that nobody knows get an address and nothing else, and nobody gets to them. */
function isQuarantined({ from, to, protocol, port }: Packet, { zones }: Segmentation): boolean {
  const holds = (end: PacketEnd) => {
    const range = zones.find(({ id }) => id === end.zone)?.quarantine?.map((text) => parseIpv4(text)!);
    const address = parseIpv4(end.address);
    return range !== undefined && address !== undefined && address >= range[0]! && address <= range[1]!;
  };
  const isDhcp = protocol === "udp" && (to.zone === undefined ? port === 67 : from.zone === undefined && port === 68);
  return (holds(from) || holds(to)) && !isDhcp;
}

/** Whether two different members of a group talk, on its ports. */
function isAmong({ from, to, protocol, port }: Packet, { members, ports, kind }: PeerGroup): boolean {
  const isMember = (end: PacketEnd) =>
    members.some(({ zone, address }) => zone === end.zone && address === end.address);
  if (from.address === to.address || !isMember(from) || !isMember(to)) return false;
  return protocol === "ping" ? kind === "unit" : holdsPort(ports, port);
}

function holdsPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(([first, last]) => port >= first && port <= last);
}

function zoneOf({ zones }: Segmentation, id: string | undefined): SegmentedZone | undefined {
  return zones.find((zone) => zone.id === id);
}

const shown = ({ zone, address }: PacketEnd) => zone === undefined ? `the box (${address})` : `${zone} (${address})`;
const portText = ({ protocol, port }: Packet) => protocol === "ping" ? "ping" : `${protocol}/${port}`;
