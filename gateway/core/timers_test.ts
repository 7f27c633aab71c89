import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { withDeadline } from "../../tests/support/wait_for.ts";
import { systemRandom, systemTimers } from "./timers.ts";

Deno.test("timers: a cancelled timer neither runs nor keeps the process, a live one runs", async () => {
  const ran: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  systemTimers.after(0, () => ran.push("cancelled"))();
  systemTimers.every(1, () => ran.push("cancelled"))();
  const cancel = systemTimers.every(1, () => {
    if (ran.push("live") === 3) resolve();
  });
  await withDeadline("three ticks", promise);
  cancel();
  deepEqual(ran, ["live", "live", "live"]);
});

Deno.test("random: gives as many bytes as asked, never the same, and fractions below one", () => {
  equal(systemRandom.bytes(0).length, 0);
  equal(systemRandom.bytes(32).length, 32);
  notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32));
  const fractions = Array.from({ length: 100 }, () => systemRandom.fraction());
  ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  ok(new Set(fractions).size > 1);
});
