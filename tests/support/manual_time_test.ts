import assert from "node:assert/strict";
import { ManualTime } from "./manual_time.ts";

Deno.test("manual time: moves both clocks by what a test says", () => {
  const time = new ManualTime(1_000);
  time.advance(250);
  assert.deepEqual([time.now(), time.monotonic()], [1_250, 250]);
});

Deno.test("manual time: a jump moves the wall clock alone", () => {
  const time = new ManualTime(1_000);
  time.jump(-600);
  assert.deepEqual([time.now(), time.monotonic()], [400, 0]);
});

Deno.test("manual time: runs what falls due, in order, at its own time", () => {
  const time = new ManualTime(0);
  const seen: string[] = [];
  time.after(30, () => seen.push(`late ${time.now()}`));
  time.after(10, () => seen.push(`early ${time.now()}`));
  time.after(31, () => seen.push("never"));
  time.advance(30);
  assert.deepEqual(seen, ["early 10", "late 30"]);
});

Deno.test("manual time: repeats until cancelled", () => {
  const time = new ManualTime(0);
  let runs = 0;
  const cancel = time.every(10, () => void runs++);
  time.advance(35);
  cancel();
  time.advance(100);
  assert.deepEqual([runs, time.armed], [3, 0]);
});

Deno.test("manual time: what is armed while running falls due in the same advance", () => {
  const time = new ManualTime(0);
  let done = false;
  time.after(10, () => time.after(10, () => done = true));
  time.advance(20);
  assert.ok(done);
});
