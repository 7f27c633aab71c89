import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { concatBytes } from "../../core/concat_bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import { seededRandom } from "../../demo/seeded_random.ts";
import { rebuildJpeg } from "./codec_jpeg.ts";
import { PLAN_LIMITS } from "./limits.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));
const text = (value: string) => new TextEncoder().encode(value);

/** A segment with its mark and length. */
function segment(mark: number, data: Uint8Array = new Uint8Array()): Uint8Array {
  const length = data.length + 2;
  return concatBytes([Uint8Array.of(0xff, mark, length >> 8, length & 0xff), data]);
}

const START = bytes("ffd8"), END = bytes("ffd9");
const JFIF = segment(0xe0, bytes("4a46494600 0101 00 0001 0001 0000"));
const TABLES = [segment(0xdb, new Uint8Array(65)), segment(0xc4, new Uint8Array(20))];
/** 30 high, 40 wide, three colours of 8 bits. */
const FRAME = segment(0xc0, bytes("08 001e 0028 03 012200 021101 031101"));
/** A scan whose data holds a stuffed byte, a restart and ends at the next mark. */
const SCAN = concatBytes([segment(0xda, bytes("03 0100 0211 0311 003f00")), bytes("11 22 ff00 33 ffd0 44")]);
const jpeg = (...segments: readonly Uint8Array[]) => concatBytes([START, ...segments, END]);
const PICTURE = jpeg(JFIF, ...TABLES, FRAME, SCAN);

Deno.test("jpeg: a picture keeps its size and its bytes", () => {
  const { width, height, bytes: rebuilt } = rebuildJpeg(PICTURE);
  deepEqual([width, height], [40, 30]);
  deepEqual(rebuilt, PICTURE);
});

Deno.test("jpeg: what does not draw is left out: Exif with places, profiles, previews, comments, what is behind the end", () => {
  const tells = [0xe1, 0xe2, 0xe3, 0xe8, 0xed, 0xef, 0xfe].map((mark) => segment(mark, text("GPS 52.5 <script>")));
  const whole = concatBytes([jpeg(JFIF, ...tells, ...TABLES, FRAME, ...tells, SCAN), text("<html><script>")]);
  deepEqual(rebuildJpeg(whole).bytes, PICTURE);
});

/** Exif data with these entries of 12 bytes, in big or little endian, its first directory where TIFF says. */
function exif(entries: readonly string[], { order = "4d4d 002a 00000008", count = "" } = {}): Uint8Array {
  const many = count || (order.startsWith("4949") ? `0${entries.length}00` : `000${entries.length}`);
  return segment(0xe1, concatBytes([text("Exif\0\0"), bytes(order + many + entries.join("") + "00000000")]));
}

const UP = (value: string) =>
  bytes(`ffe1 0022 457869660000 4d4d002a00000008 0001 0112 0003 00000001 ${value} 0000 00000000`);
const GPS = "8825 0004 00000001 0000001a";

Deno.test("jpeg: which side is up stays, and nothing else of the Exif: a phone's photo does not lie on its side", () => {
  const turned = [
    exif([GPS, "0112 0003 00000001 0006 0000"]),
    exif(["1201 0300 01000000 0600 0000"], { order: "4949 2a00 08000000" }),
  ];
  for (const one of turned) {
    const { bytes: rebuilt, width } = rebuildJpeg(jpeg(JFIF, one, FRAME, SCAN));
    equal(width, 40);
    deepEqual(rebuilt, concatBytes([START, UP("0006"), JFIF, FRAME, SCAN, END]));
    deepEqual(rebuildJpeg(rebuilt).bytes, rebuilt, "it stays so when it is rebuilt again");
  }
});

Deno.test("jpeg: an Exif that says nothing of it, or is broken, is left out whole", () => {
  const entry = (value: string, type = "0003") => `0112 ${type} 00000001 ${value} 0000`;
  const plain = [
    ...["0001", "0000", "0009", "ffff"].map((value) => exif([entry(value)])),
    exif([entry("0006", "0004")]),
    exif([]),
    exif([GPS]),
    exif([], { count: "ffff" }),
    exif([entry("0006")], { order: "4d4d 002a fffffff0" }),
    exif([entry("0006")], { order: "4d4d 002a 0000001d" }),
    segment(0xe1, text("Exif\0\0")),
    segment(0xe1, text("Exif\0\0MM\0*\0\0\0")),
    segment(0xe1, text("http://ns.adobe.com/xap/1.0/\0<x/>")),
    segment(0xe1),
  ];
  for (const one of plain) deepEqual(rebuildJpeg(jpeg(JFIF, one, FRAME, SCAN)).bytes, jpeg(JFIF, FRAME, SCAN));
});

