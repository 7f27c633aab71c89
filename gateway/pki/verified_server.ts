import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { isIP } from "node:net";
import { refuseOldForm } from "./refuse_old_form.ts";

/**
 * Options of a connection to a server that proves itself: TLS 1.2 or newer, a chain to `ca` (PEM; absent: the public CAs of
 * the box), this host's name or address, X.509 v3.
 */
export function verifiedServer(host: string, ca?: string): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) ? {} : { servername: host }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => faultOfServer(host, certificate),
  };
}

/** Why a server whose chain is good is not the host that is meant; undefined: it is. */
export function faultOfServer(host: string, certificate: PeerCertificate): Error | undefined {
  return checkServerIdentity(host, certificate) ?? refuseOldForm(certificate);
}
