import { deepEqual, equal, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { Interruptible } from "./interruptible.ts";

async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
async function* count(to: number): AsyncGenerator<number> {
  for (let at = 1; at <= to; at++) yield at;
}

Deno.test("interruptible: passes everything on in order", async () => {
  deepEqual(await collect(new Interruptible<number>().read(count(5))), [1, 2, 3, 4, 5]);
});

Deno.test("interruptible: ends who waits for a part that never comes", async () => {
  const stream = new Interruptible<number>(), never = Promise.withResolvers<IteratorResult<number>>();
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => never.promise }) };
  const reading = collect(stream.read(silent));
  stream.interrupt(new Error("stalled"));
  stream.interrupt(new Error("a second reason"));
  await rejects(reading, /stalled/);
});

Deno.test("interruptible: who asks after it was ended gets the error and no part", async () => {
  const stream = new Interruptible<number>(), parts = stream.read(count(3));
  equal((await parts.next()).value, 1);
  stream.interrupt(new Error("over"));
  await rejects(parts.next(), /over/);
});

Deno.test("interruptible: a fault of the source is the source's", async () => {
  const broken = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("cut off")) }) };
  await rejects(collect(new Interruptible<number>().read(broken)), /cut off/);
});

Deno.test("interruptible: an end that comes when all is read changes nothing", async () => {
  const stream = new Interruptible<number>();
  deepEqual(await collect(stream.read(count(1))), [1]);
  stream.interrupt(new Error("too late"));
});

Deno.test("interruptible: no part is kept once it was passed on, though the stream goes on", async () => {
  let collected = 0;
  const gone = new FinalizationRegistry(() => collected++);
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < 20; at++) {
      const part = new Uint8Array(1_000_000);
      gone.register(part, at);
      yield part;
    }
  }
  const parts = new Interruptible<Uint8Array>().read(large());
  for (let at = 0; at < 19; at++) await parts.next();
  // what is kept cannot be collected, however much memory is asked for
  await waitFor("a part to be collected", () => new Uint8Array(5_000_000).length > 0 && collected > 10);
  equal((await parts.next()).done, false);
});
