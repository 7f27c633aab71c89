import assert from "node:assert/strict";
import { NextRun } from "./next_run.ts";

/** Work whose runs end when the test says so. */
function steered() {
  const runs: PromiseWithResolvers<void>[] = [];
  const work = new NextRun(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { work, runs };
}

/** Lets every reaction of settled promises run. */
const turn = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

Deno.test("next run: who asks while a run is under way waits for the one after it, together with all others", async () => {
  const { work, runs } = steered();
  const first = work.run();
  await turn();
  const second = work.run();
  const third = work.run();
  assert.equal(second, third);
  await turn();
  assert.equal(runs.length, 1, "never two at once");
  runs[0]!.resolve();
  await first;
  await turn();
  assert.equal(runs.length, 2);
  runs[1]!.resolve();
  await second;
  assert.equal(runs.length, 2);
});

Deno.test("next run: a run that fails tells who asked for it, and the next one goes on", async () => {
  const { work, runs } = steered();
  const first = work.run();
  await turn();
  const second = work.run();
  runs[0]!.reject(new Error("disk"));
  await assert.rejects(first, /disk/);
  await turn();
  runs[1]!.resolve();
  await second;
});

Deno.test("next run: idle waits for what was asked for and never fails", async () => {
  const { work, runs } = steered();
  await work.idle();
  const run = work.run();
  await turn();
  let isIdle = false;
  const idle = work.idle().then(() => isIdle = true);
  await turn();
  assert.equal(isIdle, false);
  runs[0]!.reject(new Error("disk"));
  await assert.rejects(run, /disk/);
  await idle;
});
