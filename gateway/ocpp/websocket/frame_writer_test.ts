import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Random, systemRandom } from "../../core/timers.ts";
import { mask, OPCODE } from "./frame_format.ts";
import { FrameReader } from "./frame_reader.ts";
import { closePayload, encodeFrame, MaskKeys } from "./frame_writer.ts";

const LIMITS = { messageBytes: 100_000, fragments: 1 };

function readBack(frame: Buffer, isMasked: boolean): string[] {
  const texts: string[] = [];
  const none = () => {};
  const sink = { receivedPing: none, receivedPong: none, receivedClose: none };
  const receivedMessage = (data: Buffer) => void texts.push(data.toString());
  new FrameReader({ ...sink, receivedMessage }, isMasked ? "server" : "client", LIMITS).push(Buffer.from(frame));
  return texts;
}

Deno.test("frame writer: each form of length is read back, with and without mask", () => {
  const keys = new MaskKeys(systemRandom);
  for (const length of [0, 1, 2, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 70_001]) {
    const text = "€".repeat(length / 3) + "x".repeat(length % 3);
    for (const by of [undefined, keys]) {
      const frame = encodeFrame(OPCODE.text, Buffer.from(text), by);
      equal(readBack(frame, by !== undefined), [text], `${length} bytes`);
      const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
      equal(frame.length, 2 + extended + (by ? 4 : 0) + length);
    }
  }
});

Deno.test("frame writer: the caller's bytes stay as they are", () => {
  const payload = Buffer.from("abcdef");
  encodeFrame(OPCODE.text, payload, new MaskKeys(systemRandom));
  equal(payload.toString(), "abcdef");
});

Deno.test("frame writer: no masking key is used twice, and all come from the given randomness", () => {
  let draws = 0, next = 0;
  const random: Random = {
    bytes: (length) => {
      draws++;
      return Uint8Array.from({ length }, () => next++ % 251); // no two aligned groups of four are the same so soon
    },
    fraction: () => 0,
  };
  const keys = new MaskKeys(random), seen = new Set<string>();
  for (let i = 0; i < 250; i++) seen.add(encodeFrame(OPCODE.text, Buffer.from("x"), keys).toString("hex", 2, 6));
  equal(seen.size, 250);
  equal(draws, 1);
  for (let i = 250; i < 1_025; i++) encodeFrame(OPCODE.text, Buffer.from("x"), keys);
  equal(draws, 2);
});

Deno.test("frame writer: masking twice with one key gives back what was, at any offset and length", () => {
  for (let length = 0; length < 12; length++) {
    for (let at = 0; at < 5; at++) {
      const bytes = Buffer.from("0123456789abcdefgh"), key = Uint8Array.of(9, 1, 2, 3, 4);
      mask(bytes, at, length, key, 1);
      const changed = [...bytes].filter((byte, i) => byte !== "0123456789abcdefgh".charCodeAt(i)).length;
      equal(changed, length);
      mask(bytes, at, length, key, 1);
      equal(bytes.toString(), "0123456789abcdefgh");
    }
  }
});

Deno.test("frame writer: long messages are masked by words just as short ones by bytes, wherever they lie in memory", () => {
  const memory = new Uint8Array(600), keys = Uint8Array.of(0, 0xf1, 2, 0x83, 4);
  for (const length of [127, 128, 129, 130, 131, 132, 133, 500]) {
    for (let offset = 0; offset < 9; offset++) {
      const bytes = memory.subarray(offset, offset + length + 3).fill(0x5a);
      mask(bytes, 3, length, keys, 1);
      const wrong = bytes.findIndex((byte, i) => byte !== (i < 3 ? 0x5a : 0x5a ^ keys[1 + (i - 3) % 4]!));
      equal(wrong, -1, `${length} bytes at ${offset}`);
      equal(memory.slice(offset + length + 3, offset + length + 7).join(), "0,0,0,0", "nothing behind them");
      memory.fill(0);
    }
  }
});

Deno.test("frame writer: a close frame has code and reason, or nothing", () => {
  equal(closePayload(undefined, "ignored").length, 0);
  equal([...closePayload(1001, "é")], [0x03, 0xe9, 0xc3, 0xa9]);
  ok(closePayload(1000, "").length === 2);
});
