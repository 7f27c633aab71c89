import { createServer } from "node:tls";
import type { ServerIdentity } from "../core/control_api.ts";
import type { Timers } from "../core/timers.ts";
import type { PendingKey } from "./acme_records.ts";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";
import { toPem } from "./der_writer.ts";
import { readPem } from "./pem.ts";
import { checkIdentity, namesOf, unusable } from "./server_identity.ts";
import { TlsGeneration } from "./tls_generation.ts";

/**
 * Judges what an ACME server issued: chain in order, dates, strength, exactly our names, our key, and a TLS handshake with
 * it. Only then may it take the place of the certificate before (invariant 4).
 * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE
 */
export async function judgeIssued(
  chainPem: string,
  { names, keyPem }: PendingKey,
  { now, timers }: { readonly now: number; readonly timers: Timers },
): Promise<ServerIdentity> {
  if (chainPem.length > LIMITS.chainChars) throw unusable(`its chain has more than ${LIMITS.chainChars} characters`);
  const chain = readPem(chainPem, "CERTIFICATE", LIMITS.chainCertificates);
  // Written anew: what a server sends beside the certificates goes nowhere.
  const certPem = chain.map((der) => toPem("CERTIFICATE", der)).join("");
  const identity: ServerIdentity = { keyType: "ec", names, certPem, keyPem };
  const [leaf] = checkIdentity(identity, now);
  const given = namesOf(leaf!);
  if (given.toSorted().join(" ") !== names.toSorted().join(" ")) {
    throw unusable(`it is for ${given.join(", ")}: wanted ${names.join(", ")}`);
  }
  const trust = { identities: [identity], clientCas: [], denied: { fingerprints: [], serials: [] }, organizations: [] };
  const generation = await TlsGeneration.create(trust, { askForCertificate: false, now, timers }, (options) => {
    const server = createServer(options, (socket) => socket.on("error", () => socket.destroy()));
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  });
  generation.close();
  return identity;
}
