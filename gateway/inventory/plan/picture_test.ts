import { deepEqual, equal, throws } from "node:assert/strict";
import { concatBytes } from "../../core/concat_bytes.ts";
import { planPicture, pngChunk, pngHead } from "../../../tests/support/plan_picture.ts";
import { PNG_SIGNATURE } from "./codec_png.ts";
import { PLAN_LIMITS } from "./limits.ts";
import { makeSafe } from "./picture.ts";

const text = (value: string) => new TextEncoder().encode(value);
const refused = (bytes: Uint8Array, message: RegExp) =>
  throws(() => makeSafe(bytes), { code: "PLAN_PICTURE_INVALID", message });
/** A PNG of this size by its head; its data is no real picture. */
const sized = (width: number, height: number) =>
  concatBytes([PNG_SIGNATURE, pngHead(width, height), pngChunk("IDAT"), pngChunk("IEND")]);

Deno.test("floor plan picture: PNG and JPEG are known by their bytes", () => {
  const { type, width, height } = makeSafe(planPicture(60, 40));
  deepEqual([type, width, height], ["image/png", 60, 40]);
  const jpeg = "ffd8 ffc0000b08001e0028010122 00 ffda0008010100003f00 11 ffd9".replaceAll(" ", "");
  equal(makeSafe(Uint8Array.fromHex(jpeg)).type, "image/jpeg");
});

Deno.test("floor plan picture: an SVG is refused in every form, with what to do", () => {
  const svgs = [
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    '<?xml version="1.0"?><svg onload="alert(1)"/>',
    "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' ''><svg/>",
    "\ufeff  \n<!-- drawn by hand --><SVG></SVG>",
  ];
  for (const svg of svgs) {
    throws(() => makeSafe(text(svg)), {
      code: "PLAN_PICTURE_INVALID",
      message: "An SVG may hold scripts and links, so it is not taken",
      hint: "Export the plan as PNG or JPEG",
    });
  }
});

Deno.test("floor plan picture: what is no picture, or of another kind, is refused", () => {
  refused(new Uint8Array(), /file is empty/);
  refused(text("%PDF-1.7"), /PDF is no picture/);
  refused(text("GIF89a"), /neither PNG nor JPEG/);
  refused(text("RIFF....WEBP"), /neither PNG nor JPEG/);
  refused(text("<html><script>alert(1)</script>"), /neither PNG nor JPEG/);
  refused(PNG_SIGNATURE.slice(0, 7), /neither PNG nor JPEG/);
});

Deno.test("photo: what is refused says what to do with a phone, not with a plan", () => {
  const photo = (bytes: Uint8Array, hint: RegExp) =>
    throws(() => makeSafe(bytes, "photo"), { code: "PLAN_PICTURE_INVALID", hint });
  photo(text("....ftypheic"), /as JPEG or PNG; phones have a setting/);
  photo(new Uint8Array(PLAN_LIMITS.pictureBytes + 1), /smaller size when you send it/);
  photo(sized(PLAN_LIMITS.sidePixels + 1, 10), /smaller size when you send it/);
});

Deno.test("floor plan picture: as many bytes as the limit, and one past it", () => {
  const { pictureBytes } = PLAN_LIMITS;
  const small = sized(10, 10);
  const padded = (length: number) => {
    const bytes = new Uint8Array(length); // what is behind the end counts as sent, and is not kept
    bytes.set(small);
    return bytes;
  };
  deepEqual(makeSafe(padded(pictureBytes)).bytes, small);
  refused(padded(pictureBytes + 1), /has 2097153 bytes; at most 2097152/);
});

Deno.test("floor plan picture: as many pixels as the limits, and one past them", () => {
  const { sidePixels, pixels } = PLAN_LIMITS;
  const longest = Math.floor(pixels / sidePixels);
  equal(makeSafe(sized(sidePixels, longest)).width, sidePixels);
  equal(makeSafe(sized(longest, sidePixels)).height, sidePixels);
  refused(sized(sidePixels + 1, 10), /8193 by 10 pixels/);
  refused(sized(10, sidePixels + 1), /10 by 8193 pixels/);
  refused(sized(sidePixels, longest + 1), /pixels; wanted/);
  equal(makeSafe(sized(6_000, 4_000)).height, 4_000); // 24 million, exactly the limit
  refused(sized(6_000, 4_001), /6000 by 4001/);
  refused(sized(0, 10), /0 by 10/);
  refused(sized(10, 0), /10 by 0/);
  refused(sized(0xffffffff, 0xffffffff), /4294967295 by/);
});
