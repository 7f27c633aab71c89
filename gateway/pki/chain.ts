import { type Certificate, isSelfIssued } from "./certificate.ts";
import { sameBytes } from "./der_reader.ts";
import { KEY_USAGE } from "./extensions.ts";
import { PKI_LIMITS } from "./limits.ts";
import { faultOfNames } from "./name_constraints.ts";
import { faultOfKey } from "./public_key.ts";
import { isSignedBy, readSignatureAlgorithm } from "./signature.ts";

/** A path from a certificate up to a trusted CA, or the most telling reason why there is none. */
export type PathResult =
  | { readonly ok: true; readonly path: readonly Certificate[] }
  | { readonly ok: false; readonly rule: PathFault; readonly message: string };

/** Which check of a path failed. */
export type PathFault =
  | "peer.chain"
  | "peer.issuer-not-ca"
  | "peer.key"
  | "peer.name-constraints"
  | "peer.path-length"
  | "peer.signature-algorithm"
  | "peer.version";

interface Search {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly purpose: string;
  signatureChecks: number;
  fault: { readonly rule: PathFault; readonly message: string } | undefined;
}

/**
 * Finds a path from `leaf` to one of the trusted CAs (RFC 5280 section 6.1 without policies). Dates are judged by the
 * caller, again at each use. Anchors are judged like every other CA: their flags and constraints bind. The number of
 * signatures checked is bounded.
 */
export function findPath(
  leaf: Certificate,
  presented: readonly Certificate[],
  anchors: readonly Certificate[],
  purpose: string,
): PathResult {
  const search: Search = { anchors, intermediates: presented, purpose, signatureChecks: 0, fault: undefined };
  const path = extend([leaf], search);
  if (path) return { ok: true, path };
  const message = "it does not chain to a CA that this listener trusts";
  return { ok: false, ...(search.fault ?? { rule: "peer.chain", message }) };
}

function extend(path: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const child = path[path.length - 1]!;
  for (const anchor of search.anchors) {
    if (isIssuer(anchor, child, path, search)) return [...path, anchor];
  }
  if (path.length > PKI_LIMITS.intermediates) return undefined;
  for (const candidate of search.intermediates) {
    if (path.includes(candidate) || !isIssuer(candidate, child, path, search)) continue;
    const found = extend([...path, candidate], search);
    if (found) return found;
  }
  return undefined;
}

function isIssuer(ca: Certificate, child: Certificate, path: readonly Certificate[], search: Search): boolean {
  if (!sameBytes(ca.subject.raw, child.issuer.raw)) return false;
  const fault = faultOfCa(ca, path, search.purpose);
  if (fault) return reject(search, ...fault);
  const algorithm = readSignatureAlgorithm(child.signatureAlgorithm);
  if ("refused" in algorithm) {
    return reject(
      search,
      "peer.signature-algorithm",
      `it is signed with ${algorithm.refused}: wanted SHA-256 or better`,
    );
  }
  if (search.signatureChecks >= PKI_LIMITS.signatureChecks) {
    return reject(search, "peer.chain", `its chain needs more than ${PKI_LIMITS.signatureChecks} signature checks`);
  }
  search.signatureChecks++;
  return isSignedBy(ca.publicKey.spki, algorithm, child.signed, child.signature);
}

function faultOfCa(
  ca: Certificate,
  path: readonly Certificate[],
  purpose: string,
): readonly [PathFault, string] | undefined {
  const { extensions, version } = ca;
  if (version !== 3) return ["peer.version", `its issuer is an X.509 certificate of version ${version}: wanted 3`];
  if (!extensions.ca?.isCa) return ["peer.issuer-not-ca", "its issuer is not marked as a CA"];
  if (extensions.keyUsage && !extensions.keyUsage.has(KEY_USAGE.keyCertSign)) {
    return ["peer.issuer-not-ca", "its issuer may not sign certificates (key usage)"];
  }
  if (extensions.purposes && !extensions.purposes.includes(purpose)) {
    return ["peer.issuer-not-ca", "its issuer may not vouch for this purpose (extended key usage)"];
  }
  if (extensions.unknownCritical.length > 0) {
    return [
      "peer.chain",
      `its issuer has the critical extension ${extensions.unknownCritical[0]}, not understood here`,
    ];
  }
  const keyFault = faultOfKey(ca.publicKey);
  if (keyFault) return ["peer.key", `its issuer cannot be used: ${keyFault}`];
  const below = path.slice(1).filter((certificate) => !isSelfIssued(certificate)).length;
  if (extensions.ca.pathLength !== undefined && below > extensions.ca.pathLength) {
    return ["peer.path-length", `${below} CAs stand below one that allows ${extensions.ca.pathLength}`];
  }
  return faultOfConstraints(ca, path);
}

function faultOfConstraints(ca: Certificate, path: readonly Certificate[]): readonly [PathFault, string] | undefined {
  const constraints = ca.extensions.nameConstraints;
  if (!constraints) return undefined;
  for (const [index, certificate] of path.entries()) {
    // Self-issued CAs (a CA that renews its key) are exempt, the certificate at the end never is.
    if (index > 0 && isSelfIssued(certificate)) continue;
    const fault = faultOfNames(certificate, constraints);
    if (fault) return ["peer.name-constraints", fault];
  }
  return undefined;
}

function reject(search: Search, rule: PathFault, message: string): false {
  search.fault ??= { rule, message };
  return false;
}
