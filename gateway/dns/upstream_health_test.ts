import { deepStrictEqual as equal } from "node:assert/strict";
import { DNS_LIMITS } from "./limits.ts";
import { UpstreamHealth } from "./upstream_health.ts";

const { upstreamFailures, upstreamPauseMs, upstreamPauseMaxMs } = DNS_LIMITS;

Deno.test("dns upstreams: asked in their order, each once", () => {
  const health = new UpstreamHealth(3);
  equal([health.next([], 0), health.next([0], 0), health.next([0, 1], 0), health.next([0, 1, 2], 0)], [
    0,
    1,
    2,
    undefined,
  ]);
  equal(new UpstreamHealth(0).next([], 0), undefined);
});

Deno.test("dns upstreams: one that failed rests, and comes first again after its pause", () => {
  const health = new UpstreamHealth(2);
  health.failed(0, 0);
  equal(health.next([], upstreamPauseMs - 1), 1);
  equal(health.next([], upstreamPauseMs), 0);
});

Deno.test("dns upstreams: when all rest, the one that rests shortest is asked", () => {
  const health = new UpstreamHealth(2);
  health.failed(0, 100);
  health.failed(1, 0);
  equal([health.isAllResting(500), health.next([], 500), health.next([1], 500)], [true, 1, 0]);
  equal(health.isAllResting(upstreamPauseMs), false);
});

Deno.test("dns upstreams: away after so many failures in a row, told once; back with the first answer", () => {
  const health = new UpstreamHealth(1);
  let now = 0;
  const told: boolean[] = [];
  for (let count = 0; count < upstreamFailures + 2; count++) {
    told.push(health.failed(0, now));
    now += upstreamPauseMaxMs;
  }
  equal(told, [false, false, true, false, false]);
  equal([health.isAway(0), health.succeeded(0), health.isAway(0), health.succeeded(0)], [true, true, false, false]);
});

Deno.test("dns upstreams: questions that fail together are one failure", () => {
  const health = new UpstreamHealth(1);
  for (let count = 0; count < 10; count++) equal(health.failed(0, 5), false);
  equal(health.isAway(0), false);
});

Deno.test("dns upstreams: the pause doubles up to the longest", () => {
  const health = new UpstreamHealth(1);
  let now = 0;
  const pauses: number[] = [];
  for (let count = 0; count < 9; count++) {
    health.failed(0, now);
    let pause = 0;
    while (health.isAllResting(now + pause)) pause += upstreamPauseMs;
    pauses.push(pause);
    now += pause;
  }
  equal(pauses.slice(0, 3), [1, 2, 4].map((times) => times * upstreamPauseMs));
  equal(pauses.slice(-2), [upstreamPauseMaxMs, upstreamPauseMaxMs]);
});
