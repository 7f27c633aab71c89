import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { concatBytes } from "../../core/concat_bytes.ts";
import { planPicture, pngChunk, pngHead } from "../../../tests/support/plan_picture.ts";
import { seededRandom } from "../../demo/seeded_random.ts";
import { ProtocolError } from "../../core/errors.ts";
import { PNG_SIGNATURE, rebuildPng } from "./codec_png.ts";
import { PLAN_LIMITS } from "./limits.ts";

const text = (value: string) => new TextEncoder().encode(value);
const png = (...chunks: readonly Uint8Array[]) => concatBytes([PNG_SIGNATURE, ...chunks]);
const DATA = pngChunk("IDAT", text("data"));
const END = pngChunk("IEND");
const HEAD = pngHead(40, 30);

/** A head with one byte changed: 8 depth, 9 colour type, 10 compression, 11 filter, 12 interlace. */
function headWith(changes: Readonly<Record<number, number>>): Uint8Array {
  const data = HEAD.slice(8, 21);
  for (const [at, value] of Object.entries(changes)) data[Number(at)] = value;
  return pngChunk("IHDR", data);
}

/** The types of the chunks of a PNG, in order. */
function typesOf(bytes: Uint8Array): string[] {
  const types: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 8; at < bytes.length; at += view.getUint32(at) + 12) {
    types.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 8)));
  }
  return types;
}

Deno.test("png: a picture keeps its size and its picture data", () => {
  const bytes = planPicture(120, 80);
  const { width, height, bytes: rebuilt } = rebuildPng(bytes);
  deepEqual([width, height], [120, 80]);
  deepEqual(rebuilt, bytes);
});

Deno.test("png: what does not draw is left out: texts, places, times, profiles, animation, and what is behind the end", () => {
  const extra = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "iCCP", "acTL", "pHYs", "prVt"]
    .map((type) => pngChunk(type, text("<script>alert(1)</script>")));
  const bytes = concatBytes([png(HEAD, ...extra, DATA, ...extra, END), text("<html><script>alert(1)</script>")]);
  const { bytes: rebuilt } = rebuildPng(bytes);
  deepEqual(typesOf(rebuilt), ["IHDR", "IDAT", "IEND"]);
  equal(new TextDecoder().decode(rebuilt).includes("script"), false);
});

Deno.test("png: what draws stays: palette, transparency, gamma, colour space, several parts of picture data", () => {
  const palette = pngChunk("PLTE", new Uint8Array(6));
  const chunks = [headWith({ 9: 3 }), pngChunk("gAMA", new Uint8Array(4)), pngChunk("sRGB", Uint8Array.of(0))];
  const bytes = png(...chunks, palette, pngChunk("tRNS", Uint8Array.of(0)), DATA, DATA, END);
  deepEqual(typesOf(rebuildPng(bytes).bytes), ["IHDR", "gAMA", "sRGB", "PLTE", "tRNS", "IDAT", "IDAT", "IEND"]);
});

Deno.test("png: every pair of colour type and depth of the standard is taken, and no other", () => {
  const good: Record<number, number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
  const palette = pngChunk("PLTE", new Uint8Array(3));
  for (let colour = 0; colour < 8; colour++) {
    for (const depth of [0, 1, 2, 3, 4, 8, 16, 32]) {
      const bytes = png(headWith({ 8: depth, 9: colour }), ...colour === 3 ? [palette] : [], DATA, END);
      if (good[colour]?.includes(depth)) equal(rebuildPng(bytes).width, 40);
      else throws(() => rebuildPng(bytes), { code: "PLAN_PICTURE_INVALID" }, `${colour} ${depth}`);
    }
  }
});

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
};
const palette = (length: number) => png(headWith({ 9: 3 }), pngChunk("PLTE", new Uint8Array(length)), DATA, END);

