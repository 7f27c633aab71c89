import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import { CLOCK_JUMP_MS, CLOCK_LOOK_MS, CLOCK_STEADY_MS, createClockFeature } from "./clock_feature.ts";
import type { ControlContext } from "./contract.ts";
import type { Foundation } from "./foundation.ts";

function rig(hald?: { synchronised: boolean }) {
  const time = new ManualTime();
  const told: string[] = [];
  const tell = (what: string) => Promise.resolve(void told.push(what));
  const context = {
    clock: time,
    timers: time,
    log: nullLogger,
    audit: {
      record: ({ event, detail }: { event: string; detail: unknown }) => tell(`${event} ${JSON.stringify(detail)}`),
    },
    alarms: {
      raise: ({ kind }: { kind: string }) => tell(`raise ${kind}`),
      clear: (kind: string) => tell(`clear ${kind}`),
    },
  } as unknown as ControlContext;
  const client = hald && { call: () => Promise.resolve(hald) };
  const feature = createClockFeature({ context, hald: client as unknown as Foundation["hald"] });
  const look = async () => {
    time.advance(CLOCK_LOOK_MS);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { time, told, feature, look };
}

Deno.test("clock: a jump forwards or backwards is audited and alarmed once", async () => {
  for (const seconds of [3_600, -3_600]) {
    const { time, told, look } = rig();
    time.jump(seconds * 1_000);
    await look();
    await look();
    deepEqual(told, [`gateway.clock.jumped {"seconds":${seconds}}`, "raise clock.jumped"]);
  }
});

Deno.test("clock: a step at the limit is no jump, one past it is", async () => {
  const { time, told, look } = rig();
  time.jump(CLOCK_JUMP_MS);
  await look();
  deepEqual(told, []);
  time.jump(CLOCK_JUMP_MS + 1);
  await look();
  equal(told.length, 2);
});

Deno.test("clock: the alarm about a jump is over when the clock has been steady for long", async () => {
  const { time, told, look } = rig();
  time.jump(60_000);
  await look();
  time.advance(CLOCK_STEADY_MS);
  await look();
  equal(told.at(-1), "clear clock.jumped");
  equal(told.filter((what) => what === "clear clock.jumped").length, 1);
});

Deno.test("clock: hald's word on synchronisation raises and clears an alarm", async () => {
  const state = { synchronised: false };
  const { told, look } = rig(state);
  await look();
  state.synchronised = true;
  await look();
  deepEqual(told, ["raise clock.unsynchronised", "clear clock.unsynchronised"]);
});

Deno.test("clock: stops looking when it is stopped", async () => {
  const { time, feature } = rig();
  await feature.stop!();
  equal(time.armed, 0);
});
