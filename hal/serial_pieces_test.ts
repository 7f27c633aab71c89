import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../tests/support/manual_time.ts";
import { HAL_LIMITS } from "./limits.ts";
import { SerialPieces } from "./serial_pieces.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const shown = (pieces: readonly Uint8Array[]) => pieces.map((piece) => piece.join(" "));

Deno.test("serial pieces: what silence cut comes as pieces, to whoever waits or asks later", async () => {
  const pieces = new SerialPieces(new ManualTime());
  const waiting = pieces.take(1_000);
  pieces.add(bytes(1));
  pieces.add(bytes(2, 3));
  equal(pieces.isInside, true);
  pieces.end();
  deepEqual(shown(await waiting), ["1 2 3"]);
  for (const value of [4, 5]) {
    pieces.add(bytes(value));
    pieces.end();
  }
  pieces.end();
  deepEqual(shown(await pieces.take(1_000)), ["4", "5"]);
});

Deno.test("serial pieces: who waits in vain gets nothing, and no timer stays", async () => {
  const time = new ManualTime(), pieces = new SerialPieces(time);
  const waiting = pieces.take(1_000);
  time.advance(1_000);
  deepEqual(await waiting, []);
  equal(time.armed, 0);
});

Deno.test("serial pieces: a second caller takes the first one's place", async () => {
  const time = new ManualTime(), pieces = new SerialPieces(time);
  const first = pieces.take(1_000), second = pieces.take(1_000);
  deepEqual(await first, []);
  pieces.add(bytes(1));
  pieces.end();
  deepEqual(shown(await second), ["1"]);
  equal(time.armed, 0);
});

Deno.test("serial pieces: one that never ends is cut at the limit, and one byte past it begins the next", async () => {
  const pieces = new SerialPieces(new ManualTime());
  pieces.add(new Uint8Array(HAL_LIMITS.serialPieceBytes - 1));
  equal(pieces.isInside, true);
  pieces.add(new Uint8Array(2));
  equal(pieces.isInside, false);
  deepEqual((await pieces.take(1)).map(({ length }) => length), [HAL_LIMITS.serialPieceBytes, 1]);
});

Deno.test("serial pieces: with one more than allowed the oldest makes room", async () => {
  const pieces = new SerialPieces(new ManualTime());
  for (let value = 0; value <= HAL_LIMITS.serialPieces; value++) {
    pieces.add(bytes(value));
    pieces.end();
  }
  const kept = await pieces.take(1);
  deepEqual([kept.length, kept[0]![0]], [HAL_LIMITS.serialPieces, 1]);
});

Deno.test("serial pieces: after the end of the line everybody is told why", async () => {
  const time = new ManualTime(), pieces = new SerialPieces(time);
  const waiting = pieces.take(1_000);
  pieces.fail(new Error("unplugged"));
  await rejects(waiting, /unplugged/);
  await rejects(pieces.take(1), /unplugged/);
  equal(time.armed, 0);
});
