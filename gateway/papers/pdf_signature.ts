import { createHash } from "node:crypto";
import { ProtocolError } from "../core/errors.ts";
import { PAPER_LIMITS } from "./limits.ts";

/** Stands where the ranges come, as three names: the real ones are filled in over it. */
const RANGE_CHARS = 11;
const OPEN = 0x3c, CLOSE = 0x3e;

/** What the dictionary of a signature holds until it is signed. */
export interface SignaturePlaceholder {
  readonly ByteRange: readonly (number | string)[];
  readonly Contents: Uint8Array;
}

/** @param nonce hexadecimal and random: so nothing in a photo can look like the place of the signature */
export function placeholderOf(nonce: string): SignaturePlaceholder {
  const mark = nonceMark(nonce);
  return { ByteRange: [0, mark, mark, mark], Contents: new Uint8Array(PAPER_LIMITS.signatureBytes) };
}

const nonceMark = (nonce: string): string => nonce.padEnd(RANGE_CHARS - 1, "0").slice(0, RANGE_CHARS - 1);

/**
 * Fills in the signature of a PDF that was made with `placeholderOf(nonce)`: over every byte of the file but the
 * signature itself (ISO 32000-1 section 12.8.1).
 * @param sign makes the detached signature of data with this SHA-256
 */
export function fillSignature(
  pdf: Uint8Array,
  nonce: string,
  sign: (digest: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const mark = nonceMark(nonce), text = latin1(pdf);
  const range = `/ByteRange [0 /${mark} /${mark} /${mark}]`;
  const at = text.indexOf(range);
  if (at < 0 || text.includes(range, at + 1)) throw invalid("the paper has no single place for it");
  const start = text.indexOf("<", text.indexOf("/Contents ", at)), end = start + 2 * PAPER_LIMITS.signatureBytes + 2;
  if (start < 0 || text[end - 1] !== ">") throw invalid("the paper has no room for it");
  const out = new Uint8Array(pdf);
  write(out, at, `/ByteRange [0 ${start} ${end} ${pdf.length - end}]`.padEnd(range.length, " "));
  const signature = sign(digestOf(out, start, end));
  if (signature.length > PAPER_LIMITS.signatureBytes) {
    throw invalid(`it has ${signature.length} bytes, more than the ${PAPER_LIMITS.signatureBytes} kept free`);
  }
  write(out, start + 1, signature.toHex().padEnd(2 * PAPER_LIMITS.signatureBytes, "0"));
  return out;
}

/** A signature as it stands in a PDF. */
export interface FoundSignature {
  /** SHA-256 of everything but the signature. */
  readonly digest: Uint8Array;
  /** With the zeros behind it. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * The signatures of a PDF that cover the whole file, the last in it first. Any change, also one that is added behind the end,
 * leaves none, or none that holds.
 * @throws ProtocolError PAPER_SIGNATURE_INVALID
 */
export function* findSignatures(pdf: Uint8Array): Generator<FoundSignature> {
  if (pdf.length > PAPER_LIMITS.pdfBytes) {
    throw invalid(`the file has ${pdf.length} bytes, at most ${PAPER_LIMITS.pdfBytes} are read`);
  }
  if (latin1(pdf.subarray(0, 5)) !== "%PDF-") throw invalid("the file is no PDF");
  const text = latin1(pdf);
  let at = text.length;
  for (let tried = 0; tried < PAPER_LIMITS.signaturePlaces && at > 0; tried++) {
    at = text.lastIndexOf("/ByteRange", at - 1);
    if (at < 0) return;
    const found = readAt(pdf, text.slice(at, at + 80));
    if (found) yield found;
  }
}

function readAt(pdf: Uint8Array, text: string): FoundSignature | undefined {
  const [, first, start, from, rest] = /^\/ByteRange \[(\d{1,10}) (\d{1,10}) (\d{1,10}) (\d{1,10})\]/.exec(text) ?? [];
  if (rest === undefined || Number(first) !== 0) return undefined;
  const begin = Number(start), end = Number(from);
  if (!(begin > 0 && begin < end && end <= pdf.length && end + Number(rest) === pdf.length)) return undefined;
  if (pdf[begin] !== OPEN || pdf[end - 1] !== CLOSE) return undefined;
  const hex = latin1(pdf.subarray(begin + 1, end - 1));
  if (hex.length % 2 !== 0 || !/^[0-9a-f]+$/.test(hex)) return undefined; // one spelling: a changed case is a change
  return { digest: digestOf(pdf, begin, end), signature: Uint8Array.fromHex(hex) };
}

function digestOf(pdf: Uint8Array, start: number, end: number): Uint8Array {
  return createHash("sha256").update(pdf.subarray(0, start)).update(pdf.subarray(end)).digest();
}

function write(into: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
}

/** One character a byte. TextDecoder's "latin1" is windows-1252, which is one character a byte, too. */
const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

const invalid = (why: string): ProtocolError =>
  new ProtocolError("PAPER_SIGNATURE_INVALID", `The signature does not hold: ${why}`, {
    hint: "Use a copy that nothing has changed, from whoever made the paper",
  });
