import { z } from "zod";
import { parseHostPort, parseIp, parseSocketAddress } from "../config/ip.ts";
import { FilePath, HostName, HttpsUrl, IpAddress, listOf, NameId, StationId, Text } from "../config/values.ts";
import { DNS_LIMITS } from "./limits.ts";

/** Record types that can be looked up for stations: what a station has a use for, and nothing that hides an address. */
export const LOOKUP_TYPES = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"] as const;

/** OT zones are IPv4; a Worker cannot be given the right to answer an IPv6 network (facts: isolates). */
const ListenV4 = z.string().refine((text) => parseIp(parseSocketAddress(text)?.host ?? "")?.length === 4, {
  error: "an IPv4 address and port, as 10.20.0.1:53",
});

const AddressPort = z.string().refine((text) => {
  const at = parseHostPort(text);
  return at !== undefined && at.port > 0 && parseIp(at.host) !== undefined;
}, { error: "an IP address and port, as 9.9.9.9:853: who resolves names cannot be found by a name" });

/** A name or "*." and a name; labels may begin with "_". */
export const NamePattern = z.string().max(253).regex(
  /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$/,
  {
    error: 'a name as csms.example, or "*.vendor.example" for all below it, in quotes',
  },
);

const Names = z.array(NamePattern).max(DNS_LIMITS.names);

/** One server that names are asked of; it has either `tls` or `https`. */
export const DnsUpstream = z.strictObject({
  tls: AddressPort.optional().describe("DNS over TLS (RFC 7858): IP address and port"),
  name: HostName.optional().describe("With tls: the name that its certificate must have"),
  https: HttpsUrl.optional().describe("DNS over HTTPS (RFC 8484): URL; the certificate must have its host name"),
  address: IpAddress.optional().describe("With https: the IP address of its host"),
  caFile: FilePath.optional().describe("PEM file: CAs of its certificate; absent: the public CAs of the box"),
});
/** One server that names are asked of. */
export type DnsUpstream = z.infer<typeof DnsUpstream>;

const some = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(DNS_LIMITS.rules).optional();

/** One rule about names. */
export const NameRule = z.strictObject({
  id: NameId.describe("Name of the rule in refusals and audit"),
  effect: z.enum(["allow", "deny"]).describe("A deny wins over everything, the first allow counts"),
  because: Text.describe("A sentence for the refusal and the audit trail"),
  names: Names.min(1).describe('Names it is about; "*.vendor.example" is every name below vendor.example'),
  stations: some(StationId).describe("Only for these stations, known by their address; absent: for everybody"),
  vendors: some(NameId).describe("Only for stations of these vendors"),
  models: some(Text).describe("Only for models that begin so"),
  units: some(NameId).describe("Only for stations of these units"),
  types: some(z.enum(LOOKUP_TYPES)).describe("Only for records of these types"),
});

/** The `dns` section. */
export const DnsConfig = z.strictObject({
  listen: ListenV4.describe("IPv4 address and port, UDP and TCP, in a zone of role ot or on loopback"),
  moreListen: listOf(ListenV4).optional().describe("Further addresses, one per OT zone"),
  upstream: z.array(DnsUpstream).max(8).default([]).describe(
    "Servers that names are asked of, in this order; they are encrypted without exception. None: only `answers`",
  ),
  allow: Names.default([]).describe("Names that every client may ask for; all others are refused"),
  nameRules: z.array(NameRule).max(DNS_LIMITS.rules).default([]).describe(
    "Names for single stations, vendors, models or units, and names that nobody may ask for",
  ),
  answers: z.record(
    HostName,
    z.union([IpAddress, z.array(IpAddress).min(1).max(16)], {
      error: "an IP address, as 10.20.0.1, or a list of them",
    }),
  ).default({}).describe("Names that the gateway answers itself, as the CSMS with its own address; never looked up"),
  vendorTimeNames: z.enum(["this-box", "off"]).optional().describe(
    "this-box: names of the time servers that stations come with (profiles/dns.ts) are answered with the address they " +
      "asked; absent: this-box when `time.serve` names a zone",
  ),
  types: z.array(z.enum(LOOKUP_TYPES)).min(1).max(LOOKUP_TYPES.length).default(["A", "AAAA"]).describe(
    "Types of records that are looked up; others of an allowed name are answered with none",
  ),
  refusal: z.enum(["refused", "nxdomain"]).default("refused").describe(
    "What a client is told of a name that it may not ask for: REFUSED, or that there is no such name",
  ),
  mode: z.enum(["enforce", "observe"]).default("enforce").describe(
    "observe: names that would be refused are recorded and looked up, to learn what stations ask for",
  ),
  privateNames: Names.default([]).describe("Names whose addresses may be in private networks (rebinding guard)"),
  queriesPerSecond: z.int().min(1).max(10_000).default(20).describe(
    "Questions of one client in a second, three times as many at once; more are dropped",
  ),
  lookupsPerMinute: z.int().min(1).max(100_000).default(120).describe(
    "Questions of one client in a minute that an upstream is asked for: keeps data from leaving in names",
  ),
  staleHours: z.int().min(0).max(168).default(24).describe(
    "Hours that an answer is given beyond its time while no upstream answers (RFC 8767)",
  ),
});
/** The `dns` section. */
export type DnsConfig = z.infer<typeof DnsConfig>;
