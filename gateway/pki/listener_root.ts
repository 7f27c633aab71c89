import type { ServerIdentity } from "../core/control_api.ts";
import { type Certificate, isSelfIssued, readCertificate } from "./certificate.ts";
import { sameBytes } from "./der_reader.ts";
import { toPem } from "./der_writer.ts";
import { readPem } from "./pem.ts";

/** A root that clients of a listener must trust. */
export interface ListenerRoot {
  readonly pem: string;
  readonly keyType: "ec" | "rsa";
}

/**
 * The root that a listener's certificate chains to, as far as it is known here: in its own chain, or among the CAs of
 * the site. undefined: it is a root of somebody else, whom only a person knows.
 */
export function rootOf(identity: ServerIdentity | undefined, known: readonly Certificate[]): ListenerRoot | undefined {
  if (!identity) return undefined;
  const chain = readPem(identity.certPem, "CERTIFICATE").map(readCertificate);
  const top = chain.at(-1);
  if (!top) return undefined;
  const root = [...chain, ...known].find((one) => isSelfIssued(one) && sameBytes(one.subject.raw, top.issuer.raw));
  if (!root) return undefined;
  return { pem: toPem("CERTIFICATE", root.der), keyType: root.publicKey.kind === "rsa" ? "rsa" : "ec" };
}
