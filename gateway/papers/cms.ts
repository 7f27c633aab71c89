import { createHash } from "node:crypto";
import { ProtocolError } from "../core/errors.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { type Der, DerReader, readOid, readUnsigned, sameBytes, TAG } from "../pki/der_reader.ts";
import { type Bytes, der, integer, octetString, oid, sequence, setOf } from "../pki/der_writer.ts";
import { isSignedBy, readSignatureAlgorithm } from "../pki/signature.ts";
import { PAPER_LIMITS } from "./limits.ts";

const OID = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;
/** Context tags [0] around certificates and signed attributes. */
const CERTIFICATES = 0xa0, SIGNED_ATTRIBUTES = 0xa0;

/**
 * Writes a detached CMS signature (RFC 5652) of a P-256 key over data with this SHA-256, as PAdES baseline wants it: the
 * signer's certificate is bound by signing-certificate-v2, and the time stands in the PDF, not here.
 * @param chain the signer's certificate, then those above it without the root
 * @param sign makes an ECDSA signature with SHA-256, in DER
 */
export function writeSignature(
  digest: Uint8Array,
  chain: readonly Certificate[],
  sign: (signed: Uint8Array) => Uint8Array,
): Bytes {
  const signer = chain[0]!;
  const attributes = [
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.messageDigest, octetString(digest)),
    attribute(OID.signingCertificate, sequence(sequence(sequence(octetString(sha256(signer.der)))))),
  ];
  const signed = setOf(...attributes);
  const info = sequence(
    integer(1),
    sequence(signer.issuer.raw, integer(Uint8Array.fromHex(signer.serial))),
    sequence(oid(OID.sha256)),
    retagged(signed, SIGNED_ATTRIBUTES),
    sequence(oid(OID.ecdsaWithSha256)),
    octetString(sign(signed)),
  );
  const body = sequence(
    integer(1),
    setOf(sequence(oid(OID.sha256))),
    sequence(oid(OID.data)),
    der(CERTIFICATES, ...chain.map(({ der: bytes }) => bytes)),
    setOf(info),
  );
  return sequence(oid(OID.signedData), der(0xa0, body));
}

/** A signature that fits its own parts; whether its certificate is trusted is for the caller. */
export interface ReadSignature {
  readonly signer: Certificate;
  /** What else it brought. */
  readonly others: readonly Certificate[];
}

/**
 * Reads a detached signature and checks it: over this digest, by the key of the certificate that it names and binds.
 * Zeros behind it are what a PDF keeps free.
 * @throws ProtocolError PAPER_SIGNATURE_INVALID, PKI_MALFORMED
 */
export function readSignature(bytes: Uint8Array, digest: Uint8Array): ReadSignature {
  const content = new DerReader(withoutPadding(bytes)).open(TAG.sequence);
  if (readOid(content.read(TAG.oid)) !== OID.signedData) throw invalid("it is no signed data");
  const data = content.open(0xa0).open(TAG.sequence);
  requireSame(data.read(TAG.integer), integer(1)); // every byte is judged, so that no altered one passes
  requireSame(data.read(TAG.set), setOf(sequence(oid(OID.sha256))));
  const wrapped = data.open(TAG.sequence);
  if (readOid(wrapped.read(TAG.oid)) !== OID.data || !wrapped.done) {
    throw invalid("it does not stand apart from its data");
  }
  const certificates = readCertificates(data);
  const infos = data.open(TAG.set);
  const info = infos.open(TAG.sequence);
  if (!infos.done || !data.done) throw invalid("it has more than one signer");
  requireSame(info.read(TAG.integer), integer(1));
  const signer = signerOf(info.open(TAG.sequence), certificates);
  requireSame(info.read(TAG.sequence), sequence(oid(OID.sha256)));
  const signed = retagged(info.read(SIGNED_ATTRIBUTES).raw, TAG.set);
  judgeAttributes(signed, digest, signer);
  const algorithm = readSignatureAlgorithm(info.read(TAG.sequence).raw);
  if ("refused" in algorithm) throw invalid(`it is made with ${algorithm.refused}`);
  const signature = info.read(TAG.octetString).value;
  if (!info.done) throw invalid("it has attributes that nobody signed");
  if (!isSignedBy(signer.publicKey.spki, algorithm, signed, signature)) throw invalid("its key did not sign it");
  return { signer, others: certificates.filter((each) => each !== signer) };
}

function requireSame({ raw }: Der, wanted: Uint8Array): void {
  if (!sameBytes(raw, wanted)) throw invalid("it is of another form than this gateway's");
}

function readCertificates(data: DerReader): readonly Certificate[] {
  const found: Certificate[] = [];
  for (const reader = data.open(CERTIFICATES); !reader.done;) {
    if (found.length >= PAPER_LIMITS.certificates) {
      throw invalid(`it brings more than ${PAPER_LIMITS.certificates} certificates`);
    }
    found.push(readCertificate(reader.read(TAG.sequence).raw));
  }
  return found;
}

function signerOf(name: DerReader, certificates: readonly Certificate[]): Certificate {
  const issuer = name.read(TAG.sequence).raw, serial = readUnsigned(name.read(TAG.integer));
  const found = certificates.find((each) => each.serial === serial && sameBytes(each.issuer.raw, issuer));
  if (!found) throw invalid("the certificate of its signer is not in it");
  return found;
}

/** The attributes are what is signed: they must speak of these data and of this certificate. */
function judgeAttributes(signed: Uint8Array, digest: Uint8Array, signer: Certificate): void {
  const values = new Map<string, Der>();
  for (const set = new DerReader(signed).open(TAG.set); !set.done;) {
    const one = set.open(TAG.sequence), id = readOid(one.read(TAG.oid)), held = one.open(TAG.set);
    if (values.has(id)) throw invalid(`it has the attribute ${id} twice`);
    values.set(id, held.read());
  }
  const type = values.get(OID.contentType);
  if (type?.tag !== TAG.oid || readOid(type) !== OID.data) throw invalid("it is not over plain data");
  const message = values.get(OID.messageDigest)?.value;
  if (!message || !sameBytes(message, digest)) throw invalid("the data were changed after they were signed");
  const bound = values.get(OID.signingCertificate);
  if (!bound) throw invalid("it does not bind its certificate");
  const first = new DerReader(bound.raw).open(TAG.sequence).open(TAG.sequence).open(TAG.sequence);
  if (!sameBytes(first.read(TAG.octetString).value, sha256(signer.der))) throw invalid("it binds another certificate");
}

const attribute = (id: string, value: Uint8Array): Bytes => sequence(oid(id), setOf(value));
const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

function retagged(value: Uint8Array, tag: number): Bytes {
  const copy = new Uint8Array(value);
  copy[0] = tag;
  return copy;
}

/** The one DER value at the start, where only zeros follow. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  const [, first = 0] = bytes;
  const count = first < 0x80 ? 0 : first & 0x7f;
  const length = count === 0 ? first : bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = 2 + count + length;
  if (end > bytes.length) throw invalid("it is cut off");
  if (bytes.subarray(end).some((byte) => byte !== 0)) throw invalid("something stands behind it");
  return bytes.subarray(0, end);
}

const invalid = (why: string): ProtocolError =>
  new ProtocolError("PAPER_SIGNATURE_INVALID", `The signature does not hold: ${why}`, {
    hint: "Use a copy that nothing has changed, from whoever made the paper",
  });
