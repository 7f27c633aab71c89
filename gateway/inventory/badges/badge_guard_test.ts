import { deepEqual, equal, match } from "node:assert/strict";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { ACCEPTED, begin16, begin2, GuardRig, named, named16 } from "./testing/guard_rig.ts";

Deno.test("EV-24: what a blocked badge began is stopped once the CSMS has named it, 1.6", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("04a1");
    await rig.facts(begin16("04A1"));
    deepEqual(rig.asked, [], "it has no id yet");
    await rig.facts(named16("77"));
    deepEqual(rig.asked, [["CP001", "RemoteStopTransaction", { transactionId: 77 }]]);
    const [event] = rig.audited;
    deepEqual([event!.event, event!.outcome, event!.detail], ["badge.transaction.stopped", "ok", {
      ...{ transactionId: "77", answer: "Accepted", attempts: 1 },
    }]);
    await rig.facts({ kind: "end", transactionId: "77", readings: [] });
    equal(rig.guard.size, 0);
  }));

for (const protocol of ["ocpp2.0.1", "ocpp2.1"]) {
  Deno.test(`EV-24: what a blocked badge began is stopped at once, ${protocol}`, () =>
    GuardRig.with(async (rig) => {
      rig.blocked.add("b");
      await rig.facts(begin2("B", "tx-9", "CP002", protocol));
      deepEqual(rig.asked, [["CP002", "RequestStopTransaction", { transactionId: "tx-9" }]]);
    }));
}

Deno.test("EV-24: a badge that comes late in a transaction of 2.x counts as well", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    await rig.facts({ kind: "begin", transactionId: "tx-1", protocol: "ocpp2.0.1", readings: [] });
    await rig.facts({ kind: "sample", transactionId: "tx-1", protocol: "ocpp2.0.1", badge: "B", readings: [] });
    deepEqual(rig.stops, [{ transactionId: "tx-1" }]);
  }));

Deno.test("EV-24: a badge that is blocked while it charges is stopped wherever it charges, however it is spelled", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04A1"), named16("77"));
    await rig.facts(begin2("04A1", "tx-9", "CP002"), begin2("04B2", "tx-8", "CP003"));
    deepEqual(await rig.guard.blocked([named("04a1")]), ["CP001", "CP002"]);
    await rig.guard.look();
    deepEqual(rig.stops, [{ transactionId: 77 }, { transactionId: "tx-9" }]);
    deepEqual(await rig.guard.blocked([named("04FF")]), []);
  }));

Deno.test("EV-24: a station that says no, or nothing, is asked again each minute; then a person is told", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    rig.answer = { noAnswer: "away" };
    await rig.facts(begin2("B", "tx-9", "CP002"));
    await rig.guard.look();
    equal(rig.asked.length, 1, "not twice in a minute");
    rig.answer = { result: { status: "Rejected" } };
    for (let turn = 1; turn < BADGE_GUARD_LIMITS.attempts; turn++) {
      deepEqual(rig.alarms, []);
      await rig.time.advance(BADGE_GUARD_LIMITS.retryMs);
      await rig.guard.look();
    }
    equal(rig.asked.length, BADGE_GUARD_LIMITS.attempts);
    deepEqual(rig.alarms, ["raise badge.unstopped CP002"]);
    deepEqual([...new Set(rig.audited.map(({ detail }) => detail!["answer"]))], ["no answer: away", "Rejected"]);
    await rig.time.advance(BADGE_GUARD_LIMITS.retryMs);
    await rig.guard.look();
    equal(rig.asked.length, BADGE_GUARD_LIMITS.attempts, "nothing more is asked");
  }));

Deno.test("EV-24: what is to be stopped outlives kill -9, and what ended meanwhile is forgotten", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    rig.answer = { noAnswer: "ended" };
    await rig.facts(begin2("B", "tx-9", "CP002"), begin2("B", "tx-8", "CP003"));
    await rig.restart();
    equal(rig.guard.size, 2);
    rig.answer = ACCEPTED;
    await rig.time.advance(BADGE_GUARD_LIMITS.retryMs);
    await rig.guard.look();
    deepEqual(rig.stops.slice(-2), [{ transactionId: "tx-9" }, { transactionId: "tx-8" }]);
    await rig.facts({ kind: "end", transactionId: "tx-9", stationId: "CP002", protocol: "ocpp2.0.1", readings: [] });
    equal(rig.guard.size, 1);
    await rig.restart();
    equal(rig.guard.size, 1);
  }));

Deno.test("EV-24: two looks at the same time ask once", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    await rig.facts(begin2("B", "tx-9", "CP002"));
    await rig.time.advance(BADGE_GUARD_LIMITS.retryMs);
    await Promise.all([rig.guard.look(), rig.guard.look(), rig.guard.look()]);
    equal(rig.asked.length, 2, "the first, and one after a minute");
  }));

Deno.test("EV-24: one badge at two stations at once is a suspicion, recorded and alarmed, and over when one has ended", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04A1"), named16("77"));
    await rig.facts(begin2("04a1", "tx-9", "CP002"));
    const [event] = rig.audited;
    deepEqual([event!.event, event!.who, event!.detail], ["badge.clone.suspected", "CP002", {
      ...{ badge: "04a1", kind: "two-places", elsewhere: "CP001" },
    }]);
    match(rig.alarms[0]!, /^raise badge\.cloned badge hash-of-$/);
    deepEqual(rig.asked, [], "a suspicion stops nobody: a person decides");
    await rig.facts({ kind: "end", transactionId: "77", readings: [] });
    equal(rig.alarms[1], "clear badge.cloned badge hash-of-");
  }));

Deno.test("EV-24: no suspicion for one badge after another, at one station, or when the first ended unseen", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin2("B", "tx-1", "CP002"));
    await rig.facts({ kind: "end", transactionId: "tx-1", stationId: "CP002", protocol: "ocpp2.0.1", readings: [] });
    await rig.facts(begin2("B", "tx-2", "CP003"));
    await rig.facts(begin2("B", "tx-3", "CP003"));
    await rig.facts(begin2("C", "tx-4", "CP004"));
    deepEqual(rig.audited, []);
  }));

Deno.test("EV-24: a begin that the CSMS never answered is forgotten when the station began another", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    await rig.facts(begin16("B"));
    equal(rig.guard.size, 1);
    await rig.facts({ kind: "end", key: "1@t0", readings: [] });
    equal(rig.guard.size, 0);
  }));

Deno.test("EV-24: an id that the CSMS gives while it is being stored that the transaction is to stop is not missed, 1.6", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04A1"));
    const blocked = rig.guard.blocked([named("04A1")]); // nothing of it is stored yet
    await rig.note(named16("77"));
    deepEqual(await blocked, ["CP001"]);
    await rig.guard.look();
    deepEqual(rig.stops, [{ transactionId: 77 }]);
  }));
