import { concatBytes } from "../../core/concat_bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import { crc32 } from "./crc32.ts";
import { PLAN_LIMITS } from "./limits.ts";

/** The eight bytes that every PNG begins with. */
export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;
/** What a browser needs to draw the picture. Texts, places, times, animation and everything unknown stays behind. */
const KEPT = new Set(["IHDR", "PLTE", "tRNS", "gAMA", "sRGB", "IDAT", "IEND"]);
/** Bit depths by colour type (PNG 11.2.1). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const PALETTE = 3;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With its length and checksum. */
  readonly whole: Uint8Array;
}

/** A picture that was taken apart and put together again. */
export interface RebuiltPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Takes a PNG apart and puts it together again from the chunks that draw it: what else was in the file, or behind its
 * end, is gone.
 * @throws ProtocolError PLAN_PICTURE_INVALID
 */
export function rebuildPng(bytes: Uint8Array): RebuiltPicture {
  const chunks = readChunks(bytes);
  const [head, ...rest] = chunks;
  if (head?.type !== "IHDR") throw broken("does not begin with the chunk IHDR");
  const { width, height, colour } = readHead(head.data);
  checkOrder(rest, colour);
  const kept = chunks.filter(({ type }) => KEPT.has(type)).map(({ whole }) => whole);
  return { width, height, bytes: concatBytes([PNG_SIGNATURE, ...kept]) };
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = PNG_SIGNATURE.length; chunks.at(-1)?.type !== "IEND";) {
    if (chunks.length >= PLAN_LIMITS.parts) throw broken(`has more than ${PLAN_LIMITS.parts} chunks`);
    if (at + FRAME_BYTES > bytes.length) throw broken("ends before its last chunk, IEND");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw broken(`has a chunk at byte ${at} whose type is no four letters`);
    if (length > bytes.length - at - FRAME_BYTES) throw broken(`ends within its chunk ${type}`);
    const whole = bytes.subarray(at, at + length + FRAME_BYTES);
    if (crc32(whole.subarray(4, 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw broken(`has a wrong checksum in its chunk ${type}`);
    }
    if (isCritical(type) && !KEPT.has(type)) throw broken(`needs the chunk ${type}, which is not known`);
    chunks.push({ type, data: whole.subarray(8, 8 + length), whole });
    at += whole.length;
  }
  return chunks;
}

/** A decoder may leave out a chunk only when its first letter is small. */
const isCritical = (type: string): boolean => type[0]! < "a";

function readHead(data: Uint8Array): { readonly width: number; readonly height: number; readonly colour: number } {
  if (data.length !== 13) throw broken(`has a head of ${data.length} bytes, wanted 13`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [depth, colour, compression, filter, interlace] = data.subarray(8) as unknown as number[];
  if (!DEPTHS[colour!]?.includes(depth!)) throw broken(`has colours of type ${colour} with ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace! > 1) throw broken("is packed in a way that is not known");
  return { width: view.getUint32(0), height: view.getUint32(4), colour: colour! };
}

function checkOrder(chunks: readonly Chunk[], colour: number): void {
  const types = chunks.map(({ type }) => type);
  const first = types.indexOf("IDAT"), last = types.lastIndexOf("IDAT");
  if (first < 0) throw broken("has no picture data");
  if (types.slice(first, last).some((type) => type !== "IDAT")) throw broken("has picture data in several places");
  for (const once of ["IHDR", "PLTE", "tRNS", "gAMA", "sRGB"]) {
    const at = types.indexOf(once);
    if (once === "IHDR" ? at >= 0 : at !== types.lastIndexOf(once)) throw broken(`has the chunk ${once} twice`);
    if (at > first) throw broken(`has the chunk ${once} behind its picture data`);
  }
  const palette = chunks.find(({ type }) => type === "PLTE")?.data.length;
  if (colour === PALETTE && palette === undefined) throw broken("has no palette");
  if (palette !== undefined && (palette === 0 || palette % 3 !== 0 || palette > 768)) {
    throw broken(`has a palette of ${palette} bytes`);
  }
  if (chunks.at(-1)!.data.length > 0) throw broken("has data in its chunk IEND");
}

function broken(what: string): ProtocolError {
  return new ProtocolError("PLAN_PICTURE_INVALID", `The PNG ${what}`, {
    hint: "Open it in an image program and export it as PNG again",
  });
}
