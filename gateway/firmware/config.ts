import { z } from "zod";
import {
  FilePath,
  HostName,
  HttpsUrl,
  IpAddress,
  IsolatedSegment,
  ListenAddress,
  listOf,
  NameId,
  PemPair,
  Text,
} from "../config/values.ts";
import { Hours } from "../config/ocpp_rule_schema.ts";
import { EVIDENCE } from "../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";
import { REFUSED_ALGORITHMS, SIGNATURE_ALGORITHMS } from "./signature_algorithms.ts";

const Megabytes = z.int().min(1).max(1_048_576);

/** One algorithm; names that people know and that are refused get their reason. */
const Algorithm = z.string().superRefine((name, context) => {
  if ((SIGNATURE_ALGORITHMS as readonly string[]).includes(name)) return;
  const why = REFUSED_ALGORITHMS[name];
  const wanted = `one of ${SIGNATURE_ALGORITHMS.join(", ")}`;
  context.addIssue({ code: "custom", message: why === undefined ? wanted : `${wanted} (${why})` });
}).pipe(z.enum(SIGNATURE_ALGORITHMS));

/** Proofs that are enough together: "vendor-sha256 + two-person". */
const EvidenceSet = z.string().refine((text) => {
  const names = text.split("+").map((name) => name.trim());
  return names.every((name) => (EVIDENCE as readonly string[]).includes(name)) && new Set(names).size === names.length;
}, { error: `proofs joined by "+", of ${EVIDENCE.join(", ")}` });

const Serial = z.string().regex(/^[0-9a-fA-F]{1,40}$/, { error: "a serial number in hex, in quotes" });

/** A host that files travel to. */
export const UploadHost = z.strictObject({
  host: z.union([HostName, IpAddress], { error: "a host name or IP address, as files.vendor.example" }).describe(
    "Host of the URLs; a name never covers what is below it",
  ),
  address: z.enum(["public", "on-site"]).default("public").describe(
    "public: it must not resolve to a private, loopback or link-local address; on-site: it may",
  ),
  schemes: z.array(z.enum(["https", "http", "ftp", "sftp"])).min(1).max(4).default(["https"]).describe(
    "How; http and ftp can be read and changed on the way, so that only the signature protects the image",
  ),
  caFile: FilePath.optional().describe("PEM file: CAs of its certificate; absent: the public CAs of the box"),
  hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, {
    error: "SHA256: and 43 characters, as ssh-keygen -lf shows",
  })
    .optional().describe("With sftp: fingerprint of its host key"),
});
/** A host that firmware may be fetched from. */
export const FetchHost = UploadHost.extend({
  vendor: NameId.optional().describe(
    "Whose images it gives: PublishFirmware does not say it; absent: those of the only vendor of the site",
  ),
});
/** A host that firmware may be fetched from. */
export type FetchHost = z.infer<typeof FetchHost>;

/** What proves the images of one vendor. */
export const FirmwareVendor = z.strictObject({
  vendor: NameId.describe("Vendor in lower case, as stations have it"),
  manufacturerRootsFile: FilePath.optional().describe(
    "PEM file: ManufacturerRootCertificates that its signing certificates must be issued by",
  ),
  revokedSerials: z.array(Serial).max(FIRMWARE_LIMITS.revokedSerials).default([]).describe(
    "Serial numbers of signing certificates that count no more",
  ),
  algorithms: z.array(Algorithm).min(1).max(SIGNATURE_ALGORITHMS.length).default(["RSA-PSS-SHA256", "ECDSA-SHA256"])
    .describe(
      "Signature algorithms that count; OCPP asks for SHA-256. RSA-PKCS1-SHA256 counts only where it is named here",
    ),
  salt: z.enum(["any", "hash"]).default("any").describe("Salt of RSA-PSS: of any length, or as long as the hash"),
  minisignKeyFile: FilePath.optional().describe("Public key of minisign that signs its images"),
  evidence: z.array(EvidenceSet).min(1).max(8).default(["tuf", "ocpp-signature"]).describe(
    'Any of these proves an image; proofs joined by "+" are needed together, as vendor-sha256 + two-person',
  ),
  onUnverified: z.enum(["refuse", "hold"]).default("refuse").describe(
    "What no proof speaks for: refused, or held until two persons vouch for the vendor's hash. A bad proof is always refused",
  ),
  floor: Text.optional().describe("Lowest version that is taken; absent: any"),
  formats: z.array(z.string().regex(/^[A-Za-z0-9.]{1,16}$/, { error: "the end of a file name, as deb" })).max(16)
    .default([]).describe("Ends of file names that are taken; empty: any"),
  urlFileName: z.string().regex(/^(?:[A-Za-z0-9._+~-]|\{(?:file|version|model)\}){1,64}$/, {
    error: "a file name; {file}, {version} and {model} are filled in",
  }).optional().describe(
    "File name that its stations want at the end of the URL, as update_{version}.bin; absent: the image's own",
  ),
  maxMegabytes: Megabytes.default(512).describe("Largest image that is taken"),
});
/** What proves the images of one vendor. */
export type FirmwareVendor = z.infer<typeof FirmwareVendor>;

