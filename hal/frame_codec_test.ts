import assert from "node:assert/strict";
import { ProtocolError } from "../gateway/core/errors.ts";
import { encodeFrame, FrameReader } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));
const read = (piece: Uint8Array, reader = new FrameReader()) => [...reader.push(piece)];
const isFrameError = (error: unknown) => error instanceof ProtocolError && error.code === "HAL_FRAME";

Deno.test("hal frame: four bytes of length, then JSON", () => {
  assert.equal(encodeFrame({ a: 1 }).toHex(), "000000077b2261223a317d");
  assert.deepEqual(read(bytes("00000007 7b2261223a317d")), [{ a: 1 }]);
});

Deno.test("hal frame: several frames in one piece come out in order", () => {
  const piece = new Uint8Array([...encodeFrame(1), ...encodeFrame("zwei"), ...encodeFrame([3])]);
  assert.deepEqual(read(piece), [1, "zwei", [3]]);
});

Deno.test("hal frame: cut at every byte it still comes out once", () => {
  const frame = encodeFrame({ text: "Grüße", n: [1, 2, 3] });
  for (let cut = 0; cut <= frame.length; cut++) {
    const reader = new FrameReader();
    const got = [...read(frame.subarray(0, cut), reader), ...read(frame.subarray(cut), reader)];
    assert.deepEqual(got, [{ text: "Grüße", n: [1, 2, 3] }], `cut at ${cut}`);
    assert.equal(reader.isInside, false);
  }
});

Deno.test("hal frame: knows when it is inside a frame", () => {
  const reader = new FrameReader();
  read(bytes("0000"), reader);
  assert.equal(reader.isInside, true);
});

const text = (length: number) => "x".repeat(length - 2); // Two quotes around it.

Deno.test("hal frame: a body at the limit passes both ways", () => {
  const frame = encodeFrame(text(HAL_LIMITS.frameBytes));
  assert.equal(frame.length, HAL_LIMITS.frameBytes + 4);
  assert.equal(read(frame).length, 1);
});

Deno.test("hal frame: a body one past the limit is not sent", () => {
  assert.throws(() => encodeFrame(text(HAL_LIMITS.frameBytes + 1)), isFrameError);
});

Deno.test("hal frame: a length one past the limit is refused before anything is kept", () => {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, HAL_LIMITS.frameBytes + 1);
  assert.throws(() => read(header), isFrameError);
});

for (
  const { name, hex } of [
    { name: "an empty body", hex: "00000000" },
    { name: "a length of 4 GiB", hex: "ffffffff" },
    { name: "bytes that are not UTF-8", hex: "00000003 22ff22" },
    { name: "bytes that are not JSON", hex: "00000002 7b2c" },
    { name: "JSON with something after it", hex: "00000002 3131 00000003 312c31" },
  ]
) {
  Deno.test(`hal frame: refuses ${name}`, () => {
    assert.throws(() => read(bytes(hex)), isFrameError);
  });
}

Deno.test("hal frame: an error never quotes the body, which may hold a key", () => {
  const frame = encodeFrame({ key: "hunter2" });
  frame[frame.length - 1] = 0x22;
  assert.throws(
    () => read(frame),
    (error: unknown) => !JSON.stringify([`${error}`, `${(error as Error).cause}`]).includes("hunter2"),
  );
});

Deno.test("hal frame: 10,000 mutated frames decode or are refused, nothing else", () => {
  let seed = 20_261_121;
  const next = (below: number) => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
  const vectors = [{ id: 1, verb: "net.links", args: {} }, "ü", [1, null, true], { id: 9, answer: { key: "AAAA" } }];
  for (let round = 0; round < 10_000; round++) {
    const frame = encodeFrame(vectors[next(vectors.length)]);
    for (let flips = next(4) + 1; flips > 0; flips--) frame[next(frame.length)] = next(256);
    const reader = new FrameReader();
    try {
      for (const value of reader.push(frame)) JSON.stringify(value);
    } catch (error) {
      assert.ok(isFrameError(error), `seed 20261121 round ${round}: ${error}`);
    }
  }
});
