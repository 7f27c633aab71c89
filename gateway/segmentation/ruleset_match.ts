import type {
  FlowEnd,
  FlowProtocol,
  PortRange,
  Segmentation,
  SegmentedZone,
} from "../../policies/segmentation_model.ts";

/** Text in quotes for nft; ids and interface names hold no quotes and no line breaks by their schemas. */
export function quote(text: string): string {
  if (/["\n\r\\]/.test(text)) throw new TypeError(`${JSON.stringify(text)} cannot stand in a ruleset`);
  return `"${text}"`;
}

/** One value as it is, several as an anonymous set. */
export function oneOrSet(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `{ ${values.join(", ")} }`;
}

/** `iifname "eth1"` for one zone or several. */
export function interfaces(key: "iifname" | "oifname", zones: readonly SegmentedZone[]): string {
  const names = [...new Set(zones.map((zone) => quote(zone.interface)))];
  return `${key} ${oneOrSet(names)}`;
}

/** Ports as nft writes them: 8444, or { 1024-65535, 80 }. */
export function portSet(ports: readonly PortRange[]): string {
  return oneOrSet(ports.map(([first, last]) => first === last ? String(first) : `${first}-${last}`));
}

/** `tcp dport 8444`; for both protocols of a group `meta l4proto { tcp, udp } th dport ...`. */
export function transport(protocol: FlowProtocol | "both", ports: readonly PortRange[]): string {
  if (protocol === "ping") return "icmp type echo-request";
  if (protocol !== "both") return `${protocol} dport ${portSet(ports)}`;
  return `meta l4proto { tcp, udp } th dport ${portSet(ports)}`;
}

/** The zone of this id. @throws TypeError when the model names a zone that it does not hold */
export function zoneOf({ zones }: Segmentation, id: string): SegmentedZone {
  const zone = zones.find((one) => one.id === id);
  if (!zone) throw new TypeError(`There is no zone "${id}"`);
  return zone;
}

/** What a packet of one end looks like to the firewall: the interface it uses and its address. */
export function endMatch(end: FlowEnd, side: "from" | "to", segmentation: Segmentation): string {
  const address = side === "from" ? "ip saddr" : "ip daddr";
  if ("box" in end) return end.at === undefined ? "" : `${address} ${end.at}`;
  const zone = zoneOf(segmentation, end.zone);
  const where = interfaces(side === "from" ? "iifname" : "oifname", [zone]);
  if (end.hosts !== undefined) return `${where} ${address} ${oneOrSet(end.hosts)}`;
  // What names no address would take IPv6 too, which an OT zone does not have.
  return zone.role === "ot" ? `${where} meta nfproto ipv4` : where;
}
