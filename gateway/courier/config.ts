import { z } from "zod";
import { FilePath, HostPort, HttpsUrl, ListenAddress, NameId, urlOf } from "../config/values.ts";
import { ALARM_SEVERITIES } from "../core/control_api.ts";

/** One receiver of alarms; it has either `webhook` or `mailTo`. */
export const NotifyTarget = z.strictObject({
  id: NameId.optional().describe("Name in status and `notify test`; absent: the webhook's host or the mail address"),
  webhook: HttpsUrl.optional().describe("URL that receives alarms as JSON by POST"),
  tokenFile: FilePath.optional().describe("File with the bearer token for the webhook"),
  secretFile: FilePath.optional().describe(
    "File with a secret: every request to the webhook carries an HMAC-SHA-256 under it in X-Bulkhead-Signature",
  ),
  caFile: FilePath.optional().describe(
    "PEM file: CAs of the receiver's certificate; absent: the public CAs of the box",
  ),
  mailTo: z.string().max(254).regex(/^[^\s@<>,]+@[^\s@<>,]+$/, { error: "a mail address, as ops@example.com" })
    .optional()
    .describe("Mail address that receives alarms"),
  mailFrom: z.string().max(254).regex(/^[^\s@<>,]+@[^\s@<>,]+$/, { error: "a mail address, as gw@example.com" })
    .optional()
    .describe("Sender of the mails; absent: the address in mailTo"),
  smtpFile: FilePath.optional().describe(
    "File with one line smtps://user:password@host:port (or smtp:// with STARTTLS), needed with mailTo",
  ),
  minSeverity: z.enum(ALARM_SEVERITIES).default("warning").describe("Alarms below this severity are not sent here"),
});
/** One receiver of alarms. */
export type NotifyTarget = z.infer<typeof NotifyTarget>;

/** The `telemetry` section. */
export const TelemetryConfig = z.strictObject({
  metricsListen: ListenAddress.optional().describe("IP address and port of /metrics for Prometheus; plain HTTP"),
  otlp: z.strictObject({
    url: urlOf(["https:", "http:"], { mayHaveQuery: false }).describe(
      "OTLP/HTTP endpoint for metrics; http:// only to loopback",
    ),
    caFile: FilePath.optional().describe("PEM file: CAs of the endpoint; absent: the public CAs of the box"),
    tokenFile: FilePath.optional().describe("File with the bearer token of the endpoint"),
    intervalSeconds: z.int().min(5).max(3600).default(60).describe("Seconds between two pushes"),
  }).optional().describe("Push of metrics; absent: no push"),
});
/** The `telemetry` section. */
export type TelemetryConfig = z.infer<typeof TelemetryConfig>;

/** One syslog receiver of the audit chain: RFC 5424 over TLS (RFC 5425). */
export const SyslogSink = z.strictObject({
  id: NameId.optional().describe("Name in status and alarms; absent: the host and port"),
  tls: HostPort.describe("Host and port of the receiver; the standard port is 6514"),
  caFile: FilePath.optional().describe("PEM file: CAs of the receiver; absent: the public CAs of the box"),
  clientCertFile: FilePath.optional().describe("PEM file: client certificate towards the receiver"),
  clientKeyFile: FilePath.optional().describe("PEM file: private key of clientCertFile"),
});
/** One syslog receiver of the audit chain. */
export type SyslogSink = z.infer<typeof SyslogSink>;
