import { z } from "zod";
import {
  FilePath,
  HostName,
  IsolatedSegment,
  ListenAddress,
  listOf,
  NameId,
  PemPair,
  StationId,
  Text,
  WebSocketUrl,
} from "../config/values.ts";
import { OCPP_LIMITS } from "./limits.ts";

/** TLS of one OCPP listener: security profiles 2 and 3. */
export const OcppTls = z.strictObject({
  clientCaFile: FilePath.optional().describe(
    "PEM file: CAs that station certificates must chain to; absent: the site CA",
  ),
  organizations: listOf(Text).optional().describe(
    "Accepted O= of station certificates; absent: pki.stationOrganizations",
  ),
  identities: listOf(PemPair).optional().describe(
    "Own server certificates; absent: from the site CA, renewed by itself",
  ),
  names: listOf(HostName).optional().describe(
    "Host names in the site CA's server certificate, beside the listen address; the first is for clients without SNI",
  ),
});

const UrlPath = z.string().regex(/^(\/[A-Za-z0-9._~-]+)*$/, {
  error: "a URL path as /ocpp, without a trailing slash",
});

/** One OCPP listener; it has either `tls` or `plaintext`. */
export const OcppListener = z.strictObject({
  id: NameId.optional().describe("Name in status, audit and metrics; absent: the listen address"),
  listen: ListenAddress.describe("IP address and port; stations connect to <path>/<station id>"),
  path: UrlPath.default("/ocpp").describe("URL path before the station id"),
  morePaths: z.array(UrlPath).max(OCPP_LIMITS.morePaths).optional().describe(
    "Further paths that stations use which cannot be told another; all lead to the same stations",
  ),
  tls: OcppTls.optional().describe("TLS 1.2 and 1.3, for security profiles 2 and 3"),
  plaintext: IsolatedSegment.optional().describe(
    "Unencrypted, for security profiles 0 and 1; only on an OT zone's address or loopback",
  ),
});
/** One OCPP listener. */
export type OcppListener = z.infer<typeof OcppListener>;

/** How much of one station's messages may wait for its CSMS. */
export const OutageQueue = z.strictObject({
  messages: z.int().min(1).max(50_000).default(5_000).describe(
    "Messages of one station that may wait; with one more it is closed and keeps its messages itself",
  ),
  megabytes: z.int().min(1).max(64).default(8).describe("Megabytes of these"),
  maxAgeHours: z.int().min(1).max(2_160).default(336).describe(
    "Hours the oldest may wait before no more are taken; nothing is dropped, `outage discard` is a person's decision",
  ),
});

/**
 * Actions that only a station's own CSMS may send: credentials, endpoints, certificates, firmware, logs, and all that
 * could lock the station out of the gateway or hand its secrets to a third party.
 */
export const PRIMARY_ONLY: ReadonlySet<string> = new Set([
  "CertificateSigned",
  "ChangeConfiguration",
  "DeleteCertificate",
  "ExtendedTriggerMessage",
  "GetDiagnostics",
  "GetLog",
  "InstallCertificate",
  "PublishFirmware",
  "Reset",
  "SendLocalList",
  "SetNetworkProfile",
  "SetVariables",
  "SignedUpdateFirmware",
  "UnpublishFirmware",
  "UpdateFirmware",
]);

/** The gateway itself at one CSMS: a Local Controller, a station without EVSEs. */
export const LocalController = z.strictObject({
  id: StationId.describe("OCPP identity of the gateway itself; none of a station"),
  protocol: z.enum(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]).default("ocpp2.0.1").describe("OCPP version it speaks there"),
  passwordFile: FilePath.optional().describe("File with its Basic password"),
  certificate: PemPair.optional().describe("Its client certificate"),
});

