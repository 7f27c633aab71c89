import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CLONE_TIMES } from "../../../policies/badge_clone.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { begin16, begin2, GuardRig, named, named16 } from "./testing/guard_rig.ts";

const HOUR = 3_600_000;
const PROTOCOLS = ["ocpp2.0.1", "ocpp2.1"] as const;
const end2 = (transactionId: string, stationId: string, time?: string): Partial<LedgerFact> => ({
  ...{ kind: "end", transactionId, stationId, protocol: "ocpp2.0.1", readings: [] },
  ...time === undefined ? {} : { time },
});
const suspected = (rig: GuardRig) => rig.audited.filter(({ event }) => event === "badge.clone.suspected");
const iso = (at: number) => new Date(at).toISOString();

for (const protocol of PROTOCOLS) {
  Deno.test(`EV-24: one badge at two stations at once, 1.6 and ${protocol}: one suspicion with both places, by hash, in the list`, () =>
    GuardRig.with(async (rig) => {
      await rig.facts(begin16("04A1"), named16("77"));
      await rig.facts(begin2("04a1", "tx-9", "CP002", protocol));
      const [one] = rig.guard.uses.suspicions();
      deepEqual([one!.kind, one!.stationId, one!.elsewhere, one!.times, one!.isRaised], [
        ...["two-places", "CP002", "CP001", 1, true],
      ]);
      equal(suspected(rig).length, 1);
      await rig.facts({
        kind: "sample",
        transactionId: "tx-9",
        stationId: "CP002",
        protocol,
        badge: "04A1",
        readings: [],
      });
      equal(suspected(rig).length, 1, "once for one transaction");
    }));
}

Deno.test("EV-24: a copy is noticed after a restart too: what charges is stored, by keyed hash", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04A1"), named16("77"));
    for await (const { key, value } of rig.store.list([], { limit: Infinity })) {
      ok(!JSON.stringify([key, value]).includes('"04A1"'));
    }
    await rig.restart();
    await rig.facts(begin2("04A1", "tx-9", "CP002"));
    equal(suspected(rig).length, 1);
    await rig.restart();
    equal(rig.guard.uses.suspicions().length, 1);
    await rig.facts({ kind: "end", transactionId: "77", readings: [] });
    equal(rig.alarms.at(-1), "clear badge.cloned badge hash-of-");
    await rig.restart();
    equal(rig.guard.uses.suspicions()[0]!.isRaised, false);
  }));

Deno.test("EV-24: two parts of one unit are one place", () =>
  GuardRig.with(async (rig) => {
    rig.units.set("CP001", "bay-1").set("CP002", "bay-1");
    await rig.facts(begin16("B"), named16("77"));
    await rig.facts(begin2("B", "tx-9", "CP002"));
    deepEqual(suspected(rig), []);
  }));

for (const badgeType of ["Central", "KeyCode", "NoAuthorization", "Local"]) {
  Deno.test(`EV-24: a ${badgeType} token may be at two places: nobody carries it`, () =>
    GuardRig.with(async (rig) => {
      await rig.facts({ ...begin2("B", "tx-1", "CP002"), badgeType });
      await rig.facts({ ...begin2("B", "tx-2", "CP003"), badgeType });
      deepEqual(suspected(rig), []);
    }));
}

Deno.test("EV-24: a transaction that is told hours later, over already, before the one that runs is no copy", () =>
  GuardRig.with(async (rig) => {
    await rig.time.advance(10 * HOUR);
    const now = rig.time.now();
    await rig.facts(begin2("B", "tx-1", "CP002"));
    await rig.facts({ ...begin2("B", "tx-0", "CP003"), time: iso(now - 5 * HOUR) });
    deepEqual(suspected(rig), []);
    await rig.facts(end2("tx-0", "CP003", iso(now - 4 * HOUR)));
    deepEqual(suspected(rig), []);
  }));

Deno.test("EV-24: a transaction that is told hours later and lay in the middle of another one is an impossible order", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin2("B", "tx-1", "CP002"));
    await rig.time.advance(3 * HOUR);
    await rig.facts(end2("tx-1", "CP002"));
    const began = rig.time.now() - 2 * HOUR;
    await rig.facts({ ...begin2("B", "tx-0", "CP003"), time: iso(began) });
    await rig.facts(end2("tx-0", "CP003", iso(began + HOUR / 2)));
    const [event] = suspected(rig);
    deepEqual([event!.target, event!.detail!["kind"], event!.detail!["elsewhere"]], [
      ...["CP003", "impossible-order", "CP002"],
    ]);
    match(rig.alarms.at(-1)!, /^raise badge\.cloned/);
    await rig.time.advance(BADGE_GUARD_LIMITS.suspicionMs - 1);
    await rig.guard.uses.look();
    equal(rig.alarms.filter((alarm) => alarm.startsWith("clear")).length, 0);
    await rig.time.advance(1);
    await rig.guard.uses.look();
    equal(rig.alarms.at(-1), "clear badge.cloned badge hash-of-");
  }));

