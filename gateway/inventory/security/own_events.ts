import type { AuditEvent } from "../../core/control_api.ts";

/** A standard security event that the gateway itself saw, and whose list it belongs to. */
export interface OwnEvent {
  readonly type: string;
  /** A station id, a CSMS's id, or "gateway". */
  readonly subject: string;
  readonly info: string;
}

/** Audit event to security event; a prefix of the rule where the rule decides. The first that fits counts. */
const OWN: readonly (readonly [event: string, rule: string, type: string])[] = [
  ["gateway.process.started", "", "StartupOfTheDevice"],
  ["gateway.clock.jumped", "", "SettingSystemTime"],
  ["audit.chain.broken", "", "SecurityLogWasCleared"],
  ["audit.chain.truncated", "", "SecurityLogWasCleared"],
  ["ocpp.message.refused", "ocpp.replay", "AttemptedReplayAttacks"],
  ["ocpp.message.refused", "ocpp.schema", "InvalidMessages"],
  ["ocpp.message.refused", "ocpp.frame", "InvalidMessages"],
  ["ocpp.message.unusual", "ocpp.malformed", "InvalidMessages"],
  ["ocpp.connection.refused", "peer.", "InvalidChargingStationCertificate"],
  ["ocpp.certificate.ignored", "peer.", "InvalidChargingStationCertificate"],
  ["station.session.refused", "admission.cn-mismatch", "InvalidChargingStationCertificate"],
  ["station.session.refused", "admission.certificate", "InvalidChargingStationCertificate"],
  ["station.session.refused", "admission.credential", "FailedToAuthenticateAtCsms"],
  ["station.session.refused", "admission.user-mismatch", "FailedToAuthenticateAtCsms"],
  ["station.credential.renewed", "", "ReconfigurationOfSecurityParameters"],
  ["station.profile.lowered", "", "ReconfigurationOfSecurityParameters"],
  ["transfer.request.ended", "firmware.signature", "InvalidFirmwareSignature"],
  ["transfer.request.refused", "firmware.certificate", "InvalidFirmwareSigningCertificate"],
  ["certificate.serial.revoked", "", "ReconfigurationOfSecurityParameters"],
];

/** TLS faults name their event by the rule itself; other rules, as a port scan or a flood, are none. */
const TLS_EVENTS: Readonly<Record<string, string>> = {
  InvalidCentralSystemCertificate: "InvalidCsmsCertificate",
  InvalidChargePointCertificate: "InvalidChargingStationCertificate",
  InvalidTLSCipherSuite: "InvalidTLSCipherSuite",
  InvalidTLSVersion: "InvalidTLSVersion",
};

/** What an audit record is in the words of OCPP's security events; undefined for most. Pure. */
export function ownEvent({ event, rule = "", who, target, detail, source }: AuditEvent): OwnEvent | undefined {
  const info = [rule, source === undefined ? "" : `from ${source}`].filter((part) => part !== "").join(" ");
  if (event === "ocpp.upstream.untrusted" && typeof detail?.securityEvent === "string") {
    return { type: detail.securityEvent, subject: `csms ${target ?? ""}`.trim(), info: String(detail.why ?? info) };
  }
  if (event === "ocpp.tls.failed") {
    const type = TLS_EVENTS[rule], station = detail?.station;
    return type === undefined ? undefined : { type, subject: typeof station === "string" ? station : "gateway", info };
  }
  const found = OWN.find(([name, prefix]) => name === event && rule.startsWith(prefix));
  if (!found) return undefined;
  const isGateway = event.startsWith("gateway.") || event.startsWith("audit.");
  return { type: found[2], subject: isGateway ? "gateway" : target ?? who, info };
}
