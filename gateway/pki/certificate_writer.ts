import { type KeyObject, sign } from "node:crypto";
import { bitString, type Bytes, explicit, integer, oid, sequence, time, toPem } from "./der_writer.ts";
import { der } from "./der_writer.ts";
import { TAG } from "./der_reader.ts";
import { extensionList } from "./extension_writer.ts";

/** What stands in a certificate that this site signs. Times are milliseconds since the epoch. */
export interface CertificateContent {
  /** 16 to 20 bytes, the first one from 1 to 127. */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Uint8Array[];
}

/** Writes and signs an X.509 v3 certificate (RFC 5280 section 4.1) with SHA-256, as PEM. */
export function writeCertificate(content: CertificateContent, signer: KeyObject): string {
  const algorithm = signatureAlgorithmOf(signer);
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(content.serial),
    algorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.spki,
    extensionList(content.extensions),
  );
  return toPem("CERTIFICATE", sequence(tbs, algorithm, bitString(signWith(signer, tbs))));
}

/** One entry of a revocation list. */
export interface RevokedEntry {
  /** Serial number as lower-case hex. */
  readonly serial: string;
  readonly at: number;
}

/** Writes and signs a revocation list of version 2 (RFC 5280 section 5), as PEM. */
export function writeRevocationList(
  content: {
    readonly issuer: Uint8Array;
    readonly thisUpdate: number;
    readonly nextUpdate: number;
    readonly revoked: readonly RevokedEntry[];
    readonly extensions: readonly Uint8Array[];
  },
  signer: KeyObject,
): string {
  const algorithm = signatureAlgorithmOf(signer);
  const entries = content.revoked.map(({ serial, at }) => sequence(integer(hexBytes(serial)), time(at)));
  const tbs = sequence(
    integer(1),
    algorithm,
    content.issuer,
    time(content.thisUpdate),
    time(content.nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(...content.extensions)),
  );
  return toPem("X509 CRL", sequence(tbs, algorithm, bitString(signWith(signer, tbs))));
}

const signWith = (signer: KeyObject, bytes: Uint8Array): Uint8Array => sign("sha256", bytes, signer);

function signatureAlgorithmOf(signer: KeyObject): Bytes {
  return signer.asymmetricKeyType === "rsa"
    ? sequence(oid("1.2.840.113549.1.1.11"), der(TAG.null))
    : sequence(oid("1.2.840.10045.4.3.2"));
}

const hexBytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
