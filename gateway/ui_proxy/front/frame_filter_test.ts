import { deepEqual, equal, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FrameFilter } from "./frame_filter.ts";

/** A frame of a client, masked with zeros unless told otherwise. */
function frame(
  first: number,
  payload: string | number,
  { mask = 0x80, form = 0 }: { mask?: number; form?: 0 | 2 | 8 } = {},
) {
  const body = Buffer.from(typeof payload === "number" ? "x".repeat(payload) : payload);
  const size = form || (body.length < 126 ? 0 : body.length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + size + (mask ? 4 : 0));
  head[0] = first;
  head[1] = mask | (size === 0 ? body.length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(body.length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

const TEXT = 0x81, BINARY = 0x82, CLOSE = 0x88, PING = 0x89, PONG = 0x8a;

/** What came out of these bytes, given in these pieces. */
function filtered(pieces: readonly Uint8Array[]) {
  const filter = new FrameFilter();
  let frames = 0, bytes = 0;
  const pass: Uint8Array[] = [];
  for (const piece of pieces) {
    const { pass: out, dropped } = filter.push(piece);
    pass.push(...out.map((one) => one.slice()));
    frames += dropped.frames;
    bytes += dropped.bytes;
  }
  return { pass: Buffer.concat(pass).toString("latin1"), frames, bytes };
}

const ping = frame(PING, "alive"), pong = frame(PONG, ""), close = frame(CLOSE, "\x03\xe8");
const CASES: readonly [name: string, sent: readonly Uint8Array[], passed: readonly Uint8Array[], frames: number][] = [
  ["a ping", [ping], [ping], 0],
  ["a pong without content", [pong], [pong], 0],
  ["a close", [close], [close], 0],
  ["a text", [frame(TEXT, "set current 32")], [], 1],
  ["a binary", [frame(BINARY, 300)], [], 1],
  ["a text without content", [frame(TEXT, "")], [], 1],
  ["a text of 64 KiB", [frame(TEXT, 65_536)], [], 1],
  ["a length written longer than it needs", [frame(TEXT, 5, { form: 8 })], [], 1],
  ["a divided text with a ping in its middle", [frame(0x01, "a"), ping, frame(0x80, "b")], [ping], 2],
  ["a ping behind a text", [frame(TEXT, 126), ping], [ping], 1],
  ["a ping at the limit of its content", [frame(PING, 125)], [frame(PING, 125)], 0],
  ["a text that looks like frames", [frame(TEXT, ping.toString("latin1"))], [], 1],
  ["what comes behind a close", [close, ping, frame(TEXT, "x")], [close], 0],
];

for (const [name, sent, passed, frames] of CASES) {
  Deno.test(`frame filter: ${name}: ${passed.length === 0 ? "nothing passes" : "what lives and leaves passes as it came"}`, () => {
    const bytes = Buffer.concat(sent), wanted = Buffer.concat(passed).toString("latin1");
    const out = bytes.length - Buffer.concat(passed).length;
    deepEqual(filtered([bytes]), { pass: wanted, frames, bytes: out });
    if (bytes.length > 1_000) return;
    const crumbs = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    deepEqual(filtered(crumbs), { pass: wanted, frames, bytes: out }, "byte by byte");
    for (let at = 1; at < bytes.length; at++) {
      deepEqual(
        filtered([bytes.subarray(0, at), bytes.subarray(at)]),
        { pass: wanted, frames, bytes: out },
        `cut at ${at}`,
      );
    }
  });
}

const BROKEN: readonly [name: string, bytes: Uint8Array, why: RegExp][] = [
  ["a frame without a mask", frame(TEXT, "a", { mask: 0 }), /without a mask/],
  ["a compressed frame", frame(TEXT | 0x40, "a"), /extensions/],
  ["a reserved bit", frame(TEXT | 0x10, "a"), /extensions/],
  ["a reserved data opcode", frame(0x83, "a"), /opcode 3/],
  ["the last reserved data opcode", frame(0x87, "a"), /opcode 7/],
  ["a reserved control opcode", frame(0x8b, "a"), /opcode 11/],
  ["a divided ping", frame(0x09, "a"), /control frame/],
  ["a ping one byte past its limit", frame(PING, 126), /control frame/],
  ["a length of 64 bits", Buffer.from("81ffffffffffffffffff00000000", "hex"), /without an end/],
];
for (const [name, bytes, why] of BROKEN) {
  Deno.test(`frame filter: ${name} cannot be read`, () => {
    throws(() => filtered([bytes]), (error: Error & { code: string }) => {
      equal(error.code, "UI_SOCKET_MALFORMED");
      return why.test(error.message);
    });
  });
}

Deno.test("frame filter: it keeps less than one control frame of whatever comes", () => {
  const filter = new FrameFilter(), half = frame(PING, 125).subarray(0, 130);
  deepEqual(filter.push(half), { pass: [], dropped: { frames: 0, bytes: 0 } });
  const { pass } = filter.push(frame(PING, 125).subarray(130));
  deepEqual(pass.map(({ length }) => length), [131]);
  const long = new FrameFilter();
  long.push(Buffer.from("81ff001fffffffffffff00000000", "hex")); // a text of 2^53 - 1 bytes
  equal(long.push(new Uint8Array(1_000_000)).dropped.bytes, 1_000_000);
});

Deno.test("frame filter: no bytes lead to anything but control frames, whatever they are", () => {
  let seed = 20_261_121;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >>> 8;
  for (let round = 0; round < 3_000; round++) {
    const bytes = Uint8Array.from({ length: 1 + random() % 40 }, () => random() & 0xff);
    if (round % 2 === 0) bytes[1]! |= 0x80;
    try {
      for (const one of new FrameFilter().push(bytes).pass) {
        equal(one[0]! & 0x0f, Math.max(8, Math.min(10, one[0]! & 0x0f)), "a control frame");
        equal(one.length, 6 + (one[1]! & 0x7f), "a whole one");
      }
    } catch (error) {
      equal((error as { code?: string }).code, "UI_SOCKET_MALFORMED", `round ${round}`);
    }
  }
});
