import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { guarded } from "./guarded_stream.ts";

const { stallMs, slowWindowMs, slowestBytesPerSecond, fetchMs } = FIRMWARE_LIMITS;

/** A stream that yields as told, each part after so many milliseconds of manual time. */
function rig(parts: readonly (readonly [afterMs: number, bytes: number])[]) {
  const time = new ManualTime();
  const ending = new AbortController();
  let closed = 0;
  async function* source() {
    for (const [afterMs, bytes] of parts) {
      time.advance(afterMs);
      await Promise.resolve();
      yield new Uint8Array(bytes);
    }
  }
  const stream = guarded(source(), "x.example/a", { clock: time, timers: time, signal: ending.signal }, () => closed++);
  return { time, ending, stream, closed: () => closed };
}

async function sizeOf(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const part of stream) size += part.length;
  return size;
}

Deno.test("firmware fetch: a stream that keeps coming passes whole, and its connection is closed once", async () => {
  const { stream, closed, time } = rig([[1, 1_000], [stallMs - 1, 1_000_000], [stallMs - 1, 1]]);
  equal(await sizeOf(stream), 1_001_001);
  deepEqual([closed(), time.armed], [1, 0]);
});

Deno.test("firmware fetch: a stream that stalls is ended at its limit", async () => {
  const { stream, closed, time } = rig([[1, 1_000], [stallMs, 1_000]]);
  await rejects(sizeOf(stream), { code: "FIRMWARE_FETCH_FAILED" });
  deepEqual([closed(), time.armed], [1, 0]);
});

Deno.test("slow retrieval: a stream that trickles is ended, one at the limit passes", async () => {
  const steps = 4, step = slowWindowMs / steps;
  const enough = slowestBytesPerSecond * step / 1_000;
  const trickle = (bytes: number) => rig(Array.from({ length: steps }, () => [step, bytes] as const)).stream;
  equal(await sizeOf(trickle(enough)), enough * steps);
  await rejects(sizeOf(trickle(enough - 1)), { code: "FIRMWARE_FETCH_FAILED" });
});

Deno.test("firmware fetch: a stream that never ends is ended after its longest time", async () => {
  const step = stallMs / 2;
  const parts = Array.from({ length: fetchMs / step + 2 }, () => [step, 100_000] as const);
  await rejects(sizeOf(rig(parts).stream), /more than 6 hours|Cannot fetch/);
  equal(await sizeOf(rig(parts.slice(0, fetchMs / step - 1)).stream), 100_000 * (fetchMs / step - 1));
});

Deno.test("firmware fetch: the end of the Worker ends it, and so does who reads no further", async () => {
  const first = rig([[1, 1_000], [1, 1_000]]);
  await first.stream.next();
  first.ending.abort();
  await rejects(sizeOf(first.stream), { code: "FIRMWARE_FETCH_FAILED" });
  equal(first.closed(), 1);
  const second = rig([[1, 1_000], [1, 1_000]]);
  for await (const _part of second.stream) break;
  deepEqual([second.closed(), second.time.armed], [1, 0]);
});
