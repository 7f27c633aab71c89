import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { startDrivers } from "./charging_plan.ts";

Deno.test("demo drivers: come one after the other, charge, pause, and all leave at the end", () => {
  const time = new ManualTime();
  const seen: string[] = [];
  const station = (name: string) => ({
    plugIn: () => void seen.push(`${time.monotonic()} ${name} in`),
    unplug: () => void seen.push(`${time.monotonic()} ${name} out`),
  });
  const stop = startDrivers([station("a"), station("b")], { staggerMs: 100, chargeMs: 1_000, pauseMs: 500 }, time);
  time.advance(1_700);
  deepEqual(seen, ["100 a in", "200 b in", "1100 a out", "1200 b out", "1600 a in", "1700 b in"]);
  stop();
  deepEqual(seen.slice(6), ["1700 a out", "1700 b out"]);
  equal(time.armed, 0);
});
