// Fills the disk through the Store and prints what happened as JSON lines. Argument: folder on a small disk.
import { systemClock } from "../../gateway/core/clock.ts";
import type { GatewayError } from "../../gateway/core/errors.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { diskState } from "../../gateway/store/disk.ts";
import { openStore } from "../../gateway/store/kv_store.ts";

const folder = Deno.args[0]!, path = `${folder}/store/kv`;
const value = new Uint8Array(50_000);
let store = await openStore({ path, clock: systemClock, timers: systemTimers });
let acknowledged = 0, code = "";
while (code === "") {
  const group = Array.from({ length: 8 }, (_, n) => store.commit([{ set: ["test", acknowledged + n], value }]));
  const outcomes = await Promise.allSettled(group);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) code = (failed.reason as GatewayError).code;
  else acknowledged += outcomes.length;
}
const level = diskState(folder).level;
await store.close();
store = await openStore({ path, clock: systemClock, timers: systemTimers });
const present: unknown[] = [];
for await (const { key } of store.list(["test"], { limit: Infinity })) present.push(key[1]);
const lost = Array.from({ length: acknowledged }, (_, n) => n).filter((n) => !present.includes(n));
await Deno.remove(`${folder}/ballast`);
await store.commit([{ set: ["test", "after"], value: 1 }]);
const after = (await store.get<number>(["test", "after"]))?.value;
await store.close();
Deno.stdout.writeSync(
  new TextEncoder().encode(JSON.stringify({ acknowledged, code, level, lost: lost.length, after })),
);