/** A TUF repository. */
export const FirmwareSource = z.strictObject({
  id: NameId.describe("Name of the repository in commands"),
  url: HttpsUrl.describe("URL of its folder: metadata/ and targets/ stand below it"),
  caFile: FilePath.optional().describe("PEM file: CAs of its certificate; absent: the public CAs of the box"),
  address: z.enum(["public", "on-site"]).default("public").describe("on-site: it may resolve to a private address"),
  everyHours: z.int().min(1).max(720).default(24).describe("How often its metadata is read"),
});
/** A TUF repository. */
export type FirmwareSource = z.infer<typeof FirmwareSource>;

/** TLS of the listener that stations fetch from and bring files to. */
export const FirmwareTls = z.strictObject({
  names: listOf(HostName).optional().describe(
    "Host names in its certificate, beside the address; the first is in URLs",
  ),
  identities: listOf(PemPair).optional().describe(
    "Own server certificates; absent: from the site CA, renewed by itself",
  ),
  clientCaFile: FilePath.optional().describe("PEM file: CAs of station certificates; absent: the site CA"),
});

/** vendor/model, a * at the end for any rest. */
const ModelPattern = z.string().regex(/^[A-Za-z0-9*][^\s*]{0,98}\*?$/, {
  error: "vendor/model, a * at the end for any rest",
});

/** Files of some models travel otherwise than by HTTPS. */
export const FileException = z.strictObject({
  protocol: z.enum(["sftp", "http", "ftp"]).describe("How; http and ftp can be read and changed on the way"),
  listen: ListenAddress.describe("IP address and port, of an OT zone or loopback"),
  models: z.array(ModelPattern).min(1).max(FIRMWARE_LIMITS.models).describe(
    "For these models alone, as vendor/model or vendor/*",
  ),
  plaintext: IsolatedSegment.optional().describe("Needed for http and ftp; shown in status for ever"),
  passivePorts: z.string().regex(/^[1-9][0-9]{3,4}-[1-9][0-9]{3,4}$/, { error: "two ports, as 50000-50009" }).optional()
    .describe("With ftp: ports of its data connections, at most 32; as many downloads at one time"),
});
/** Files of some models travel otherwise than by HTTPS. */
export type FileException = z.infer<typeof FileException>;

/** How fast files travel, so that metering and OCPP have room. */
export const FirmwareBandwidth = z.strictObject({
  siteKilobytesPerSecond: z.int().min(16).max(1_000_000).default(8_192).describe("All stations together"),
  stationKilobytesPerSecond: z.int().min(4).max(1_000_000).default(1_024).describe("One station"),
});

/** Logs that stations bring for their CSMS. */
export const FirmwareUploads = z.strictObject({
  maxMegabytes: Megabytes.default(128).describe("Largest file that a station may bring"),
  quotaMegabytes: Megabytes.default(1_024).describe(
    "Room for all sealed copies; the oldest that were delivered make room",
  ),
  keepDays: z.int().min(1).max(3_650).default(30).describe("How long a sealed copy is kept"),
});

const EveryHours = z.int().min(1).max(8_760);

/** Another period for some stations. */
export const SecurityLogException = z.strictObject({
  stations: z.array(z.string().min(1).max(48)).min(1).max(FIRMWARE_LIMITS.logStations).optional().describe(
    "These stations; beside models: those as well",
  ),
  models: z.array(ModelPattern).min(1).max(FIRMWARE_LIMITS.models).optional().describe(
    "Stations of these models, as vendor/model or vendor/*",
  ),
  everyHours: z.union([EveryHours, z.literal("never")], { error: "1 to 8760, or never" }).describe(
    "How often; never: they are not asked, and nothing is said of it",
  ),
});

