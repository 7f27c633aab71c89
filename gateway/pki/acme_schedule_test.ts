import assert from "node:assert/strict";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";
import * as schedule from "./acme_schedule.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 3_600_000;
const fresh = schedule.newState("x", 0);

Deno.test("acme schedule: renews after two thirds of the life, earlier by at most a twentieth", () => {
  const validity = { notBefore: NOW, notAfter: NOW + 90 * DAY_MS };
  assert.equal(schedule.renewalAt(validity, 0), NOW + 60 * DAY_MS);
  assert.equal(schedule.renewalAt(validity, 0.999), NOW + 60 * DAY_MS - 0.999 * 4.5 * DAY_MS);
});

Deno.test("acme schedule: waits twice as long after each failure up to a day, a quarter more or less", () => {
  assert.equal(schedule.retryMs(1, 0.5), LIMITS.retryMs);
  assert.equal(schedule.retryMs(2, 0.5), 2 * LIMITS.retryMs);
  assert.equal(schedule.retryMs(1, 0), 0.75 * LIMITS.retryMs);
  assert.equal(schedule.retryMs(1_000, 0.5), LIMITS.retryMaxMs);
});

Deno.test("acme schedule: at most so many runs in 24 hours, those before count no more", () => {
  let state = fresh;
  for (let i = 0; i < LIMITS.runsPerDay; i++) {
    assert.ok(schedule.mayRun(state, NOW + i));
    state = schedule.startedRun(state, NOW + i, 0.5);
  }
  assert.equal(schedule.mayRun(state, NOW + DAY_MS - 1), false);
  assert.equal(schedule.mayRun(state, NOW + DAY_MS), true, "the first is a day ago");
  assert.equal(schedule.startedRun(state, NOW + 3 * DAY_MS, 0.5).runs.length, 1);
});

Deno.test("acme schedule: a run counts as failed from its start, so that a crash loop is slowed down", () => {
  const state = schedule.startedRun(fresh, NOW, 0.5);
  assert.equal(schedule.isPastWait(state, NOW + LIMITS.retryMs - 1), false);
  assert.equal(schedule.isPastWait(state, NOW + LIMITS.retryMs), true);
  const ended = schedule.succeeded(state, NOW, 0.3);
  assert.deepEqual([ended.failures, ended.nextAt, ended.runs], [0, NOW + LIMITS.successGapMs, [NOW]]);
});

Deno.test("acme schedule: a server's Retry-After lengthens the wait, up to a week, and never shortens it", () => {
  const state = { ...schedule.startedRun(fresh, NOW, 0.5), order: "https://x/order/1" };
  const short = schedule.failed(state, NOW, { fault: "f", retryAfterSeconds: 1 });
  assert.deepEqual([short.nextAt, short.order, short.fault], [NOW + LIMITS.retryMs, undefined, "f"]);
  assert.equal(schedule.failed(state, NOW, { fault: "f", retryAfterSeconds: 7_200 }).nextAt, NOW + 7_200_000);
  const long = schedule.failed(state, NOW, { fault: "f", retryAfterSeconds: 1e9 });
  assert.equal(long.nextAt, NOW + LIMITS.retryAfterMaxMs);
});

Deno.test("acme schedule: a wait that a wrong clock left behind is not waited for", () => {
  const state = { ...fresh, nextAt: NOW + LIMITS.retryAfterMaxMs };
  assert.equal(schedule.isPastWait(state, NOW), false);
  assert.equal(schedule.isPastWait(state, NOW - 1), true);
});
