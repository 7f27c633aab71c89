import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import { TUNNEL_FRAME_BYTES } from "../core/tunnel_api.ts";
import { seededRandom } from "../demo/seeded_random.ts";
import { decodeTunnelFrame, encodeTunnelFrame, type TunnelFrame } from "./codec.ts";
import { TUNNEL_LIMITS } from "./limits.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

for (
  const [bytes, frame] of [
    ["00 53 53 48", { kind: "data", bytes: hex("535348") }],
    ["01 00 00 00 01", { kind: "taken", count: 1 }],
    ["01 00 04 00 00", { kind: "taken", count: 262_144 }],
    ["02", { kind: "end" }],
    ["03", { kind: "closed", why: "" }],
    ["03 74 69 6d 65", { kind: "closed", why: "time" }],
    ["03 67 72 c3 bc c3 9f", { kind: "closed", why: "grüß" }],
  ] as const
) {
  Deno.test(`tunnel codec: ${bytes} is ${frame.kind} and is written so`, () => {
    deepEqual(decodeTunnelFrame(hex(bytes)), frame);
    deepEqual(encodeTunnelFrame(frame), hex(bytes));
  });
}

for (
  const [what, bytes, why] of [
    ["nothing at all", "", /it is empty/],
    ["an unknown kind", "04 00", /its kind is 4/],
    ["the highest kind", "ff", /its kind is 255/],
    ["data without a byte", "00", /0 bytes, wanted 1/],
    ["a count that is cut", "01 00 00 01", /4 bytes, not 3/],
    ["a count that goes on", "01 00 00 00 01 00", /4 bytes, not 5/],
    ["a count of nothing", "01 00 00 00 00", /0 bytes cannot have been taken/],
    ["a count beyond the window", "01 00 04 00 01", /262145 bytes cannot/],
    ["a count of 4 GiB", "01 ff ff ff ff", /cannot have been taken/],
    ["an end that goes on", "02 00", /an end has no more bytes/],
  ] as const
) {
  Deno.test(`tunnel codec: refuses ${what}`, () => {
    throws(() => decodeTunnelFrame(hex(bytes)), (error) => {
      ok(error instanceof ProtocolError && error.code === "TUNNEL_FRAME");
      ok(why.test(error.message), error.message);
      return true;
    });
  });
}

Deno.test("tunnel codec: data at its limit, and not one byte more, either way", () => {
  const most = new Uint8Array(TUNNEL_LIMITS.dataBytes).fill(7);
  const frame = encodeTunnelFrame({ kind: "data", bytes: most });
  equal(frame.length, TUNNEL_FRAME_BYTES);
  deepEqual(decodeTunnelFrame(frame), { kind: "data", bytes: most });
  throws(() => encodeTunnelFrame({ kind: "data", bytes: new Uint8Array(TUNNEL_LIMITS.dataBytes + 1) }), RangeError);
  throws(() => encodeTunnelFrame({ kind: "data", bytes: new Uint8Array() }), RangeError);
  throws(() => decodeTunnelFrame(new Uint8Array(TUNNEL_LIMITS.dataBytes + 2)), { code: "TUNNEL_FRAME" });
});

Deno.test("tunnel codec: a reason is cut when written, one line when read, and refused when it is far too long", () => {
  const long = "x".repeat(TUNNEL_LIMITS.whyChars + 1);
  const read = decodeTunnelFrame(encodeTunnelFrame({ kind: "closed", why: long }));
  deepEqual(read, { kind: "closed", why: long.slice(1) });
  const evil = new Uint8Array([3, ...new TextEncoder().encode("a\x1b[31m\r\nb")]);
  deepEqual(decodeTunnelFrame(evil), { kind: "closed", why: "a [31m  b" });
  const most = new Uint8Array(1 + 4 * TUNNEL_LIMITS.whyChars).fill(65);
  most[0] = 3;
  equal(decodeTunnelFrame(most).kind, "closed");
  throws(() => decodeTunnelFrame(new Uint8Array([...most, 65])), { code: "TUNNEL_FRAME" });
});

Deno.test("tunnel codec: any bytes decode or are refused with its own error, and decode again to the same", () => {
  const random = seededRandom(0x7e11);
  for (let turn = 0; turn < 10_000; turn++) {
    const bytes = random.bytes(random.bytes(1)[0]! % 12);
    if (bytes.length > 0 && turn % 2 === 0) bytes[0] = bytes[0]! % 5;
    let frame: TunnelFrame;
    try {
      frame = decodeTunnelFrame(bytes);
    } catch (error) {
      ok(error instanceof ProtocolError, String(error));
      continue;
    }
    if (frame.kind !== "closed") deepEqual(encodeTunnelFrame(frame), bytes); // a reason loses what cannot be printed
  }
});
