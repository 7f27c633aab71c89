import { deepEqual, equal, match } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { HaldClient } from "../../hal/client.ts";
import type { Logger } from "../core/log.ts";
import { nullLogger } from "../core/log.ts";
import type { ControlContext, WorkerState } from "./contract.ts";
import { createWatchdogFeature, WATCHDOG_PET_MS } from "./watchdog_feature.ts";

const READY: WorkerState = { state: "ready", restarts: 0, health: { state: "ok" } };

function rig(watchdog = true, hasHald = true) {
  const time = new ManualTime();
  const box = { watchdog, connected: true, broken: false, pets: 0 };
  const workers: Record<string, WorkerState> = { control: READY, "ocpp-0": READY };
  const warnings: string[] = [];
  const warn: Logger["warn"] = (_event, fields) => void warnings.push(JSON.stringify(fields));
  const hald = {
    get state() {
      return { connected: box.connected };
    },
    call: (verb: string) => {
      if (box.broken) return Promise.reject(new Error("the device is gone"));
      if (verb === "watchdog.pet") box.pets++;
      return Promise.resolve(verb === "watchdog.pet" ? { timeoutSeconds: 2 } : { capabilities: box });
    },
  } as unknown as HaldClient;
  const main = { call: () => Promise.resolve(workers) } as unknown as ControlContext["main"];
  const feature = createWatchdogFeature({
    context: { log: { ...nullLogger, warn }, main, timers: time },
    hald: hasHald ? hald : undefined,
  });
  const beat = async () => {
    time.advance(WATCHDOG_PET_MS);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { time, box, workers, warnings, feature, beat };
}

Deno.test("watchdog: the chip is petted each second while every Worker is ready", async () => {
  const { box, beat, warnings } = rig();
  await beat();
  await beat();
  equal(box.pets, 2);
  deepEqual(warnings, []);
});

for (
  const [sentence, sick] of [
    ["restarts", { state: "backoff", restarts: 1 }],
    ["does not serve", { state: "ready", restarts: 0, health: { state: "failed", why: "no disk" } }],
  ] as const
) {
  Deno.test(`watchdog: no pet while a Worker ${sentence}, said once, and again when it is back`, async () => {
    const { box, workers, beat, warnings } = rig();
    workers["ocpp-0"] = sick;
    await beat();
    await beat();
    equal(box.pets, 0);
    equal(warnings.length, 1);
    match(warnings[0]!, /ocpp-0 (backoff|failed)/);
    workers["ocpp-0"] = READY;
    await beat();
    equal(box.pets, 1);
  });
}

Deno.test("watchdog: a degraded Worker still serves, so the chip is petted", async () => {
  const { box, workers, beat } = rig();
  workers["ocpp-0"] = { ...READY, health: { state: "degraded", why: "the CSMS is away" } };
  await beat();
  equal(box.pets, 1);
});

Deno.test("watchdog: a box without a chip is not petted, and one that gets a chip is", async () => {
  const { box, beat } = rig(false);
  await beat();
  equal(box.pets, 0);
  box.watchdog = true;
  await beat();
  equal(box.pets, 1);
});

Deno.test("watchdog: hald away is no fault of ours, and petting goes on when it is back", async () => {
  const { box, beat, warnings } = rig();
  box.connected = false;
  await beat();
  deepEqual([box.pets, warnings], [0, []]);
  box.connected = true;
  await beat();
  equal(box.pets, 1);
});

Deno.test("watchdog: a chip that cannot be petted is said once", async () => {
  const { box, beat, warnings } = rig();
  box.broken = true;
  await beat();
  await beat();
  equal(warnings.length, 1);
  match(warnings[0]!, /the device is gone/);
});

Deno.test("watchdog: nothing runs without hald, or after the end", async () => {
  equal(rig(true, false).time.armed, 0);
  const { time, feature } = rig();
  await feature.stop!();
  equal(time.armed, 0);
});

Deno.test("watchdog: a console whose port is taken does not restart the box", async () => {
  const { box, workers, beat, warnings } = rig();
  workers["console"] = { state: "backoff", restarts: 7 };
  await beat();
  equal(box.pets, 1);
  deepEqual(warnings, []);
});
