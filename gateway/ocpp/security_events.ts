/** Standard OCPP security events that the gateway itself can see happen (facts: security O-12, O-24). */
export type SecurityEvent =
  | "InvalidCentralSystemCertificate"
  | "InvalidChargePointCertificate"
  | "InvalidTLSCipherSuite"
  | "InvalidTLSVersion";

/** Error codes of node:tls in which the certificate of the CSMS is at fault. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Which security event a failed TLS handshake with the CSMS is; undefined when TLS is not to blame. */
export function upstreamSecurityEvent(code: string | undefined, message: string): SecurityEvent | undefined {
  if (code !== undefined && CERTIFICATE_CODES.has(code)) return "InvalidCentralSystemCertificate";
  const text = `${code ?? ""} ${message}`;
  if (/protocol.?version|unsupported.?protocol|ERR_SSL_WRONG_VERSION/i.test(text)) return "InvalidTLSVersion";
  if (/cipher|NoKxGroupsInCommon|NoCipherSuitesInCommon|handshake.?failure/i.test(text)) return "InvalidTLSCipherSuite";
  if (/certificate|UnknownIssuer|NotValidForName|BadSignature/i.test(text)) return "InvalidCentralSystemCertificate";
  return undefined;
}
