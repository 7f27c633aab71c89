import { equal } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { withDeadline } from "../support/wait_for.ts";

const KILLS = 20;
const WRITERS = 24;
const MOST_ACKNOWLEDGED = 1_500;
const WRITER_PROGRAM = new URL("../support/store_writer.ts", import.meta.url).pathname;

/** Runs the writer, kills it with SIGKILL once `killAfter` commits were acknowledged, and gives all acknowledged ones. */
async function writeAndKill(path: string, round: number, killAfter: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", WRITER_PROGRAM, path, `${round}`, `${WRITERS}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const acknowledged: string[] = [];
  let rest = "", killed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    acknowledged.push(...lines);
    if (killed || acknowledged.length < killAfter) continue;
    child.kill("SIGKILL");
    killed = true;
  }
  equal((await child.status).signal, "SIGKILL");
  return acknowledged;
}

async function assertAllPresent(store: Store, round: number, acknowledged: readonly string[]): Promise<void> {
  const present = new Set<string>();
  for await (const { key } of store.list(["test", round], { limit: Infinity })) present.add(`${key[2]} ${key[3]}`);
  equal(acknowledged.filter((line) => !present.has(line)).length, 0, `round ${round} lost acknowledged records`);
}

Deno.test("store: kill -9 under load, twenty times, loses no acknowledged record", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv`;
  const rounds: string[][] = [];
  try {
    for (let round = 0; round < KILLS; round++) {
      const killAfter = 1 + Math.floor(Math.random() * MOST_ACKNOWLEDGED);
      rounds.push(await withDeadline(`round ${round}`, writeAndKill(path, round, killAfter)));
      equal(rounds[round]!.length >= killAfter, true);
      const store = await openStore({ path, clock: systemClock, timers: systemTimers });
      await assertAllPresent(store, round, rounds[round]!);
      await store.close();
    }
    const store = await openStore({ path, clock: systemClock, timers: systemTimers });
    for (const [round, acknowledged] of rounds.entries()) await assertAllPresent(store, round, acknowledged);
    await store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
