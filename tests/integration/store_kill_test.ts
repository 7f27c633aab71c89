import { equal } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { killTwentyTimes } from "../support/kill_writer.ts";

async function assertAllPresent(store: Store, round: number, acknowledged: readonly string[]): Promise<void> {
  const present = new Set<string>();
  for await (const { key } of store.list(["test", round], { limit: Infinity })) present.add(`${key[2]} ${key[3]}`);
  equal(acknowledged.filter((line) => !present.has(line)).length, 0, `round ${round} lost acknowledged records`);
}

Deno.test("store: kill -9 under load, twenty times, loses no acknowledged record", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv`;
  const rounds: (readonly string[])[] = [];
  try {
    await killTwentyTimes("store_writer.ts", path, async (round, acknowledged) => {
      rounds.push(acknowledged);
      const store = await openStore({ path, clock: systemClock, timers: systemTimers });
      await assertAllPresent(store, round, acknowledged);
      await store.close();
    });
    const store = await openStore({ path, clock: systemClock, timers: systemTimers });
    for (const [round, acknowledged] of rounds.entries()) await assertAllPresent(store, round, acknowledged);
    await store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
