/// <reference lib="deno.worker" />
// Runs what the store does in the control Worker, under that Worker's permissions; answers one line per step.
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { diskState } from "../../gateway/store/disk.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { createSealer, getSealed, putSealed } from "../../gateway/store/sealer.ts";

async function walk(folder: string): Promise<string[]> {
  const steps: string[] = [];
  const store = await openStore({ path: `${folder}/store/kv`, clock: systemClock, timers: systemTimers });
  await store.commit([{ set: ["test"], value: 1 }]);
  steps.push(`read ${(await store.get(["test"]))?.value}`);
  const sealer = await createSealer(new Uint8Array(32).fill(1), store);
  await putSealed(store, sealer, ["test", "sealed"], new Uint8Array([1, 2]));
  steps.push(`unsealed ${await getSealed(store, sealer, ["test", "sealed"])}`);
  await store.snapshot(`${folder}/copy`);
  await store.close();
  const copy = await openStore({ path: `${folder}/copy`, clock: systemClock, timers: systemTimers });
  steps.push(`copied ${(await copy.get(["test"]))?.value}`);
  await copy.close();
  steps.push(`disk ${typeof diskState(folder).freeBytes}`);
  return steps;
}

self.onmessage = async (event: MessageEvent<string>) => {
  self.postMessage(await walk(event.data).catch((error) => [`${error}: ${error.cause}`]));
};
