import { z } from "zod";
import { parseCidr, parseHostPort, parseIp } from "../config/ip.ts";
import { InterfaceAddress, listOf, NameId, StationId, Text } from "../config/values.ts";
import { parseEnd } from "../config/flow_end.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";

const Ipv4Address = z.string().refine((text) => parseIp(text)?.length === 4, { error: "an IPv4 address, as 8.8.8.8" });
const Ipv4Interface = InterfaceAddress.refine((text) => parseCidr(text)?.ip.length === 4, {
  error: "an IPv4 address with prefix length, as 192.168.124.1/24",
});
const Port = z.int().min(1).max(65_535);
/** A port, or first and last. */
const Ports = z.union([
  Port,
  z.string().regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/).refine((text) => {
    const [first = 0, last = 0] = text.split("-").map(Number);
    return first <= last && last <= 65_535;
  }),
], { error: 'a port, or a range as "1024-2048" in quotes' });
const PortList = z.array(Ports).min(1).max(32);

const FlowEnd = z.string().refine((text) => parseEnd(text) !== undefined, {
  error: "box, zone:ID, station:ID, unit:ID, vendor:NAME, or ZONE/ADDRESS as mgmt/10.99.0.9 or mgmt/10.99.0.0/25",
});

/** How one zone is kept. */
export const ZoneSegmentation = z.strictObject({
  zone: NameId.describe("Id of a zone of role ot"),
  isolation: z.enum(["shared", "private-vlan", "protected-ports", "vlan-per-station"]).default("shared").describe(
    "How the site keeps stations of this zone apart: nothing does (shared), the switch sends them only to the box " +
      "(private-vlan, protected-ports), or every station has a zone of its own",
  ),
  ipv6: z.enum(["off", "ra-guard"]).default("off").describe(
    "off: no IPv6 in this zone; ra-guard: hosts may, but nobody plays router",
  ),
  addresses: listOf(Ipv4Interface).default([]).describe(
    "Further addresses of this box in the zone, for stations with a fixed address of another network",
  ),
  probeInterface: z.string().regex(/^[A-Za-z0-9._:@-]{1,15}$/, { error: "a Linux interface name" }).optional().describe(
    "A spare interface of this box on a station's port of the switch: `segmentation probe` tries from it what a station could",
  ),
});

/** One flow that the site declares beside what its other keys imply. */
export const DeclaredFlow = z.strictObject({
  id: NameId.describe("Name in counters, audit and refusals"),
  because: Text.describe("Why it is needed; it stands in the firewall sheet"),
  from: FlowEnd.describe("Who begins: box, zone:mgmt, station:CP001, unit:bay-07, vendor:bender, mgmt/10.99.0.9"),
  to: FlowEnd.describe("Who is reached, in the same words"),
  tcp: PortList.optional().describe("TCP ports there"),
  udp: PortList.optional().describe("UDP ports there"),
  ping: z.boolean().default(false).describe("Also pings"),
});

/** Stations that balance their load among themselves. */
export const LoadManagement = z.strictObject({
  id: NameId.describe("Name in counters and audit"),
  stations: z.array(StationId).min(2).max(SEGMENTATION_LIMITS.groupMembers).describe("The stations that belong to it"),
  ports: PortList.optional().describe("Ports they use, TCP and UDP; absent: all from 1024 on, since vendors name none"),
  discovery: z.boolean().default(true).describe(
    "Broadcasts of one are handed to the others where the switch keeps them apart (Bender DLM master-auto-discovery)",
  ),
});

/** A hard-coded address of stations that the box answers. */
export const DeclaredRedirect = z.strictObject({
  id: NameId.describe("Name in counters and audit"),
  zone: NameId.describe("Zone of role ot whose stations dial it"),
  udp: Port.optional().describe("UDP port that they dial: 53 for DNS, 123 for NTP"),
  tcp: Port.optional().describe("TCP port that they dial"),
  addresses: z.array(Ipv4Address).max(64).default([]).describe(
    "Addresses that they dial; absent: any but the box's own",
  ),
  to: z.string().refine((text) => {
    const target = parseHostPort(text);
    return target !== undefined && target.port > 0 && parseIp(target.host)?.length === 4;
  }, { error: "an IPv4 address of this box and port, as 10.20.0.1:53" }).describe("Where the box answers"),
});

/** The `segmentation` section. */
export const SegmentationConfig = z.strictObject({
  default: z.literal("deny").default("deny").describe("What is not declared does not pass; there is no other value"),
  confirmSeconds: z.int().min(10).max(3_600).default(120).describe(
    "Seconds in which `segmentation apply` must be confirmed before it undoes itself",
  ),
  zones: listOf(ZoneSegmentation).default([]).describe("How the OT zones are kept; absent: shared, IPv6 off"),
  flows: z.array(DeclaredFlow).max(SEGMENTATION_LIMITS.flows).default([]).describe(
    "Flows beside those that listeners, CSMS, lines and receivers of this file imply",
  ),
  loadManagement: z.array(LoadManagement).max(SEGMENTATION_LIMITS.loadManagement).default([]).describe(
    "Stations that balance their load among themselves; parts of one unit always reach each other",
  ),
  redirect: z.array(DeclaredRedirect).max(SEGMENTATION_LIMITS.redirects).default([]).describe(
    "Hard-coded DNS, NTP or CSMS addresses of stations, answered by this box",
  ),
  pingTargets: z.array(Ipv4Address).max(SEGMENTATION_LIMITS.pingTargets).default([]).describe(
    "Addresses that stations ping to see whether they are online; the box answers for them",
  ),
  maintenanceFrom: listOf(NameId).default([]).describe(
    "Zones from which people may reach SSH, telnet or FTP of a station after `segmentation open`; absent: none",
  ),
});
/** The `segmentation` section. */
export type SegmentationConfig = z.infer<typeof SegmentationConfig>;
