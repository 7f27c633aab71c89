// A process that writes through the Store from many writers at once and prints what was acknowledged, until it is killed.
// Arguments: store file, round, number of writers. Lines: "<writer> <sequence>", after the acknowledgement.
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";

const [path, round, writers] = [Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2])];
const store = await openStore({ path, clock: systemClock, timers: systemTimers });
const encoder = new TextEncoder();

async function write(writer: number): Promise<never> {
  for (let sequence = 0;; sequence++) {
    const value = { writer, sequence, filler: "x".repeat(sequence % 400) };
    await store.commit([{ set: ["test", round, writer, sequence], value }]);
    // Synchronously: what is printed is in the pipe and survives the kill.
    Deno.stdout.writeSync(encoder.encode(`${writer} ${sequence}\n`));
  }
}
await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
