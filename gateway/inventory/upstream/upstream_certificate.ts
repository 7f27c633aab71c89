import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { GatewayError } from "../../core/errors.ts";
import { type Certificate, readCertificate } from "../../pki/certificate.ts";
import { findPath } from "../../pki/chain.ts";
import { writeStationRequest } from "../../pki/csr_writer.ts";
import { sameBytes } from "../../pki/der_reader.ts";
import { toPem } from "../../pki/der_writer.ts";
import { printable } from "../../pki/distinguished_name.ts";
import { KEY_USAGE, PURPOSE } from "../../pki/extensions.ts";
import { PKI_LIMITS } from "../../pki/limits.ts";
import { readPem } from "../../pki/pem.ts";
import { faultOfKey } from "../../pki/public_key.ts";
import { readSignatureAlgorithm } from "../../pki/signature.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { UpstreamCertificate, UpstreamRecord } from "./upstream_record.ts";

type Request = NonNullable<UpstreamRecord["request"]>;

/** A new P-256 key for one station's CSMS leg, and the request for its certificate in PEM (OCPP 1.6 whitepaper A02). */
export function makeRequest(
  stationId: string,
  organization: string,
  now: number,
): { readonly request: Request; readonly csr: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  const csr = toPem("CERTIFICATE REQUEST", writeStationRequest(organization, stationId, spki, privateKey));
  const keyPem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  return { request: { keyPem, spki: Buffer.from(spki).toString("base64"), at: now }, csr };
}

/** What a signed chain is: the gateway's, for another key, or unusable. */
export type ChainVerdict =
  | { readonly is: "ours"; readonly certificate: UpstreamCertificate }
  | { readonly is: "foreign" }
  | { readonly is: "bad"; readonly reason: string };

/**
 * Judges a chain that a CSMS had signed (A02.FR.06 to 08): whose key, dates, properties, hierarchy. It is the CSMS that
 * accepts the certificate later, so no root need be known here; but what could never be used is not taken.
 */
export function judgeChain(
  chainPem: string,
  request: Request | undefined,
  stationId: string,
  now: number,
): ChainVerdict {
  if (chainPem.length > UPSTREAM_LIMITS.chainChars) {
    return bad(`the chain has more than ${UPSTREAM_LIMITS.chainChars} characters`);
  }
  let chain: Certificate[];
  try {
    chain = readPem(chainPem, "CERTIFICATE", PKI_LIMITS.presentedCertificates).map(readCertificate);
  } catch (error) {
    if (error instanceof GatewayError) return bad(error.message);
    throw error;
  }
  const [leaf, ...above] = chain;
  if (!leaf) return bad("there is no certificate in it");
  if (!request || !sameBytes(leaf.publicKey.spki, Buffer.from(request.spki, "base64"))) return { is: "foreign" };
  const reason = faultOfLeaf(leaf, stationId) ?? faultOfDates(chain, now) ?? faultOfHierarchy(leaf, above);
  if (reason !== undefined) return bad(reason);
  const notAfter = Math.min(...chain.map((certificate) => certificate.notAfter));
  const pem = chain.map(({ der }) => toPem("CERTIFICATE", der)).join("");
  return { is: "ours", certificate: { chainPem: pem, keyPem: request.keyPem, notAfter } };
}

const bad = (reason: string): ChainVerdict => ({ is: "bad", reason });

function faultOfLeaf({ version, subject, extensions, publicKey, signatureAlgorithm }: Certificate, stationId: string) {
  if (version !== 3) return `it is an X.509 certificate of version ${version}: wanted 3`;
  const { commonNames } = subject;
  if (commonNames.length !== 1 || commonNames[0] !== stationId) {
    return `its common name (CN) is "${printable(commonNames.join(", "))}": wanted "${stationId}"`;
  }
  if (extensions.ca?.isCa) return "it is a CA's certificate";
  if (extensions.purposes && !extensions.purposes.includes(PURPOSE.clientAuth)) {
    return "it is not meant for TLS clients";
  }
  if (extensions.keyUsage && !extensions.keyUsage.has(KEY_USAGE.digitalSignature)) return "its key may not sign";
  const algorithm = readSignatureAlgorithm(signatureAlgorithm);
  if ("refused" in algorithm) return `it is signed with ${algorithm.refused}: wanted SHA-256 or better`;
  return faultOfKey(publicKey);
}

function faultOfDates(chain: readonly Certificate[], now: number): string | undefined {
  for (const { notBefore, notAfter } of chain) {
    if (now > notAfter) return `a certificate of it was valid until ${new Date(notAfter).toISOString()}`;
    if (now + UPSTREAM_LIMITS.futureMs < notBefore) {
      return `a certificate of it is valid only from ${new Date(notBefore).toISOString()}`;
    }
  }
  return undefined;
}

/** Whatever stands above the leaf must have signed what stands below it. */
function faultOfHierarchy(leaf: Certificate, above: readonly Certificate[]): string | undefined {
  const top = above.at(-1);
  if (!top) return undefined;
  const found = findPath(leaf, above.slice(0, -1), [top], PURPOSE.clientAuth);
  return found.ok ? undefined : `its chain does not hold together: ${found.message}`;
}