Deno.test("jpeg: what draws stays: Adobe's colours, restart interval, and the scans of a progressive picture", () => {
  const progressive = segment(0xc2, FRAME.slice(4));
  const whole = jpeg(
    ...[JFIF, segment(0xee, text("Adobe")), segment(0xdd, bytes("0004")), ...TABLES],
    ...[progressive, SCAN, segment(0xc4, new Uint8Array(9)), SCAN, SCAN],
  );
  deepEqual(rebuildJpeg(whole).bytes, whole);
});

Deno.test("jpeg: grey, colour and four-colour pictures of 8 bits are taken, baseline, extended and progressive", () => {
  const frame = (mark: number, colours: number, depth = 8) =>
    segment(mark, concatBytes([Uint8Array.of(depth, 0, 30, 0, 40, colours), new Uint8Array(3 * colours)]));
  for (const mark of [0xc0, 0xc1, 0xc2]) {
    for (const colours of [1, 3, 4]) equal(rebuildJpeg(jpeg(frame(mark, colours), SCAN)).width, 40);
    for (const colours of [0, 2, 5]) throws(() => rebuildJpeg(jpeg(frame(mark, colours), SCAN)), /colours, wanted/);
    throws(() => rebuildJpeg(jpeg(frame(mark, 3, 12), SCAN)), /12 bits for a colour/);
  }
});

const BROKEN: readonly { readonly name: string; readonly bytes: Uint8Array; readonly says: RegExp }[] = [
  { name: "nothing", bytes: new Uint8Array(), says: /start mark/ },
  { name: "a start alone", bytes: START, says: /before its end mark/ },
  { name: "no frame", bytes: jpeg(JFIF), says: /before its picture data/ },
  { name: "a frame without data", bytes: jpeg(FRAME), says: /before its picture data/ },
  { name: "data before the frame", bytes: jpeg(SCAN, FRAME), says: /before its frame/ },
  { name: "two frames", bytes: jpeg(FRAME, FRAME, SCAN), says: /two frames/ },
  { name: "a frame that is cut", bytes: jpeg(segment(0xc0, bytes("08 001e 0028 03")), SCAN), says: /wrong length/ },
  { name: "an empty frame", bytes: jpeg(segment(0xc0), SCAN), says: /wrong length|colours, wanted/ },
  { name: "a lossless frame", bytes: jpeg(segment(0xc3, FRAME.slice(4)), SCAN), says: /segment C3/ },
  { name: "arithmetic coding", bytes: jpeg(segment(0xc9, FRAME.slice(4)), SCAN), says: /segment C9/ },
  { name: "a second start", bytes: concatBytes([START, PICTURE]), says: /segment D8|within a segment/ },
  { name: "bytes between segments", bytes: jpeg(JFIF, text("x"), FRAME, SCAN), says: /no segment at byte/ },
  {
    name: "a length of one",
    bytes: concatBytes([START, bytes("ffe1 0001"), FRAME, SCAN, END]),
    says: /within a segment/,
  },
  { name: "a length past the end", bytes: concatBytes([START, bytes("ffe1 ffff 00")]), says: /within a segment/ },
  { name: "no end", bytes: PICTURE.subarray(0, PICTURE.length - 2), says: /within its picture data/ },
  { name: "a lone mark at the end", bytes: PICTURE.subarray(0, PICTURE.length - 1), says: /within its picture data/ },
];
for (const { name, bytes: broken, says } of BROKEN) {
  Deno.test(`jpeg: refuses ${name}`, () => {
    throws(() => rebuildJpeg(broken), (error: unknown) => {
      ok(
        error instanceof ProtocolError && error.code === "PLAN_PICTURE_INVALID" && says.test(error.message),
        `${error}`,
      );
      return true;
    });
  });
}

Deno.test("jpeg: as many segments as the limit, and one past it", () => {
  const { parts } = PLAN_LIMITS; // the start and the end count too
  const of = (count: number) => jpeg(FRAME, SCAN, ...Array.from({ length: count - 4 }, () => TABLES[1]!));
  equal(rebuildJpeg(of(parts)).width, 40);
  throws(() => rebuildJpeg(of(parts + 1)), { message: /more than 4096 segments/ });
});

Deno.test("jpeg: cut at every byte and changed at random it is refused or rebuilt, and nothing else happens", () => {
  for (let end = 0; end < PICTURE.length; end++) {
    throws(() => rebuildJpeg(PICTURE.subarray(0, end)), { code: "PLAN_PICTURE_INVALID" });
  }
  const random = seededRandom(11);
  for (let turn = 0; turn < 2_000; turn++) {
    const changed = PICTURE.slice();
    for (const byte of random.bytes(1 + turn % 4)) changed[byte % changed.length] = random.bytes(1)[0]!;
    try {
      const { bytes: rebuilt } = rebuildJpeg(changed);
      deepEqual(rebuildJpeg(rebuilt).bytes, rebuilt);
    } catch (error) {
      ok(error instanceof ProtocolError, `${error}`);
    }
  }
});
