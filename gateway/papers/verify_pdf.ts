import { ProtocolError } from "../core/errors.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { findPath } from "../pki/chain.ts";
import { sameBytes } from "../pki/der_reader.ts";
import { PURPOSE } from "../pki/extensions.ts";
import { readPem } from "../pki/pem.ts";
import { readSignature } from "./cms.ts";
import { findSignatures } from "./pdf_signature.ts";

/** Who signed a paper. */
export interface VerifiedPaper {
  /** Common name of the signer's certificate. */
  readonly signer: string;
  readonly serial: string;
  /** From when to when its certificate holds, wall milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Checks a signed PDF with nothing but the site CA: not a byte was changed or added, and a signer of this site signed it.
 * Papers outlive their signer's certificate, so a signature counts after it has ended, too.
 * @param caPem the site CA's certificate, as `cert export-ca` gives it; several after a change
 * @throws ProtocolError PAPER_SIGNATURE_INVALID with the most telling reason, PKI_MALFORMED
 */
export function verifyPdf(pdf: Uint8Array, caPem: string): VerifiedPaper {
  const anchors = readPem(caPem, "CERTIFICATE").map(readCertificate);
  if (anchors.length === 0) throw invalid("no CA certificate was given to check it by");
  let fault: unknown;
  for (const { digest, signature } of findSignatures(pdf)) {
    try {
      const { signer, others } = readSignature(signature, digest);
      return judge(signer, others, anchors);
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault ?? invalid("no signature in it covers the whole file");
}

function judge(signer: Certificate, others: readonly Certificate[], anchors: readonly Certificate[]): VerifiedPaper {
  const path = findPath(signer, others, anchors, PURPOSE.documentSigning);
  if (!path.ok) throw invalid(`its signer is not of this site: ${path.message}`);
  const isUsed = (one: Certificate) => path.path.some(({ der }) => sameBytes(der, one.der));
  if (!others.every(isUsed)) throw invalid("it brings a certificate that vouches for nothing");
  if (!signer.extensions.purposes?.includes(PURPOSE.documentSigning)) {
    throw invalid("its certificate is not for papers");
  }
  const { serial, notBefore, notAfter, subject } = signer;
  return { signer: subject.commonNames[0] ?? "", serial, notBefore, notAfter };
}

const invalid = (why: string): ProtocolError =>
  new ProtocolError("PAPER_SIGNATURE_INVALID", `The signature does not hold: ${why}`, {
    hint: "Compare with the site CA (`cert export-ca`), and use a copy that nothing has changed",
  });
