import { X509Certificate } from "node:crypto";
import { createPrivateKey } from "node:crypto";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { GatewayError, IntegrityError } from "../core/errors.ts";
import { type Certificate, isSelfIssued, readCertificate } from "./certificate.ts";
import { showAddress } from "./extension_writer.ts";
import { GENERAL_NAME, PURPOSE } from "./extensions.ts";
import { readPem } from "./pem.ts";
import { faultOfKey } from "./public_key.ts";
import { isSignedBy, readSignatureAlgorithm } from "./signature.ts";
import { sameBytes } from "./der_reader.ts";

/**
 * Checks a certificate with its key before a listener may present it (facts O-15, F5): readable, X.509 v3, strong
 * keys, dates, purpose, order of the chain, and that the key belongs to it.
 * @param now undefined leaves the dates to the clients
 * @returns the certificates, leaf first
 * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE with what is wrong; the message never holds the key
 */
export function checkIdentity(identity: ServerIdentity, now: number | undefined): readonly Certificate[] {
  const chain = readChain(identity.certPem);
  const leaf = chain[0]!;
  for (const certificate of chain) {
    requireSound(certificate);
    if (now !== undefined) requireDates(certificate, now);
  }
  if (leaf.extensions.ca?.isCa) throw unusable("it is a CA's certificate");
  const { purposes } = leaf.extensions;
  if (purposes && !purposes.includes(PURPOSE.serverAuth)) {
    throw unusable("its extended key usage does not name servers");
  }
  for (const [index, issuer] of chain.slice(1).entries()) requireIssued(chain[index]!, issuer);
  const wanted = leaf.publicKey.kind === "rsa" ? "rsa" : "ec";
  if (wanted !== identity.keyType) throw unusable(`its key is ${leaf.publicKey.kind}, not ${identity.keyType}`);
  requireOwnKey(leaf, identity.keyPem);
  return chain;
}

/** Checks the CAs for client certificates: one unreadable entry makes rustls refuse every client (facts 6.1). */
export function checkClientCas(cas: readonly string[]): void {
  for (const pem of cas) {
    const certificates = readable(() => readPem(pem, "CERTIFICATE").map(readCertificate));
    if (certificates.length === 0) throw unusable("a CA file for client certificates holds no certificate");
    for (const { version, extensions, subject } of certificates) {
      if (version === 3 && extensions.ca?.isCa) continue;
      const name = subject.commonNames[0] ?? "without a name";
      throw unusable(`"${name}" among the CAs for client certificates is not a CA of X.509 version 3`);
    }
  }
}

/** Host names and addresses that a certificate is for: its alternative names, else its common name. */
export function namesOf(certificate: Certificate): readonly string[] {
  const names = certificate.extensions.altNames.flatMap(({ kind, text, bytes }) => {
    if (kind === GENERAL_NAME.dns) return [text!.toLowerCase()];
    return kind === GENERAL_NAME.ip ? [showAddress(bytes)] : [];
  });
  return names.length > 0 ? names : certificate.subject.commonNames.map((name) => name.toLowerCase());
}

/** An identity from a certificate file and its key file. @throws IntegrityError PKI_CERTIFICATE_UNUSABLE */
export function identityOf(certPem: string, keyPem: string): ServerIdentity {
  const leaf = readChain(certPem)[0]!;
  return { keyType: leaf.publicKey.kind === "rsa" ? "rsa" : "ec", names: namesOf(leaf), certPem, keyPem };
}

/** The earliest end of all certificates that a trust presents; undefined when it presents none. */
export function earliestEnd(trust: Pick<ListenerTrust, "identities">): number | undefined {
  const ends = trust.identities.flatMap(({ certPem }) => readChain(certPem).map(({ notAfter }) => notAfter));
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

function readChain(certPem: string): readonly Certificate[] {
  const chain = readable(() => readPem(certPem, "CERTIFICATE").map(readCertificate));
  if (chain.length === 0) throw unusable("the file holds no certificate");
  return chain;
}

function requireDates({ notBefore, notAfter }: Certificate, now: number): void {
  if (now < notBefore) throw unusable(`it is not valid before ${new Date(notBefore).toISOString()}`);
  if (now > notAfter) throw unusable(`it expired on ${new Date(notAfter).toISOString()}`);
}

function requireSound(certificate: Certificate): void {
  const { version, publicKey, signatureAlgorithm } = certificate;
  if (version !== 3) throw unusable(`it is an X.509 certificate of version ${version}: wanted 3`);
  const fault = faultOfKey(publicKey);
  if (fault) throw unusable(fault);
  const algorithm = readSignatureAlgorithm(signatureAlgorithm);
  // The signature of a root over itself protects nothing, so an old root may be signed with anything.
  if ("refused" in algorithm && !isSelfIssued(certificate)) throw unusable(`it is signed with ${algorithm.refused}`);
}

function requireIssued(certificate: Certificate, issuer: Certificate): void {
  const algorithm = readSignatureAlgorithm(certificate.signatureAlgorithm);
  const signed = !("refused" in algorithm) && sameBytes(certificate.issuer.raw, issuer.subject.raw) &&
    isSignedBy(issuer.publicKey.spki, algorithm, certificate.signed, certificate.signature);
  if (!signed) throw unusable("its chain is not in order: each certificate must be followed by its issuer");
}

function requireOwnKey(leaf: Certificate, keyPem: string): void {
  let belongs = false;
  try {
    belongs = new X509Certificate(leaf.der as Uint8Array<ArrayBuffer>).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    throw unusable("its private key cannot be read"); // without the cause: it may quote the key
  }
  if (!belongs) throw unusable("its private key belongs to another certificate");
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof GatewayError ? unusable("it cannot be read", error) : error;
  }
}

/** The certificate cannot be used; the listener keeps what it has. */
export function unusable(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError("PKI_CERTIFICATE_UNUSABLE", `Cannot use the server certificate: ${why}`, {
    cause,
    hint: "The listener keeps the certificate that it had; correct the files and reload",
  });
}
