import { deflateSync } from "node:zlib";
import { concatBytes } from "../../gateway/core/concat_bytes.ts";
import { PNG_SIGNATURE } from "../../gateway/inventory/plan/codec_png.ts";
import { crc32 } from "../../gateway/inventory/plan/crc32.ts";

/** One chunk of a PNG with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const chunk = concatBytes([new Uint8Array(4), new TextEncoder().encode(type), data, new Uint8Array(4)]);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** The head of a PNG of grey tones. */
export function pngHead(width: number, height: number): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head[8] = 8; // bits; grey, deflate, the usual filters, not interlaced
  return pngChunk("IHDR", head);
}

/** A PNG of a garage from above: walls, driveway and bays. `more` stands between its head and its picture data. */
export function planPicture(width = 1_200, height = 720, more: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array((width + 1) * height).fill(0xff);
  const bar = (left: number, top: number, right: number, bottom: number, grey: number) => {
    for (let y = top; y < Math.min(bottom, height); y++) {
      rows.fill(grey, y * (width + 1) + 1 + left, y * (width + 1) + 1 + Math.min(right, width));
    }
  };
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0; // no filter
  const wall = Math.ceil(height / 60), bay = Math.floor(width / 10), deep = Math.floor(height / 3);
  bar(0, 0, width, wall, 0x60);
  bar(0, height - wall, width, height, 0x60);
  bar(0, 0, wall, height, 0x60);
  bar(width - wall, 0, width, height, 0x60);
  for (let x = bay; x < width - bay / 2; x += bay) {
    bar(x, wall, x + 3, deep, 0xb0);
    bar(x, height - deep, x + 3, height - wall, 0xb0);
  }
  for (let x = bay; x < width - bay; x += bay) {
    bar(x, Math.floor(height / 2), x + Math.floor(bay / 2), Math.floor(height / 2) + 3, 0xc8);
  }
  const data = new Uint8Array(deflateSync(rows));
  return concatBytes([PNG_SIGNATURE, pngHead(width, height), ...more, pngChunk("IDAT", data), pngChunk("IEND")]);
}
