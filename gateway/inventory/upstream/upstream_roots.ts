import { createHash } from "node:crypto";
import type { CertificateHash } from "../../core/upstream_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { type Certificate, isSelfIssued, readCertificate } from "../../pki/certificate.ts";
import { findPath } from "../../pki/chain.ts";
import { DerReader, readBytesOfBitString, TAG } from "../../pki/der_reader.ts";
import { toPem } from "../../pki/der_writer.ts";
import { PURPOSE } from "../../pki/extensions.ts";
import { readPem } from "../../pki/pem.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";

const ALGORITHMS = { SHA256: "sha256", SHA384: "sha384", SHA512: "sha512" } as const;

/** The certificates in PEM texts; those that cannot be read are left out: nobody can name them by a hash either. */
export function readRoots(pems: readonly string[]): readonly Certificate[] {
  return pems.flatMap((pem) => {
    try {
      return readPem(pem, "CERTIFICATE").map(readCertificate);
    } catch (error) {
      if (error instanceof GatewayError) return [];
      throw error;
    }
  });
}

/**
 * The hash data by which OCPP names a root (CertificateHashDataType). A root signed itself, so its own key is the
 * issuer's; of the key the bits alone are hashed, as in OCSP (RFC 6960 section 4.1.1).
 */
export function hashOfRoot(root: Certificate, algorithm: CertificateHash["hashAlgorithm"] = "SHA256"): CertificateHash {
  const hash = (bytes: Uint8Array) => createHash(ALGORITHMS[algorithm]).update(bytes).digest("hex");
  const key = new DerReader(root.publicKey.spki).open(TAG.sequence);
  key.read(TAG.sequence);
  return {
    hashAlgorithm: algorithm,
    issuerNameHash: hash(root.issuer.raw),
    issuerKeyHash: hash(readBytesOfBitString(key.read(TAG.bitString))),
    serialNumber: root.serial,
  };
}

/** Whether hash data names this root; hex digits in any case, serial numbers with or without leading zeros. */
export function isNamedBy(root: Certificate, wanted: CertificateHash): boolean {
  if (!isSelfIssued(root) || !(wanted.hashAlgorithm in ALGORITHMS)) return false;
  const own = hashOfRoot(root, wanted.hashAlgorithm);
  const number = (hex: string) => hex.trim().toLowerCase().replace(/^(0x)?0+(?=.)/, "");
  return own.issuerNameHash === wanted.issuerNameHash.toLowerCase() &&
    own.issuerKeyHash === wanted.issuerKeyHash.toLowerCase() &&
    number(own.serialNumber) === number(wanted.serialNumber);
}

/** Roots after one more was asked for, or why it is not taken. The same root again changes nothing. */
export function addRoot(
  roots: readonly string[],
  pem: string,
  now: number,
): { readonly roots: readonly string[] } | { readonly reason: string } {
  if (pem.length > UPSTREAM_LIMITS.rootChars) {
    return { reason: `it has more than ${UPSTREAM_LIMITS.rootChars} characters` };
  }
  let found: readonly Certificate[];
  try {
    found = readPem(pem, "CERTIFICATE").map(readCertificate);
  } catch (error) {
    if (error instanceof GatewayError) return { reason: error.message };
    throw error;
  }
  const [root, ...more] = found;
  if (!root || more.length > 0) return { reason: `${found.length} certificates: wanted one` };
  const reason = faultOfRoot(root, now);
  if (reason !== undefined) return { reason };
  if (readRoots(roots).some(({ fingerprint }) => fingerprint === root.fingerprint)) return { roots };
  if (roots.length >= UPSTREAM_LIMITS.roots) return { reason: `${UPSTREAM_LIMITS.roots} roots are installed` };
  return { roots: [...roots, toPem("CERTIFICATE", root.der)] };
}

function faultOfRoot(root: Certificate, now: number): string | undefined {
  if (!isSelfIssued(root)) return "it is no root: another CA issued it";
  // A path from the root to itself checks all that a CA must be: version, flags, key, signature.
  const path = findPath(root, [], [root], PURPOSE.serverAuth);
  if (!path.ok) return `it cannot be a root: ${path.message}`;
  if (now > root.notAfter) return `it was valid until ${new Date(root.notAfter).toISOString()}`;
  return undefined;
}

/** Roots without the one that is named; undefined: none of them is. */
export function removeRoot(roots: readonly string[], hash: CertificateHash): readonly string[] | undefined {
  const left = roots.filter((pem) => !readRoots([pem]).some((root) => isNamedBy(root, hash)));
  return left.length === roots.length ? undefined : left;
}