Deno.test("EV-24: a transaction that is told late and runs on is judged when its end had time to come", () =>
  GuardRig.with(async (rig) => {
    await rig.time.advance(10 * HOUR);
    await rig.facts(begin2("B", "tx-1", "CP002"));
    await rig.facts({ ...begin2("B", "tx-0", "CP003"), time: iso(rig.time.now() - HOUR) });
    await rig.time.advance(CLONE_TIMES.patienceMs - 1);
    await rig.guard.uses.look();
    deepEqual(suspected(rig), []);
    await rig.time.advance(1);
    await rig.guard.uses.look();
    equal(suspected(rig)[0]?.detail?.["kind"], "two-places");
  }));

Deno.test("EV-24: the CSMS's own word that a badge charges already counts, 1.6 and 2.x", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("B"), { ...named16("77"), detail: "ConcurrentTx" });
    await rig.facts(begin2("C", "tx-1", "CP002"));
    await rig.facts({
      ...{ kind: "ack", of: "begin", transactionId: "tx-1", stationId: "CP002", protocol: "ocpp2.0.1" },
      detail: "ConcurrentTx",
    });
    await rig.facts({ kind: "ack", of: "begin", transactionId: "tx-1", stationId: "CP002", protocol: "ocpp2.0.1" });
    deepEqual(suspected(rig).map(({ target, detail }) => [target, detail!["kind"]]), [
      ["CP001", "csms-says-so"],
      ["CP002", "csms-says-so"],
    ]);
  }));

Deno.test("EV-24: a badge that was renewed is a copy when it is shown again, at Authorize or at a begin; said once while its alarm stands", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("b");
    await rig.guard.shown("CP001", "B");
    deepEqual(suspected(rig), [], "blocked and not renewed: it is only refused");
    rig.renewed.set("hash-of-b", "hash-of-new");
    await rig.guard.shown("CP001", "B");
    await rig.facts(begin2("B", "tx-1", "CP002"));
    deepEqual(suspected(rig).map(({ target, detail }) => [target, detail!["kind"], detail!["badge"]]), [
      ["CP001", "renewed", "B"],
    ]);
    await rig.time.advance(BADGE_GUARD_LIMITS.suspicionMs);
    await rig.guard.uses.look();
    await rig.guard.shown("CP003", "B");
    equal(suspected(rig).length, 2);
  }));

Deno.test("EV-24: a badge that may end everything and ends what others began is at no place, and a blocked badge stops nobody else", () =>
  GuardRig.with(async (rig) => {
    rig.blocked.add("m");
    await rig.facts(begin2("A", "tx-1", "CP002"), begin2("B", "tx-2", "CP003"));
    for (const [transactionId, stationId] of [["tx-1", "CP002"], ["tx-2", "CP003"]] as const) {
      const shown = { kind: "sample", transactionId, stationId, protocol: "ocpp2.0.1", readings: [] } as const;
      await rig.facts({ ...shown, badge: "M" });
    }
    deepEqual([suspected(rig), rig.asked, rig.guard.size], [[], [], 0]);
  }));

Deno.test("EV-24: one id at many places is one id for many: the alarm stands, the chain is not filled", () =>
  GuardRig.with(async (rig) => {
    for (let at = 0; at < 10; at++) await rig.facts(begin2("FREE", `tx-${at}`, `CP1${at}`));
    equal(suspected(rig).length, BADGE_GUARD_LIMITS.sharedPlaces - 1);
    equal(rig.guard.uses.suspicions()[0]!.times, 9);
  }));

Deno.test("EV-24: as many suspicions as the limit are kept, of one more the oldest is forgotten", () =>
  GuardRig.with(async (rig) => {
    for (let at = 0; at <= BADGE_GUARD_LIMITS.suspicions; at++) {
      await rig.guard.uses.shownAfterRenewal("CP001", `B${at}`);
    }
    const hashes = rig.guard.uses.suspicions().map(({ hash }) => hash);
    equal(hashes.length, BADGE_GUARD_LIMITS.suspicions);
    deepEqual([hashes.includes("hash-of-b0"), hashes.includes("hash-of-b1")], [false, true]);
  }));

Deno.test("EV-24: what ended is forgotten after a while; what ended unseen, as by a reboot, at the next look", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin2("B", "tx-1", "CP002"), end2("tx-1", "CP002"));
    deepEqual(rig.guard.uses.hashes(), ["hash-of-b"]);
    await rig.time.advance(BADGE_GUARD_LIMITS.endedMs + 1);
    await rig.guard.uses.look();
    deepEqual(rig.guard.uses.hashes(), []);
    await rig.guard.uses.began(
      { kind: "begin", stationId: "CP009", protocol: "ocpp2.1", at: 0, transactionId: "x" },
      "C",
    );
    equal(rig.guard.uses.running(new Set(["hash-of-c"])).length, 1);
    await rig.guard.uses.look(); // the ledger never had it
    equal(rig.guard.uses.running(new Set(["hash-of-c"])).length, 0);
  }));

Deno.test("EV-24: blocked by its hash alone, a badge is stopped where it charges; of a long list those that are known by hash", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04a1B2"), named16("77"));
    deepEqual(await rig.guard.blocked([{ hash: "hash-of-04a1b2" }]), ["CP001"]);
    const many = Array.from({ length: BADGE_GUARD_LIMITS.byPseudonym + 1 }, (_, at) => named(`X${at}`));
    deepEqual(await rig.guard.blocked([...many, named("04A1b2")]), ["CP001"]);
  }));
