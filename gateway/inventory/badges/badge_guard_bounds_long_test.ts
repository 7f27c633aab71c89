import { equal } from "node:assert/strict";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { begin2, GuardRig } from "./testing/guard_rig.ts";

Deno.test("EV-24: as many as the limit are stopped; one more is left to a person", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    rig.answer = { noAnswer: "away" };
    for (let number = 0; number < BADGE_GUARD_LIMITS.stopping; number++) {
      await rig.note(begin2("B", `tx-${number}`, "CP002"));
    }
    equal(rig.guard.size, BADGE_GUARD_LIMITS.stopping);
    const unstopped = () => rig.alarms.filter((alarm) => alarm === "raise badge.unstopped CP003");
    equal(unstopped().length, 0);
    await rig.note(begin2("B", "tx-x", "CP003"));
    equal(unstopped().length, 1);
    equal(rig.guard.size, BADGE_GUARD_LIMITS.stopping);
  }));

Deno.test("EV-24: as many transactions as the limit are remembered by badge; of one more the oldest gives way", () =>
  GuardRig.with(async (rig) => {
    for (let number = 0; number <= BADGE_GUARD_LIMITS.charging; number++) {
      await rig.guard.uses.began({
        kind: "begin",
        stationId: "CP002",
        protocol: "ocpp2.0.1",
        at: 0,
        transactionId: `t${number}`,
      }, `B${number}`);
    }
    equal(rig.guard.uses.running(new Set(["hash-of-b0"])).length, 0);
    equal(rig.guard.uses.running(new Set(["hash-of-b1"])).length, 1);
    let stored = 0;
    for await (const _ of rig.store.list(["badges", "charging"], { limit: Infinity })) stored++;
    equal(stored, BADGE_GUARD_LIMITS.charging);
  }));