/** Security logs that the gateway asks stations for by itself. */
export const SecurityLogs = z.strictObject({
  everyHours: EveryHours.default(168).describe("How often each station is asked, a little earlier by its own share"),
  exceptions: z.array(SecurityLogException).max(FIRMWARE_LIMITS.logExceptions).default([]).describe(
    "Stations with another period; of several entries the first that names a station counts",
  ),
  hours: Hours.optional().describe("Only at these hours of the site's time zone; absent: at any"),
  atOnce: z.int().min(1).max(20).default(1).describe("Stations that bring theirs at one time"),
  missingPeriods: z.int().min(1).max(20).default(2).describe("An alarm when so many periods went by without a log"),
  keepFiles: z.int().min(1).max(200).default(12).describe("Sealed logs kept of each station; the oldest goes"),
  keepDays: z.int().min(1).max(3_650).default(400).describe("How long a sealed log is kept"),
  quotaMegabytes: z.int().min(1).max(1_048_576).default(512).describe(
    "Room for all of them together; the oldest goes, never the newest of a station",
  ),
});
/** Security logs that the gateway asks stations for by itself. */
export type SecurityLogs = z.infer<typeof SecurityLogs>;

/** Updates that a CSMS asks for. */
export const FirmwareRequests = z.strictObject({
  hours: Hours.optional().describe(
    "Only at these hours of the site's time zone stations are asked to load for their CSMS; absent: at any",
  ),
  waitForIdle: z.boolean().default(true).describe(
    "Wait until nothing charges and nothing is reserved on the station's whole unit",
  ),
  waitHours: z.int().min(1).max(720).default(72).describe(
    "How long an update may wait for its station, the hours and a pause; then its CSMS hears that it failed",
  ),
});

/** How campaigns are approved. */
export const FirmwareCampaigns = z.strictObject({
  approvals: z.union([z.int().min(1).max(5), z.literal("one-person-decides")], {
    error: "1 to 5, or one-person-decides",
  }).default(1).describe(
    "How many persons other than its maker must approve a campaign; one-person-decides: none, shown in status for ever",
  ),
  approvers: z.array(Text).min(1).max(20).optional().describe(
    "Only these persons' approval counts; absent: that of everybody who may run the command",
  ),
});

/** The `firmware` section. */
export const FirmwareConfig = z.strictObject({
  listen: ListenAddress.optional().describe(
    "IP address and port where stations fetch images and bring logs by HTTPS; absent: nothing is served or intercepted",
  ),
  tls: FirmwareTls.prefault({}).describe("Its certificate"),
  exceptions: z.array(FileException).max(8).default([]).describe(
    "Models that cannot do HTTPS, each a visible exception; of several the first that names a model counts",
  ),
  bandwidth: FirmwareBandwidth.prefault({}).describe("How fast files travel"),
  parallelDownloads: z.int().min(1).max(200).default(8).describe("Stations that fetch at one time; more wait"),
  grantHours: z.int().min(1).max(720).default(24).describe("How long a station may fetch what it was granted"),
  uploads: FirmwareUploads.prefault({}).describe("Logs that stations bring for their CSMS"),
  securityLogs: SecurityLogs.optional().describe(
    "Security logs that the gateway asks stations for by itself; absent: it asks for none",
  ),
  uploadHosts: z.array(UploadHost).max(FIRMWARE_LIMITS.fetchHosts).default([]).describe(
    "Hosts that a CSMS may have logs sent to; to any other they are not asked for",
  ),
  vendors: z.array(FirmwareVendor).max(FIRMWARE_LIMITS.vendors).default([]).describe(
    "What proves the images of each vendor; an image of another vendor is refused",
  ),
  quotaMegabytes: Megabytes.default(8_192).describe("Room for all images together, on the data disk"),
  rootFile: FilePath.optional().describe(
    "First root.json of the site's TUF repository, as `firmware root new` makes it; newer ones are found from it",
  ),
  preset: z.enum(["two-of-three", "single-key"]).default("two-of-three").describe(
    "two-of-three: the root must be signed by at least two of three keys; single-key: one key is enough, shown in status",
  ),
  sources: z.array(FirmwareSource).max(8).default([]).describe("TUF repositories that images are taken from"),
  fetchHosts: z.array(FetchHost).max(FIRMWARE_LIMITS.fetchHosts).default([]).describe(
    "Hosts that URLs of a CSMS or a person may name; any other is refused",
  ),
  requests: FirmwareRequests.prefault({}).describe("Updates that a CSMS asks for"),
  campaigns: FirmwareCampaigns.default({ approvals: 1 }).describe("How campaigns are approved"),
});
/** The `firmware` section. */
export type FirmwareConfig = z.infer<typeof FirmwareConfig>;
