import type { Finding } from "../../policies/firmware_trust.ts";
import { describeError } from "../core/errors.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { sameBytes } from "../pki/der_reader.ts";
import { showName } from "../pki/distinguished_name.ts";
import { KEY_USAGE } from "../pki/extensions.ts";
import { faultOfNames } from "../pki/name_constraints.ts";
import { readPem } from "../pki/pem.ts";
import { readSignatureAlgorithm } from "../pki/signature.ts";
import { checkSignature, readSigningKey, type SigningKey } from "./detached_signature.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";
import type { SignatureAlgorithm } from "./signature_algorithms.ts";

/** What a signing certificate is judged by. */
export interface SigningTrust {
  readonly vendor: string;
  /** ManufacturerRootCertificates. */
  readonly roots: readonly Certificate[];
  /** Serial numbers in hex. */
  readonly revokedSerials: readonly string[];
}

/** A judged certificate; its key only when it is good, or bad for its age alone. */
export interface JudgedSigner {
  readonly finding: Finding;
  readonly key?: SigningKey;
  /** OCPP has a word of its own for it (RevokedCertificate). */
  readonly isRevoked?: true;
}

/**
 * Judges a firmware signing certificate (OCPP A00.FR.501 to 514): issued by a pinned root directly, since intermediates
 * are not allowed there; dates, key, usage, revocation. Extended key usage is never asked for (A00.FR.514).
 * @param text PEM; or the DER as base64 or hex, as the first security whitepaper had it
 * @param now wall milliseconds
 */
export function judgeSigner(text: string, trust: SigningTrust, now: number): JudgedSigner {
  let certificate: Certificate;
  try {
    certificate = readCertificate(derOf(text));
  } catch (error) {
    return bad(`the signing certificate cannot be read: ${describeError(error)}`);
  }
  const who = `the signing certificate of ${showName(certificate.subject)}`;
  if (trust.roots.length === 0) return bad(`the site has no ManufacturerRootCertificate of ${trust.vendor}`);
  if (certificate.version !== 3) return bad(`${who} is X.509 version ${certificate.version}: wanted 3`);
  const issuer = trust.roots.find((root) => isIssuer(root, certificate, now));
  if (!issuer) return bad(`${who} is not issued by a ManufacturerRootCertificate of ${trust.vendor}`);
  if (trust.revokedSerials.some((serial) => sameSerial(serial, certificate.serial))) {
    return { ...bad(`${who}, serial ${certificate.serial}, is revoked`), isRevoked: true };
  }
  const unfit = faultOfSigner(certificate);
  if (unfit !== undefined) return bad(`${who} ${unfit}`);
  const key = readSigningKey(certificate.publicKey.spki);
  if ("refused" in key) return bad(`${who} cannot be used: ${key.refused}`);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (now < certificate.notBefore) return bad(`${who} holds from ${day(certificate.notBefore)} only`);
  if (now > certificate.notAfter) {
    return { finding: { found: "bad", detail: `${who} expired on ${day(certificate.notAfter)}`, aged: true }, key };
  }
  const until = `holds until ${day(certificate.notAfter)}`;
  return { finding: { found: "good", detail: `${showName(certificate.subject)}, ${until}` }, key };
}

function faultOfSigner({ publicKey: { kind, bits }, extensions }: Certificate): string | undefined {
  if (kind === "rsa" && bits < 2_048) return `has an RSA key of ${bits} bits: wanted 2048 or more`;
  if (kind === "ec" && bits < 224) return `has a curve of ${bits} bits: wanted 224 or more`;
  if (extensions.ca?.isCa) return "is a CA: a root signs certificates, never an image";
  if (extensions.keyUsage && !extensions.keyUsage.has(KEY_USAGE.digitalSignature)) {
    return "may not make digital signatures (key usage)";
  }
  const unknown = extensions.unknownCritical[0];
  return unknown === undefined ? undefined : `has the critical extension ${unknown}, not understood here`;
}

/** One step up and no further; by the checks of images, which know the curves that the runtime lacks. */
function isIssuer(root: Certificate, leaf: Certificate, now: number): boolean {
  if (root.version !== 3 || !root.extensions.ca?.isCa || !sameBytes(root.subject.raw, leaf.issuer.raw)) return false;
  if (root.extensions.keyUsage && !root.extensions.keyUsage.has(KEY_USAGE.keyCertSign)) return false;
  if (root.extensions.unknownCritical.length > 0 || now < root.notBefore || now > root.notAfter) return false;
  if (root.extensions.nameConstraints && faultOfNames(leaf, root.extensions.nameConstraints)) return false;
  const algorithm = readSignatureAlgorithm(leaf.signatureAlgorithm);
  const key = readSigningKey(root.publicKey.spki);
  if ("refused" in algorithm || "refused" in key || algorithm.hash === null) return false;
  if (algorithm.key !== (key.kind === "rsa" ? "rsa" : "ec")) return false;
  const family = algorithm.key === "ec" ? "ECDSA" : algorithm.pss ? "RSA-PSS" : "RSA-PKCS1";
  // a root may sign its certificates with any sound algorithm; which ones may sign images is the profile's
  const check = checkSignature(key, `${family}-${algorithm.hash.toUpperCase()}` as SignatureAlgorithm, "hash");
  check.update(leaf.signed);
  return check.isGood(leaf.signature);
}

function derOf(text: string): Uint8Array {
  if (text.length > FIRMWARE_LIMITS.certificateChars) {
    throw new RangeError(`it has ${text.length} characters: at most ${FIRMWARE_LIMITS.certificateChars}`);
  }
  if (text.includes("-----BEGIN")) {
    const [first, ...more] = readPem(text, "CERTIFICATE");
    if (!first) throw new TypeError("it holds no PEM block CERTIFICATE");
    if (more.length > 0) {
      throw new TypeError(`it holds ${more.length + 1} certificates: OCPP allows no intermediate ones`);
    }
    return first;
  }
  const bare = text.replace(/\s/g, "");
  if (/^([0-9a-fA-F]{2})+$/.test(bare)) return Uint8Array.from(bare.match(/../g)!, (pair) => parseInt(pair, 16));
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) throw new TypeError("it is neither PEM nor base64 nor hex");
  return Uint8Array.from(atob(bare), (char) => char.charCodeAt(0));
}

const sameSerial = (a: string, b: string): boolean => strip(a) === strip(b);
const strip = (serial: string): string => serial.toLowerCase().replace(/^0+(?=.)/, "");
const bad = (detail: string): JudgedSigner => ({ finding: { found: "bad", detail } });
