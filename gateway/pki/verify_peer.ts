import { createHash } from "node:crypto";
import type { ListenerTrust } from "../core/control_api.ts";
import { ProtocolError } from "../core/errors.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { findPath } from "./chain.ts";
import { sameBytes } from "./der_reader.ts";
import { printable } from "./distinguished_name.ts";
import { KEY_USAGE, PURPOSE } from "./extensions.ts";
import { PKI_LIMITS } from "./limits.ts";
import type { PeerRule } from "./peer_rules.ts";
import { readPem } from "./pem.ts";
import { faultOfKey } from "./public_key.ts";
import { readSignatureAlgorithm } from "./signature.ts";

/**
 * The verdict over a client certificate. `commonName` is exactly what the certificate says, case and all: compare it
 * with the station id byte by byte (invariant 11). The peer is never told `rule` or `message`.
 */
export type PeerVerdict =
  | {
    readonly ok: true;
    readonly commonName: string;
    /** SHA-256 over the DER, lower-case hex. */
    readonly fingerprint: string;
    /** Lower-case hex without leading zero bytes. */
    readonly serial: string;
    /** Milliseconds since the epoch: the earliest end of its chain. */
    readonly notAfter: number;
  }
  | Refusal;

/** A refused certificate; names are there when the certificate could be read. */
export interface Refusal {
  readonly ok: false;
  readonly rule: PeerRule;
  readonly message: string;
  readonly commonName?: string;
  readonly fingerprint?: string;
  readonly serial?: string;
  /** Set by SocketVerifier: see standingOf. */
  readonly isStranger?: true;
}

/** The part of ListenerTrust that decides about peers. */
export type PeerTrust = Pick<ListenerTrust, "clientCas" | "denied" | "organizations">;

interface Accepted {
  readonly ok: true;
  readonly commonName: string;
  readonly path: readonly Certificate[];
}

interface CompiledTrust {
  readonly anchors: readonly Certificate[];
  readonly deniedFingerprints: ReadonlySet<string>;
  readonly deniedSerials: ReadonlySet<string>;
  /** What does not depend on time, by the bytes of the chain. Newest last. */
  readonly chains: Map<string, Accepted | Refusal>;
}

const compiled = new WeakMap<PeerTrust, CompiledTrust>();

/**
 * Judges a client certificate for one listener (invariant 2, facts 6.3): X.509 v3, chain to this listener's CAs, key
 * size, signature, purpose, dates, revocation, O and CN. `chain` is DER, the peer's own first, others in any order.
 * Pure and total: the same arguments give the same verdict, every fault is a refusal. Signatures are remembered per
 * `trust` object, so pass the same object until it changes, and a new one when it does.
 *
 * This proves nothing about the private key: on sockets use SocketVerifier, and this for the re-check on a timer.
 */
export function verifyPeer(chain: readonly Uint8Array[], trust: PeerTrust, now: number): PeerVerdict {
  if (chain.length === 0) return refuse("peer.presented", "no certificate was presented");
  try {
    const rules = compile(trust);
    const known = judgeOnce(chain, trust, rules);
    return known.ok ? judgeNow(known, rules, now) : known;
  } catch (error) {
    if (error instanceof ProtocolError) return refuse("peer.encoding", error.message);
    throw error;
  }
}

function judgeOnce(chain: readonly Uint8Array[], trust: PeerTrust, rules: CompiledTrust): Accepted | Refusal {
  if (chain.length > PKI_LIMITS.presentedCertificates) {
    return refuse("peer.encoding", `${chain.length} certificates: at most ${PKI_LIMITS.presentedCertificates}`);
  }
  const key = chain.map((der) => createHash("sha256").update(der).digest("hex")).join();
  const known = rules.chains.get(key);
  if (known) rules.chains.delete(key); // put back below as the newest
  const verdict = known ?? judge(chain.map(readCertificate), trust, rules);
  if (rules.chains.size >= PKI_LIMITS.cachedChains) rules.chains.delete(rules.chains.keys().next().value!);
  rules.chains.set(key, verdict);
  return verdict;
}

function judge(
  [first, ...presented]: readonly Certificate[],
  trust: PeerTrust,
  rules: CompiledTrust,
): Accepted | Refusal {
  const leaf = first!;
  const own = faultOfLeaf(leaf);
  if (own) return refuse(own[0], own[1], leaf);
  const found = findPath(leaf, presented, rules.anchors, PURPOSE.clientAuth);
  if (!found.ok) return refuse(found.rule, found.message, leaf);
  const { organizations, commonNames } = leaf.subject;
  if (trust.organizations.length > 0) {
    const [organization, ...more] = organizations;
    if (organization === undefined || more.length > 0 || !trust.organizations.includes(organization)) {
      const shown = organizations.map((name) => `"${printable(name)}"`).join(", ") || "none";
      return refuse("peer.organization", `its organization (O) is ${shown}, which is not accepted here`, leaf);
    }
  }
  const [commonName, ...more] = commonNames;
  if (commonName === undefined || more.length > 0 || !isPlain(commonName)) {
    const shown = commonNames.map((name) => `"${printable(name)}"`).join(", ") || "none";
    return refuse("peer.common-name", `its common name (CN) is ${shown}: wanted one of plain text`, leaf);
  }
  return { ok: true, commonName, path: found.path };
}

