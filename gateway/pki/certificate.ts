import { createHash } from "node:crypto";
import { DerReader, malformed, readBytesOfBitString, readTime, readUnsigned, sameBytes, TAG } from "./der_reader.ts";
import { type DistinguishedName, readName } from "./distinguished_name.ts";
import { type Extensions, readExtensions } from "./extensions.ts";
import { PKI_LIMITS } from "./limits.ts";
import { type PublicKeyFacts, readPublicKey } from "./public_key.ts";

/** One X.509 certificate, read but not judged. Times are milliseconds since the epoch. */
export interface Certificate {
  readonly der: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Lower-case hex without leading zero bytes. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKeyFacts;
  readonly extensions: Extensions;
  /** AlgorithmIdentifier of the signature, as DER. */
  readonly signatureAlgorithm: Uint8Array;
  /** What the signature covers. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
}

/** Reads one DER certificate (RFC 5280 section 4.1). Total and bounded. @throws ProtocolError PKI_MALFORMED */
export function readCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > PKI_LIMITS.certificateBytes) throw malformed(`more than ${PKI_LIMITS.certificateBytes} bytes`);
  const whole = new DerReader(bytes);
  const outer = whole.open(TAG.sequence);
  whole.end();
  const tbs = outer.read(TAG.sequence);
  const signatureAlgorithm = outer.read(TAG.sequence).raw;
  const signature = readBytesOfBitString(outer.read(TAG.bitString));
  outer.end();
  const body = outer.inside(tbs);
  const version = readVersion(body);
  const serial = readUnsigned(body.read(TAG.integer));
  if (serial.length > 40) throw malformed("serial number of more than 20 bytes");
  // Two places name the algorithm: were they to differ, the unsigned one could lie (RFC 5280 section 4.1.1.2).
  if (!sameBytes(body.read(TAG.sequence).raw, signatureAlgorithm)) throw malformed("two signature algorithms");
  const issuer = readName(body.read(TAG.sequence));
  const validity = body.open(TAG.sequence);
  const notBefore = readTime(validity.read());
  const notAfter = readTime(validity.read());
  validity.end();
  const subject = readName(body.read(TAG.sequence));
  const publicKey = readPublicKey(body.read(TAG.sequence));
  body.optional(0x81);
  body.optional(0x82);
  const extensions = readTail(body, version);
  const fingerprint = createHash("sha256").update(bytes).digest("hex");
  const dates = { notBefore, notAfter };
  const names = { issuer, subject };
  return {
    ...{ der: bytes, version, serial, ...names, ...dates, publicKey, extensions },
    ...{ signatureAlgorithm, signed: tbs.raw, signature, fingerprint },
  };
}

function readVersion(body: DerReader): number {
  const tag = body.optional(0xa0);
  if (!tag) return 1;
  const reader = body.inside(tag);
  const version = Number.parseInt(readUnsigned(reader.read(TAG.integer)), 16) + 1;
  reader.end();
  if (version !== 2 && version !== 3) throw malformed(`version ${version}`);
  return version;
}

function readTail(body: DerReader, version: number): Extensions {
  const tail = body.optional(0xa3);
  body.end();
  if (!tail) return { altNames: [], unknownCritical: [] };
  if (version !== 3) throw malformed(`extensions in a certificate of version ${version}`);
  const reader = body.inside(tail);
  const extensions = readExtensions(reader.open(TAG.sequence));
  reader.end();
  return extensions;
}

/** True when subject and issuer are the same name. */
export function isSelfIssued(certificate: Certificate): boolean {
  return sameBytes(certificate.subject.raw, certificate.issuer.raw);
}
