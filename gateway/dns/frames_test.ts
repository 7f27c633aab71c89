import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { framed, FrameReader } from "./frames.ts";

const stream = Uint8Array.from([
  ...framed(Uint8Array.of(1, 2, 3)),
  ...framed(new Uint8Array()),
  ...framed(Uint8Array.of(9)),
]);
const wanted = [[1, 2, 3], [], [9]];

Deno.test("dns frames: the same messages however the stream is cut", () => {
  for (let size = 1; size <= stream.length; size++) {
    const reader = new FrameReader();
    const read: number[][] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const message of reader.push(stream.subarray(at, at + size))) read.push([...message]);
    }
    equal(read, wanted, `in pieces of ${size}`);
  }
});

Deno.test("dns frames: a message at the limit is read, one byte more is refused before it comes", () => {
  equal(new FrameReader(4).push(framed(new Uint8Array(4)))[0]?.length, 4);
  throws(() => new FrameReader(4).push(Uint8Array.of(0, 5)), RangeError);
});

Deno.test("dns frames: what is read does not change with the buffer it came in", () => {
  const reader = new FrameReader();
  const buffer = framed(Uint8Array.of(7, 8));
  const [message] = reader.push(buffer);
  buffer.fill(0);
  equal([...message!], [7, 8]);
});
