import { concatBytes } from "../../core/concat_bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import { type RebuiltPicture } from "./codec_png.ts";
import { PLAN_LIMITS } from "./limits.ts";

const MARK = 0xff;
const EXIF = 0xe1;
/** The tag of Exif that says which side is up. */
const ORIENTATION = 0x0112;
const SOI = 0xd8, EOI = 0xd9, SOS = 0xda;
/** Frames that browsers draw: baseline, extended and progressive, all of Huffman coding. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Segments that draw the picture: Huffman tables, quantisation tables, restart interval, JFIF and Adobe's colours. */
const KEPT = new Set([...FRAMES, 0xc4, 0xdb, 0xdd, 0xe0, 0xee]);
/** Segments that only tell something: further application data (Exif with places, profiles, previews) and comments. */
const isDropped = (mark: number): boolean => (mark > 0xe0 && mark <= 0xef && mark !== 0xee) || mark === 0xfe;
const isRestart = (mark: number): boolean => mark >= 0xd0 && mark <= 0xd7;

/**
 * Takes a JPEG apart and puts it together again from the segments that draw it: places, previews, comments and whatever
 * stands behind its end are gone. Which side is up stays, as an Exif segment of ours with nothing else in it: phones say it
 * there, and a photo would lie on its side.
 * @throws ProtocolError PLAN_PICTURE_INVALID
 */
export function rebuildJpeg(bytes: Uint8Array): RebuiltPicture {
  if (bytes[0] !== MARK || bytes[1] !== SOI) throw broken("does not begin with its start mark");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, 2)];
  let size: { readonly width: number; readonly height: number } | undefined;
  let scans = 0, turned: Uint8Array | undefined;
  for (let at = 2;;) {
    if (parts.length >= PLAN_LIMITS.parts) throw broken(`has more than ${PLAN_LIMITS.parts} segments`);
    const mark = markAt(bytes, at);
    if (mark === EOI) {
      if (!size || scans === 0) throw broken("ends before its picture data");
      const [start, ...drawing] = parts, up = turned ? [turned] : [];
      return { ...size, bytes: concatBytes([start!, ...up, ...drawing, bytes.subarray(at, at + 2)]) };
    }
    const end = endOf(view, at);
    if (FRAMES.includes(mark)) {
      if (size) throw broken("has two frames");
      size = readFrame(view, at, end);
    } else if (mark === SOS && !size) throw broken("has picture data before its frame");
    else if (mark !== SOS && !KEPT.has(mark) && !isDropped(mark)) {
      throw broken(`has the segment ${mark.toString(16).toUpperCase()}, which browsers do not draw`);
    }
    const dataEnd = mark === SOS ? scanEnd(bytes, end) : end;
    if (mark === SOS) scans++;
    if (!isDropped(mark)) parts.push(bytes.subarray(at, dataEnd));
    else if (mark === EXIF) turned ??= exifOf(orientationOf(bytes.subarray(at + 4, dataEnd)));
    at = dataEnd;
  }
}

function markAt(bytes: Uint8Array, at: number): number {
  if (at + 2 > bytes.length) throw broken("ends before its end mark");
  if (bytes[at] !== MARK) throw broken(`has no segment at byte ${at}`);
  return bytes[at + 1]!;
}

/** Where a segment ends by its own length, which counts itself. */
function endOf(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw broken("ends before its end mark");
  const length = view.getUint16(at + 2);
  if (length < 2 || at + 2 + length > view.byteLength) throw broken("ends within a segment");
  return at + 2 + length;
}

function readFrame(view: DataView, at: number, end: number): { readonly width: number; readonly height: number } {
  const components = end - at >= 10 ? view.getUint8(at + 9) : 0;
  if (end - at !== 10 + 3 * components) throw broken("has a frame of the wrong length");
  if (view.getUint8(at + 4) !== 8) throw broken(`has ${view.getUint8(at + 4)} bits for a colour, wanted 8`);
  if (![1, 3, 4].includes(components)) throw broken(`has ${components} colours, wanted 1, 3 or 4`);
  return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
}

/** Which side is up by an Exif segment, 1 to 8; 1 where it does not say, or is no Exif at all. */
function orientationOf(data: Uint8Array): number {
  if (new TextDecoder("latin1").decode(data.subarray(0, 6)) !== "Exif\0\0") return 1;
  const view = new DataView(data.buffer, data.byteOffset + 6, data.length - 6);
  if (view.byteLength < 10) return 1;
  const isLittle = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, isLittle);
  if (first + 2 > view.byteLength) return 1;
  const count = view.getUint16(first, isLittle);
  for (let at = first + 2, seen = 0; seen < count && at + 12 <= view.byteLength; at += 12, seen++) {
    if (view.getUint16(at, isLittle) !== ORIENTATION || view.getUint16(at + 2, isLittle) !== 3) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An Exif segment that says which side is up, and nothing else; none for the usual one. */
function exifOf(orientation: number): Uint8Array | undefined {
  if (orientation === 1) return undefined;
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const data = [...new TextEncoder().encode("Exif\0\0"), ...tiff];
  return Uint8Array.of(MARK, EXIF, 0, data.length + 2, ...data);
}

/** Where the data of a scan ends: at the first mark that is neither a stuffed byte nor a restart. */
function scanEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(MARK, from); at >= 0; at = bytes.indexOf(MARK, at + 2)) {
    const mark = bytes[at + 1];
    if (mark === undefined) break;
    if (mark !== 0 && !isRestart(mark)) return at;
  }
  throw broken("ends within its picture data");
}

function broken(what: string): ProtocolError {
  return new ProtocolError("PLAN_PICTURE_INVALID", `The JPEG ${what}`, {
    hint: "Open it in an image program and export it as JPEG or PNG again",
  });
}
