import { z } from "zod";
import { isHostName, parseCidr, parseIp } from "./ip.ts";
import { FilePath, InterfaceAddress, listOf, NameId, Text, urlOf } from "./values.ts";

/** True for a time zone name this runtime knows (IANA). */
function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The `site` section. */
export const SiteInfo = z.strictObject({
  id: NameId.describe("Short name of the site, in certificates, metrics and file names"),
  name: Text.optional().describe("Name for people; absent: the id"),
  timeZone: z.string().refine(isTimeZone, { error: "an IANA time zone, as Europe/Berlin" }).default("UTC").describe(
    "Time zone of schedules and reports; stored times are UTC",
  ),
  dataDir: FilePath.default("./data").describe(
    "Folder of store, audit and control socket; only the gateway may read it",
  ),
});

/** One network zone (IEC 62443-3-2). */
export const Zone = z.strictObject({
  id: NameId.describe("Name of the zone"),
  role: z.enum(["ot", "uplink", "management"]).describe("ot: stations; uplink: towards CSMS; management: people"),
  interface: z.string().regex(/^[A-Za-z0-9._:@-]{1,15}$/, { error: "a Linux interface name of 1 to 15 characters" })
    .describe("Linux interface of the zone"),
  address: InterfaceAddress.optional().describe("This box's address in the zone; absent: any"),
});
/** One network zone. */
export type Zone = z.infer<typeof Zone>;

/** A host, ".suffix" of hosts, address or network. */
const ProxyBypass = z.string().refine(
  (text) => isHostName(text.replace(/^\./, "")) || parseIp(text) !== undefined || parseCidr(text) !== undefined,
  { error: "a host, a suffix as .site.example, an IP address, or a network as 10.99.0.0/24" },
);

/** How connections leave the site. */
export const Uplink = z.strictObject({
  zone: NameId.optional().describe(
    "Zone of role uplink whose address CSMS connections use as their source; absent: the system chooses",
  ),
  pingSeconds: z.int().min(0).max(3_600).optional().describe(
    "Seconds of silence after which a CSMS is pinged, so that CGNAT keeps the connection; absent: ocpp.pingSeconds; 0: never",
  ),
  metered: z.boolean().default(false).describe(
    "Every byte costs: CSMS pings at 240 s, more compression, rarer telemetry, no mirrors without whenMetered",
  ),
  mtu: z.int().min(576).max(9_000).optional().describe(
    "Bytes of the largest packet that the uplink carries; `check` compares it with the interface of `zone`",
  ),
  proxy: z.strictObject({
    url: urlOf(["http:", "https:"], { mayHaveQuery: false }).describe(
      "HTTP proxy that opens tunnels with CONNECT and resolves host names; https:// is TLS to the proxy itself",
    ),
    caFile: FilePath.optional().describe("PEM file: CAs of the proxy's certificate; absent: the public CAs of the box"),
    credentialsFile: FilePath.optional().describe("File with one line user:password for the proxy (Basic)"),
    bypass: listOf(ProxyBypass).default([]).describe(
      "Hosts, .suffixes, addresses and networks that are reached without the proxy; loopback always is",
    ),
  }).optional().describe(
    "Way to CSMS, SIEM, webhooks, mail, OTLP and ACME; absent: directly. SFTP backups go directly",
  ),
});
/** How connections leave the site. */
export type Uplink = z.infer<typeof Uplink>;

/** The `network` section. */
export const NetworkConfig = z.strictObject({
  zones: listOf(Zone).default([]).describe("Zones this box stands between; several of one role are normal"),
  uplink: Uplink.optional().describe("How connections leave the site; absent: directly, from any address"),
});

/** The `hal` section: the privileged helper hald. */
export const HalConfig = z.strictObject({
  socket: FilePath.default("/run/bulkhead/hal.sock").describe("Unix socket of hald"),
  keyStore: z.enum(["file", "tpm", "pkcs11"]).default("file").describe(
    "Where the key that seals secrets lives: a file in dataDir, or the TPM or PKCS#11 token behind hald",
  ),
});