function faultOfLeaf(leaf: Certificate): readonly [PeerRule, string] | undefined {
  const { extensions, version, publicKey } = leaf;
  if (version !== 3) return ["peer.version", `it is an X.509 certificate of version ${version}: wanted 3`];
  const critical = extensions.unknownCritical[0];
  if (critical !== undefined) {
    return ["peer.critical-extension", `its critical extension ${critical} is not understood`];
  }
  if (extensions.ca?.isCa) return ["peer.is-ca", "it is a CA's certificate, not a peer's own"];
  const keyFault = faultOfKey(publicKey);
  if (keyFault) return ["peer.key", keyFault];
  const algorithm = readSignatureAlgorithm(leaf.signatureAlgorithm);
  if ("refused" in algorithm) {
    return ["peer.signature-algorithm", `it is signed with ${algorithm.refused}: wanted SHA-256 or better`];
  }
  // Without these extensions every purpose is allowed; where they stand, they bind (RFC 5280 section 4.2.1.12).
  if (extensions.purposes && !extensions.purposes.includes(PURPOSE.clientAuth)) {
    return ["peer.purpose", "its extended key usage does not name TLS clients"];
  }
  if (extensions.keyUsage && !extensions.keyUsage.has(KEY_USAGE.digitalSignature)) {
    return ["peer.purpose", "its key usage does not allow signatures"];
  }
  return undefined;
}

function judgeNow({ path, commonName }: Accepted, rules: CompiledTrust, now: number): PeerVerdict {
  const leaf = path[0]!;
  const whoseIs = ({ der }: Certificate) => der === leaf.der ? "it" : "a CA above it";
  // Before the dates, which a caller may overlook: a revocation never is.
  const revoked = path.find((certificate) => isDenied(certificate, rules));
  if (revoked) return refuse("peer.revoked", `${whoseIs(revoked)} was revoked (serial ${revoked.serial})`, leaf);
  for (const certificate of path) {
    const { notBefore, notAfter } = certificate, whose = whoseIs(certificate);
    const clock = `the gateway's clock says ${iso(now)}`;
    if (now < notBefore) {
      return refuse("peer.not-yet-valid", `${whose} is valid from ${iso(notBefore)}, ${clock}`, leaf);
    }
    if (now > notAfter) return refuse("peer.expired", `${whose} was valid until ${iso(notAfter)}, ${clock}`, leaf);
  }
  const notAfter = Math.min(...path.map((certificate) => certificate.notAfter));
  return { ok: true, commonName, fingerprint: leaf.fingerprint, serial: leaf.serial, notAfter };
}

/**
 * What a chain that verifyPeer refused is to this listener. "stranger": nothing of it names one of its CAs as its issuer;
 * such a certificate, often one of the station's maker, says nothing for the peer and nothing against it. "revoked": by
 * serial or fingerprint, whoever issued it. One that cannot be read names no CA.
 */
export function standingOf(chain: readonly Uint8Array[], trust: PeerTrust): "known" | "revoked" | "stranger" {
  const rules = compile(trust);
  let isKnown = false;
  for (const der of chain.slice(0, PKI_LIMITS.presentedCertificates)) {
    const certificate = readable(der);
    const fingerprint = createHash("sha256").update(der).digest("hex");
    if (certificate ? isDenied(certificate, rules) : rules.deniedFingerprints.has(fingerprint)) return "revoked";
    isKnown ||= rules.anchors.some(({ subject }) => certificate && sameBytes(subject.raw, certificate.issuer.raw));
  }
  return isKnown ? "known" : "stranger";
}

function isDenied({ fingerprint, serial }: Certificate, rules: CompiledTrust): boolean {
  return rules.deniedFingerprints.has(fingerprint) || rules.deniedSerials.has(serial);
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function compile(trust: PeerTrust): CompiledTrust {
  const known = compiled.get(trust);
  if (known) return known;
  const rules: CompiledTrust = {
    anchors: trust.clientCas.flatMap((pem) => readPem(pem, "CERTIFICATE")).map(readCertificate),
    deniedFingerprints: new Set(trust.denied.fingerprints),
    deniedSerials: new Set(trust.denied.serials),
    chains: new Map(),
  };
  compiled.set(trust, rules);
  return rules;
}

/** No control characters, no NUL, no spaces at the ends: what people see is what is compared. */
function isPlain(name: string): boolean {
  return name.length > 0 && name.length <= PKI_LIMITS.commonNameChars &&
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name);
}

/** A refusal of one certificate. */
export function refuse(rule: PeerRule, message: string, leaf?: Certificate): Refusal {
  if (!leaf) return { ok: false, rule, message };
  const { fingerprint, serial, subject: { commonNames: [commonName] } } = leaf;
  const name = commonName === undefined ? {} : { commonName: printable(commonName) };
  return { ok: false, rule, message, fingerprint, serial, ...name };
}

const iso = (ms: number): string => new Date(ms).toISOString();
