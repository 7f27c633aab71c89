import { decideFlow, type Packet, type PacketEnd } from "../../policies/segmentation.ts";
import type { FlowProtocol, Opening, Segmentation } from "../../policies/segmentation_model.ts";
import type { SeenDenied } from "./denied_watch.ts";
import { zoneHolding } from "./derive_zones.ts";

/** A refused flow with the rule that refuses it and what to write to allow it. */
export interface DeniedRow {
  readonly from: string;
  readonly to: string;
  readonly what: string;
  readonly packets: number;
  readonly rule: string;
  readonly reason: string;
  /** What to type or to write into site.yaml. */
  readonly allow: string;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Refused flows as pages and `segmentation show` have them, the newest first. */
export function deniedView(
  flows: readonly SeenDenied[],
  segmentation: Segmentation,
  openings: readonly Opening[],
  /** The station that has an address. */
  stationAt: (address: string) => string | undefined = () => undefined,
): readonly DeniedRow[] {
  return flows.map((flow) => {
    const packet = packetOf(flow, segmentation);
    const decision = decideFlow(packet, segmentation, openings);
    const isDenied = decision.effect === "deny";
    return {
      from: endText(packet.from),
      to: endText(packet.to),
      what: packet.protocol === "ping" ? "ping" : `${packet.protocol}/${packet.port}`,
      packets: flow.packets,
      rule: decision.rule,
      reason: isDenied ? decision.reason : "It is allowed by now",
      allow: isDenied ? allowText(packet, decision.rule, segmentation, stationAt) : "it is allowed by now",
      firstAt: flow.firstAt,
      lastAt: flow.lastAt,
    };
  });
}

/** The packet that a refused flow stood for. An address that no zone holds is behind the uplink. */
export function packetOf(flow: SeenDenied, segmentation: Segmentation): Packet {
  const protocol: FlowProtocol = flow.protocol === "icmp" ? "ping" : flow.protocol === "udp" ? "udp" : "tcp";
  const end = (address: string): PacketEnd => ({ zone: zoneOf(segmentation, address), address });
  const [from, to] = flow.path === "output"
    ? [{ address: flow.source }, { zone: flow.zone, address: flow.destination }]
    : [
      { zone: flow.zone, address: flow.source },
      flow.path === "input" && isOwn(segmentation, flow.destination)
        ? { address: flow.destination }
        : end(flow.destination),
    ];
  return { from, to, protocol, port: flow.port };
}

function zoneOf({ zones }: Segmentation, address: string): string {
  return (zoneHolding(zones, address) ?? zones.find(({ role }) => role === "uplink") ?? zones[0])?.id ?? "";
}

const isOwn = ({ zones }: Segmentation, address: string) => zones.some(({ box }) => box.includes(address));
const endText = ({ zone, address }: PacketEnd) => zone === undefined ? `box ${address}` : `${zone} ${address}`;

function allowText(
  { from, to, protocol, port }: Packet,
  rule: string,
  segmentation: Segmentation,
  stationAt: (address: string) => string | undefined,
): string {
  if (rule === "segmentation.maintenance-port") {
    const station = stationAt(to.address) ?? "STATION";
    return `segmentation open ${station} --port ${port} --from ${from.address} --minutes 30 --reason TEXT`;
  }
  if (rule === "segmentation.spoofed-source") {
    return "nothing: give the device an address of its zone, or the zone one of its network";
  }
  if (rule === "segmentation.quarantine") return "adopt the device";
  if (
    from.zone !== undefined && segmentation.zones.find(({ id }) => id === from.zone)?.role === "ot" &&
    isBehind(to, segmentation)
  ) {
    return protocol === "ping"
      ? `segmentation.pingTargets: [${to.address}] answers it here`
      : `segmentation.redirect: { id: NAME, zone: ${from.zone}, ${protocol}: ${port}, addresses: [${to.address}], to: BOX:PORT } answers it here`;
  }
  const ends = `from: ${endName(from)}, to: ${endName(to)}`;
  const what = protocol === "ping" ? "ping: true" : `${protocol}: [${port}]`;
  return `segmentation.flows: { id: NAME, because: TEXT, ${ends}, ${what} }`;
}

const endName = ({ zone, address }: PacketEnd) => zone === undefined ? "box" : `${zone}/${address}`;

/** Stations have no way out of the site: what they look for there is answered here or not at all (T6). */
function isBehind({ zone }: PacketEnd, { zones }: Segmentation): boolean {
  return zones.find(({ id }) => id === zone)?.role === "uplink";
}
