import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import { backoffMs, RetryLoop } from "./retry_loop.ts";

const random = (fraction: number) => ({ bytes: (length: number) => new Uint8Array(length), fraction: () => fraction });

function rig(work: () => Promise<boolean>) {
  const time = new ManualTime();
  const failures: number[] = [];
  const loop = new RetryLoop({ work, onFailure: (_, count) => failures.push(count), timers: time, random: random(1) });
  return { time, failures, loop };
}

Deno.test("retry: works until nothing is left, one piece at a time", async () => {
  let left = 3, running = 0, most = 0;
  const { loop, time } = rig(async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    return --left > 0;
  });
  loop.poke();
  loop.poke();
  await waitFor("the work", () => left <= 0);
  await loop.stop();
  assert.equal(most, 1);
  assert.equal(time.armed, 0);
});

Deno.test("retry: waits longer after each failure, and a poke does not shorten the wait", async () => {
  let calls = 0;
  const { loop, time, failures } = rig(() => {
    calls++;
    return calls > 3 ? Promise.resolve(false) : Promise.reject(new Error("away"));
  });
  loop.poke();
  for (let failure = 1; failure <= 3; failure++) {
    await waitFor("the wait", () => time.armed === 1);
    loop.poke();
    const wait = DELIVERY_LIMITS.retryFirstMs * 2 ** (failure - 1);
    time.advance(wait - 1);
    assert.equal(calls, failure);
    time.advance(1);
    await waitFor("the next try", () => calls === failure + 1);
  }
  assert.deepEqual(failures, [1, 2, 3]);
  await loop.stop();
});

Deno.test("retry: tries at once when the other side is said to be back", async () => {
  let calls = 0;
  const { loop, time } = rig(() => ++calls === 1 ? Promise.reject(new Error("away")) : Promise.resolve(false));
  loop.poke();
  await waitFor("the wait", () => time.armed === 1);
  loop.retryNow();
  await waitFor("the try", () => calls === 2);
  await loop.stop();
  assert.equal(time.armed, 0);
});

Deno.test("retry: a stopped loop waits for nothing", async () => {
  const { loop, time } = rig(() => Promise.reject(new Error("away")));
  loop.poke();
  await waitFor("the wait", () => time.armed === 1);
  await loop.stop();
  assert.equal(time.armed, 0);
  loop.poke();
  assert.equal(time.armed, 0);
});

Deno.test("retry: the wait doubles, is bounded and has jitter", () => {
  assert.equal(backoffMs(1, random(1)), DELIVERY_LIMITS.retryFirstMs);
  assert.equal(backoffMs(1, random(0)), DELIVERY_LIMITS.retryFirstMs / 2);
  assert.equal(backoffMs(3, random(1)), DELIVERY_LIMITS.retryFirstMs * 4);
  assert.equal(backoffMs(10_000, random(1)), DELIVERY_LIMITS.retryMaxMs);
});
