import { deepEqual, equal, ok } from "node:assert/strict";
import { mutate } from "../../tests/support/mutate.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { type PiecesRead, RtuPieces } from "./codec_rtu_pieces.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const FRAME = encodeRtu({ address: 1, pdu: Uint8Array.of(3, 4, 0x41, 0x20, 0, 0) });
const OTHER = encodeRtu({ address: 2, pdu: Uint8Array.of(6, 0, 1, 0, 2) });
const shown = (
  { frames, noise }: PiecesRead,
) => [...frames.map(({ address, pdu }) => `${address}: ${pdu.join(" ")}`), noise];

Deno.test("modbus pieces: a piece that is a frame is one", () => {
  const pieces = new RtuPieces();
  deepEqual(shown(pieces.push(FRAME, 0)), ["1: 3 4 65 32 0 0", 0]);
  deepEqual(shown(pieces.push(OTHER, 1)), ["2: 6 0 1 0 2", 0]);
});

Deno.test("modbus pieces: a frame that an adapter handed over in lumps is whole again, wherever it was cut", () => {
  for (let cut = 1; cut < FRAME.length; cut++) {
    const pieces = new RtuPieces();
    deepEqual(shown(pieces.push(FRAME.subarray(0, cut), 0)), [0], `cut at ${cut}`);
    deepEqual(shown(pieces.push(FRAME.subarray(cut), MODBUS_LIMITS.pieceMs)), ["1: 3 4 65 32 0 0", 0]);
  }
  const bytewise = new RtuPieces();
  const last = [...FRAME].map((byte) => shown(bytewise.push(Uint8Array.of(byte), 5))).at(-1);
  deepEqual(last, ["1: 3 4 65 32 0 0", 0]);
});

Deno.test("modbus pieces: a rest that comes too late is no rest", () => {
  const pieces = new RtuPieces();
  pieces.push(FRAME.subarray(0, 4), 0);
  deepEqual(shown(pieces.push(FRAME.subarray(4), MODBUS_LIMITS.pieceMs + 1)), [4]);
  deepEqual(shown(pieces.expire(MODBUS_LIMITS.pieceMs * 2 + 2)), [FRAME.length - 4]);
  deepEqual(shown(pieces.expire(1_000)), [0]);
});

Deno.test("modbus pieces: half a frame before a whole one is noise, and the whole one is heard", () => {
  const pieces = new RtuPieces();
  pieces.push(FRAME.subarray(0, 4), 0);
  deepEqual(shown(pieces.push(OTHER, 5)), ["2: 6 0 1 0 2", 4]);
});

Deno.test("modbus pieces: what came before a new request belongs to none", () => {
  const pieces = new RtuPieces();
  pieces.push(FRAME.subarray(0, 4), 0);
  deepEqual(shown(pieces.drop()), [4]);
  deepEqual(shown(pieces.drop()), [0]);
  deepEqual(shown(pieces.push(FRAME.subarray(4), 1)), [0]);
});

Deno.test("modbus pieces: as many bytes as a frame may have wait for more, one more is noise", () => {
  const pieces = new RtuPieces();
  deepEqual(shown(pieces.push(new Uint8Array(MODBUS_LIMITS.rtuBytes).fill(7), 0)), [0]);
  deepEqual(shown(pieces.push(Uint8Array.of(7), 1)), [MODBUS_LIMITS.rtuBytes + 1]);
  deepEqual(shown(pieces.push(FRAME, 2)), ["1: 3 4 65 32 0 0", 0]);
});

Deno.test("modbus pieces: every byte is in a frame, is noise, or waits, whatever comes (seeded)", () => {
  const pieces = new RtuPieces();
  let given = 0, told = 0, frames = 0, now = 0;
  const count = (read: PiecesRead) => {
    frames += read.frames.length;
    told += read.noise + read.frames.reduce((sum, { pdu }) => sum + pdu.length + 3, 0);
  };
  for (const piece of mutate([FRAME, OTHER, FRAME], { count: 10_000, seed: 5 })) {
    if (piece.length === 0) continue;
    given += piece.length;
    count(pieces.push(piece, now += piece[0]! % 90));
    ok(given - told >= 0 && given - told <= MODBUS_LIMITS.rtuBytes, `${given} given, ${told} told`);
  }
  count(pieces.drop());
  equal(told, given);
  ok(frames > 100, `${frames} frames`);
});