/** One CSMS that stations are relayed to, or that gets copies. */
export const Csms = z.strictObject({
  id: NameId.describe("Name that stations refer to"),
  mode: z.enum(["primary", "read-only", "limited"]).default("primary").describe(
    "primary: stations are relayed to it; read-only: it gets copies of what stations say and may send nothing; " +
      "limited: the same, and it may send `actions` (docs/upstreams.md)",
  ),
  actions: z.array(z.string().regex(/^[A-Za-z0-9]{1,64}$/, { error: "an OCPP action, as SetChargingProfile" })).min(1)
    .max(40).optional().describe("Actions that a limited CSMS may send to stations"),
  stations: listOf(StationId).min(1).optional().describe(
    "Stations that a read-only or limited CSMS is connected for; absent: all",
  ),
  badges: z.enum(["mask", "pass"]).default("mask").describe(
    "What a read-only or limited CSMS sees of badges and vehicles: mask gives it pseudonyms and leaves out messages " +
      "that could hide one (DataTransfer, signed messages)",
  ),
  whenMetered: z.enum(["pause", "send"]).default("pause").describe(
    "Whether a read-only or limited CSMS is connected while network.uplink.metered",
  ),
  passwordFile: FilePath.optional().describe(
    "File with the Basic password that the gateway shows there for all stations without one under `upstreams`",
  ),
  url: WebSocketUrl.describe("URL without the station id, which is appended percent-encoded"),
  caFile: FilePath.optional().describe("PEM file: CAs of the CSMS's certificate; absent: the public CAs of the box"),
  clientCertificate: PemPair.optional().describe(
    "Client certificate for all stations without an upstreamCertificate of their own",
  ),
  plaintext: IsolatedSegment.optional().describe("Needed for a ws:// URL: the way to the CSMS is not encrypted"),
  onLoss: z.enum(["mirror-close", "store-and-forward"]).default("mirror-close").describe(
    "What a station sees when the CSMS is lost: mirror-close closes its connection after graceSeconds, " +
      "store-and-forward answers for the CSMS and sends it everything later (docs/outages.md)",
  ),
  offlineAuthorisation: z.enum(["csms-only", "cache-then-csms", "local-badges", "free-vend"]).default("csms-only")
    .describe(
      "Who may charge while store-and-forward stands in: csms-only nobody new, cache-then-csms whom the CSMS approved " +
        "before, local-badges those of `badge allow`, free-vend everybody; blocked badges never",
    ),
  replayBoot: z.boolean().default(false).describe(
    "With store-and-forward: a CSMS that is back gets the station's last BootNotification again, for those that expect one",
  ),
  queue: OutageQueue.prefault({}).describe("What store-and-forward keeps for one station"),
  graceSeconds: z.int().min(0).max(3600).default(10).describe(
    "Seconds a lost upstream connection may take to come back before the station is told",
  ),
  localController: LocalController.optional().describe(
    "An own connection of the gateway to this CSMS, as a station without EVSEs; absent: none",
  ),
});
/** One CSMS. */
export type Csms = z.infer<typeof Csms>;

/** The `ocpp` section. */
export const OcppConfig = z.strictObject({
  listeners: listOf(OcppListener).min(1).describe("Where stations connect"),
  csms: listOf(Csms).min(1).describe("Where stations are relayed to"),
  rules: FilePath.optional().describe(
    "File with the site's own rules for messages (policies.md); absent: everything is relayed but the built-in refusals",
  ),
  mode: z.enum(["enforce", "observe"]).default("enforce").describe(
    "observe: the site's own rules are tried out: what they would refuse is recorded and relayed",
  ),
  maxMessageBytes: z.int().min(4_096).max(OCPP_LIMITS.messageBytesMax).default(OCPP_LIMITS.messageBytes).describe(
    "Bytes of one OCPP message; a larger one closes the connection with code 1009",
  ),
  callTimeoutSeconds: z.int().min(1).max(600).default(30).describe(
    "Seconds a station has to answer a CALL of the CSMS before the next one is sent to it",
  ),
  unknownStations: z.enum(["not-found", "unauthorized"]).default("not-found").describe(
    "Answer to an id that no station has: not-found 404, as OCPP-J wants it; unauthorized 401, which nobody can tell from a " +
      "wrong password: each failed attempt then costs one password hash (docs/decisions/0197)",
  ),
  pingSeconds: z.int().min(0).max(3_600).default(60).describe(
    "Seconds of silence after which a connection is tested with a WebSocket ping; 0: never",
  ),
});
/** The `ocpp` section. */
export type OcppConfig = z.infer<typeof OcppConfig>;

/** The name of a listener in status, audit, metrics and in `trust.listener`. */
export function listenerName(listener: Pick<OcppListener, "id" | "listen">): string {
  return listener.id ?? listener.listen;
}
