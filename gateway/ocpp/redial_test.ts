import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { systemRandom } from "../core/timers.ts";
import { redialWithin } from "./redial.ts";
import { TokenBucket } from "./token_bucket.ts";

function rig(dial: (attempt: number) => Promise<string>, isWanted = () => true) {
  const time = new ManualTime();
  const attempts: number[] = [], faults: string[] = [], discarded: string[] = [];
  const random = { ...systemRandom, fraction: () => 0.5 };
  const result = redialWithin(10_000, {
    clock: time,
    timers: time,
    random,
    gate: new TokenBucket(1_000, 1_000, 0),
    isWanted,
    dial: () => {
      attempts.push(time.monotonic());
      return dial(attempts.length);
    },
    discard: (leg) => void discarded.push(leg),
    onFault: (error) => void faults.push(String(error)),
  });
  return { time, attempts, faults, discarded, result };
}

async function pass(time: ManualTime, ms: number): Promise<void> {
  for (let elapsed = 0; elapsed < ms; elapsed += 50) {
    time.advance(50);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

Deno.test("redial: pauses grow to a bound, the first success ends it, nothing stays armed", async () => {
  const { time, attempts, faults, result } = rig((attempt) =>
    attempt < 4 ? Promise.reject("down") : Promise.resolve("leg")
  );
  await pass(time, 3_000);
  equal(await result, "leg");
  equal([attempts, faults.length, time.armed], [[100, 300, 700, 1_500], 3, 0]);
});

Deno.test("redial: gives up when the grace is over", async () => {
  const { time, attempts, result } = rig(() => Promise.reject("down"));
  await pass(time, 13_000);
  equal(await result, undefined);
  ok(attempts.every((at) => at < 10_000));
  equal(time.armed, 0);
});

Deno.test("redial: stops as soon as the station went away", async () => {
  let isWanted = true;
  const { time, attempts, result } = rig(() => Promise.reject("down"), () => isWanted);
  await pass(time, 150);
  isWanted = false;
  await pass(time, 1_000);
  equal([await result, attempts.length], [undefined, 1]);
});

Deno.test("redial: an empty gate makes it wait, not dial", async () => {
  const time = new ManualTime();
  let dialled = 0;
  const result = redialWithin(1_000, {
    clock: time,
    timers: time,
    random: systemRandom,
    gate: new TokenBucket(0, 0.0001, 0),
    isWanted: () => true,
    dial: () => Promise.resolve(`leg ${++dialled}`),
    discard: () => ok(false),
    onFault: () => ok(false),
  });
  await pass(time, 5_000);
  equal([await result, dialled], [undefined, 0]);
});

Deno.test("redial: an attempt that hangs ends with the grace; a leg that opens later is closed", async () => {
  for (const opens of [true, false]) {
    const hanging = Promise.withResolvers<string>();
    const { time, faults, discarded, result } = rig(() => hanging.promise);
    await pass(time, 9_950);
    equal(time.armed, 1);
    await pass(time, 50);
    equal([await result, time.armed], [undefined, 0]);
    if (opens) hanging.resolve("late");
    else hanging.reject("down");
    await pass(time, 50);
    equal([discarded, faults], opens ? [["late"], []] : [[], ["down"]]);
  }
});
