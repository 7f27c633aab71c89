import { printable } from "./distinguished_name.ts";
import type { ClientHello } from "./client_hello.ts";
import { showSuites, showVersions } from "./offer.ts";

/** A handshake that did not come about, told once. */
export interface HandshakeFailure {
  /** Address of the client. */
  readonly source: string;
  readonly reason: FailureReason;
  /** What was offered, when it got that far. */
  readonly hello?: ClientHello;
  /** Words of the TLS library, for people. */
  readonly detail?: string;
}

/**
 * Why; the Invalid... ones are the names of OCPP security events (facts O-12, O-24). InvalidCentralSystemCertificate: the
 * client does not accept the certificate of this server, and said so.
 */
export type FailureReason =
  | "ClosedByPeer"
  | "HandshakeFailed"
  | "HandshakeTimeout"
  | "InvalidCentralSystemCertificate"
  | "InvalidChargePointCertificate"
  | "InvalidTLSCipherSuite"
  | "InvalidTLSVersion"
  | "NotTls"
  | "TooManyAttempts"
  | "TooManyHandshakes";

const PEERS_VERDICT =
  /received fatal alert: (UnknownCA|(Bad|Unsupported)Certificate|Certificate(Revoked|Expired|Unknown))/;

/** What an error of the TLS server says about the reason. */
export function reasonOfError(error: Error & { readonly code?: string }): FailureReason {
  const text = `${error.code ?? ""} ${error.message}`;
  // Alerts 42 to 46, 48 and 113 come from the peer, and are about our certificate.
  if (PEERS_VERDICT.test(text)) return "InvalidCentralSystemCertificate";
  // The peer could not prove its key, or its certificate cannot be read.
  if (/UNABLE_TO_VERIFY|CERT_|CERTIFICATE/.test(text)) return "InvalidChargePointCertificate";
  if (/PeerIncompatible|incompatible|NO_SHARED_CIPHER|handshake failure/i.test(text)) return "InvalidTLSCipherSuite";
  if (/socket hang up|ECONNRESET|closed/i.test(text)) return "ClosedByPeer";
  return "HandshakeFailed";
}

/** The failure as flat fields for audit and logs; nothing a peer wrote gets in unescaped or at any length. */
export function describeFailure({ source, reason, hello, detail }: HandshakeFailure): Record<string, string> {
  return {
    source,
    reason,
    ...(hello ? { versions: showVersions(hello), suites: showSuites(hello) } : {}),
    ...(hello?.serverName === undefined ? {} : { serverName: printable(hello.serverName) }),
    ...(detail === undefined ? {} : { detail: printable(detail) }),
  };
}