const BROKEN: readonly { readonly name: string; readonly bytes: Uint8Array; readonly says: RegExp }[] = [
  { name: "nothing behind the signature", bytes: PNG_SIGNATURE, says: /ends before its last chunk/ },
  { name: "no head", bytes: png(DATA, END), says: /does not begin with the chunk IHDR/ },
  { name: "a head of 12 bytes", bytes: png(pngChunk("IHDR", new Uint8Array(12)), DATA, END), says: /head of 12 bytes/ },
  { name: "two heads", bytes: png(HEAD, HEAD, DATA, END), says: /chunk IHDR twice/ },
  { name: "no picture data", bytes: png(HEAD, END), says: /no picture data/ },
  { name: "picture data in two places", bytes: png(HEAD, DATA, pngChunk("tIME"), DATA, END), says: /several places/ },
  { name: "no end", bytes: png(HEAD, DATA), says: /ends before its last chunk/ },
  { name: "an end with data", bytes: png(HEAD, DATA, pngChunk("IEND", text("x"))), says: /data in its chunk IEND/ },
  { name: "a cut chunk", bytes: png(HEAD, DATA, END).subarray(0, 46), says: /ends within its chunk IDAT/ },
  { name: "a wrong checksum", bytes: flipped(png(HEAD, DATA, END), 45), says: /wrong checksum in its chunk IDAT/ },
  { name: "a type of odd bytes", bytes: png(HEAD, pngChunk("ID\0T"), END), says: /no four letters/ },
  { name: "an unknown critical chunk", bytes: png(HEAD, pngChunk("EVIL"), DATA, END), says: /needs the chunk EVIL/ },
  { name: "no palette for colours of one", bytes: png(headWith({ 9: 3 }), DATA, END), says: /no palette/ },
  { name: "an empty palette", bytes: palette(0), says: /palette of 0 bytes/ },
  { name: "a palette of 4 bytes", bytes: palette(4), says: /palette of 4 bytes/ },
  { name: "a palette of 257 colours", bytes: palette(771), says: /palette of 771 bytes/ },
  {
    name: "a palette behind the data",
    bytes: png(HEAD, DATA, pngChunk("PLTE", text("abc")), END),
    says: /PLTE behind/,
  },
  {
    name: "two palettes",
    bytes: png(HEAD, ...[1, 2].map(() => pngChunk("PLTE", text("abc"))), DATA, END),
    says: /twice/,
  },
  { name: "an unknown packing", bytes: png(headWith({ 10: 1 }), DATA, END), says: /packed in a way/ },
  { name: "an unknown filter", bytes: png(headWith({ 11: 1 }), DATA, END), says: /packed in a way/ },
  { name: "an unknown interlacing", bytes: png(headWith({ 12: 2 }), DATA, END), says: /packed in a way/ },
];
for (const { name, bytes, says } of BROKEN) {
  Deno.test(`png: refuses ${name}`, () => {
    throws(() => rebuildPng(bytes), (error: unknown) => {
      ok(
        error instanceof ProtocolError && error.code === "PLAN_PICTURE_INVALID" && says.test(error.message),
        `${error}`,
      );
      return true;
    });
  });
}

Deno.test("png: as many chunks as the limit, and one past it", () => {
  const { parts } = PLAN_LIMITS;
  const of = (count: number) => png(HEAD, ...Array.from({ length: count - 2 }, () => DATA), END);
  equal(rebuildPng(of(parts)).width, 40);
  throws(() => rebuildPng(of(parts + 1)), { message: /more than 4096 chunks/ });
});

Deno.test("png: a picture with interlacing, and one at an offset of a larger buffer, are read right", () => {
  const bytes = png(headWith({ 12: 1 }), DATA, END);
  const inside = concatBytes([text("before"), bytes, text("behind")]).subarray(6, 6 + bytes.length);
  deepEqual(rebuildPng(inside).bytes, bytes);
});

Deno.test("png: cut at every byte and changed at random it is refused or rebuilt, and nothing else happens", () => {
  const whole = planPicture(24, 16);
  for (let end = 0; end < whole.length; end++) {
    throws(() => rebuildPng(whole.subarray(0, end)), { code: "PLAN_PICTURE_INVALID" });
  }
  const random = seededRandom(7);
  for (let turn = 0; turn < 2_000; turn++) {
    const changed = whole.slice();
    for (const byte of random.bytes(1 + turn % 4)) changed[byte % changed.length] = random.bytes(1)[0]!;
    try {
      const { bytes } = rebuildPng(changed);
      deepEqual(rebuildPng(bytes).bytes, bytes);
    } catch (error) {
      ok(error instanceof ProtocolError, `${error}`);
    }
  }
});
