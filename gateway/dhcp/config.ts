import { z } from "zod";
import { parseIp } from "../config/ip.ts";
import {
  FilePath,
  HostName,
  HostPort,
  IpAddress,
  listOf,
  MacAddress,
  NameId,
  PemPair,
  StationId,
  Text,
} from "../config/values.ts";
import { DHCP_LIMITS } from "./limits.ts";

const Hex = z.string().regex(/^([0-9a-fA-F]{2}){1,255}$/, { error: "1 to 255 bytes in hex, in quotes" });

/** First and last address: "10.20.0.100-10.20.0.199". */
const AddressRange = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}-\d{1,3}(\.\d{1,3}){3}$/, {
  error: "first and last address, as 10.20.0.100-10.20.0.199",
});

/** An address that one device gets, whatever comes. */
export const DhcpReservation = z.strictObject({
  mac: MacAddress.optional().describe("MAC address of the device, in quotes"),
  clientId: Hex.optional().describe("Client identifier (option 61) in hex, when the MAC changes with a repair"),
  circuitId: Hex.optional().describe(
    "Switch port (option 82, sub-option 1) in hex: whatever is plugged in there gets the address",
  ),
  address: IpAddress.describe("IPv4 address in the zone"),
  hostname: HostName.optional().describe("Host name to hand out"),
  station: StationId.optional().describe("The station whose part this is, for alarms and pages"),
});
/** An address that one device gets. */
export type DhcpReservation = z.infer<typeof DhcpReservation>;

/** An option to hand out beside the usual ones. */
const DhcpOption = z.strictObject({
  vendor: NameId.optional().describe("Only to stations of this vendor; absent: to all"),
  code: z.int().min(2).max(254).describe("Option code; what the gateway itself sets cannot be given here"),
  text: Text.optional().describe("Value as text"),
  addresses: z.array(IpAddress).min(1).max(8).optional().describe("Value as IPv4 addresses"),
  hex: Hex.optional().describe("Value as bytes in hex"),
});

/** Central DHCP in TLS. */
const DhcpRelay = z.strictObject({
  concentrator: HostPort.describe("Host and port of the concentrator"),
  name: HostName.optional().describe("Name in the concentrator's certificate; absent: the host above"),
  caFile: FilePath.describe("PEM file: CAs of the concentrator's certificate"),
  certificate: PemPair.describe("This gateway's client certificate; its CN is the remote id (option 82)"),
  circuitId: Text.max(64).optional().describe(
    "Port or VLAN of the zone as the central server knows it; absent: the zone's id",
  ),
  fallback: z.enum(["none", "known-bindings"]).default("known-bindings").describe(
    "While the tunnel is down: nothing is answered, or devices that have had an address keep it",
  ),
  fallbackSeconds: z.int().min(60).max(86_400).default(600).describe(
    "Lease time of such an answer: so long after the tunnel is back the central server is asked again",
  ),
});

const RouterChoice = z.string().refine((text) => text === "none" || parseIp(text)?.length === 4, {
  error: "an IPv4 address, or none",
});

const seconds = (min: number, max: number, fallback: number) => z.int().min(min).max(max).default(fallback);

const scope = {
  mode: z.enum(["server", "relay", "monitor"]).default("server").describe(
    "server: this box gives addresses; relay: a central server does, through TLS; monitor: only rogue servers are looked for",
  ),
  zone: NameId.describe("Zone of role ot"),
  pool: AddressRange.optional().describe(
    "Addresses for known devices without a reservation; absent: only reservations",
  ),
  unknown: z.enum(["ignore", "nak", "quarantine"]).default("ignore").describe(
    "What a device gets that is neither a station nor reserved: silence, a refusal, or a short lease of quarantinePool",
  ),
  quarantinePool: AddressRange.optional().describe(
    "Addresses for unknown devices with unknown: quarantine; without a router, and the segmentation lets nothing through",
  ),
  leaseSeconds: seconds(10, 2_592_000, 3_600).describe("Lease time of pool addresses"),
  reservationLeaseSeconds: seconds(10, 2_592_000, 604_800).describe(
    "Lease time of reservations: so long stations keep their address when this box is dead",
  ),
  quarantineLeaseSeconds: seconds(10, 3_600, 120).describe("Lease time in quarantine"),
  router: RouterChoice.optional().describe(
    "Router to hand out; absent: this box's address in the zone; none: no router",
  ),
  dns: z.array(IpAddress).max(4).optional().describe("Resolvers to hand out; absent: this box's address in the zone"),
  ntp: z.array(IpAddress).max(4).optional().describe(
    "Time servers to hand out; absent: this box's address in the zone",
  ),
  domain: HostName.optional().describe("Domain to hand out; absent: none"),
  options: listOf(DhcpOption).default([]).describe(
    "Further options, by vendor. Each device class gets only what its list in profiles/dhcp_classes.ts allows",
  ),
  reservations: z.array(DhcpReservation).max(DHCP_LIMITS.leases).default([]).describe(
    "Addresses beside those of `stations`: switches, meters, second boards",
  ),
  conflictProbeMs: z.int().min(0).max(2_000).default(200).describe(
    "Milliseconds for which an address is asked for by ARP before it is first offered; 0: never",
  ),
  declineSeconds: seconds(60, 2_592_000, 86_400).describe("For so long an address is not given again after a conflict"),
  relayAgents: listOf(IpAddress).default([]).describe(
    "Relay agents in the zone that may ask for others; messages of any other relay are dropped",
  ),
  option82: z.enum(["drop", "trusted-switch"]).default("drop").describe(
    "Option 82 that comes without a relay agent's address: dropped as forged, or believed because every switch port inserts its own",
  ),
  trustedServers: listOf(IpAddress).default([]).describe("Other DHCP servers of the zone that are no alarm"),
  rogueProbeSeconds: z.int().min(0).max(86_400).default(300).describe(
    "Seconds between two questions after other DHCP servers; 0: only listen",
  ),
  perMacPerSecond: z.int().min(1).max(10_000).default(10).describe("Messages of one MAC per second; more are dropped"),
  newPerSecond: z.int().min(1).max(100_000).default(100).describe(
    "Messages per second of all devices without an address here; more are dropped. Known ones never compete with them",
  ),
  relay: DhcpRelay.optional().describe("Where the central server is, for mode: relay"),
};

/** DHCP in one zone. */
export const DhcpScope = z.strictObject(scope);
/** DHCP in one zone. */
export type DhcpScope = z.infer<typeof DhcpScope>;

/** The `dhcp` section: one zone, and more with the same keys. */
export const DhcpConfig = z.strictObject({
  ...scope,
  more: z.array(DhcpScope).max(DHCP_LIMITS.scopes - 1).default([]).describe("Further zones with DHCP"),
});
/** The `dhcp` section. */
export type DhcpConfig = z.infer<typeof DhcpConfig>;
