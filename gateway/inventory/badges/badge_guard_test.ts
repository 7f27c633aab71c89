import { deepEqual, equal, match } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { AuditEvent, Json, StationCallAnswer } from "../../core/control_api.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { nullLogger } from "../../core/log.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { applyFact, type LedgerRecord, newRecord } from "../ledger/ledger_record.ts";
import { BadgeGuard } from "./badge_guard.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";

const ACCEPTED: StationCallAnswer = { result: { status: "Accepted" } };

/** The guard with a ledger that does what the real one does with facts, and stations that answer as they are told. */
class GuardRig {
  readonly audited: AuditEvent[] = [];
  readonly alarms: string[] = [];
  readonly asked: (readonly [station: string, action: string, payload: Json])[] = [];
  readonly blocked = new Set<string>();
  answer: StationCallAnswer = ACCEPTED;
  #records: LedgerRecord[] = [];
  guard!: BadgeGuard;

  private constructor(readonly store: Store, readonly time: ManualTime) {}

  static async with(test: (rig: GuardRig) => Promise<void>): Promise<void> {
    const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
    const rig = new GuardRig(store, time);
    await rig.restart();
    try {
      await test(rig);
    } finally {
      await store.close();
    }
  }

  /** As after a restart of control: the store and the ledger are left. */
  async restart(): Promise<void> {
    this.guard = await BadgeGuard.open({
      context: {
        store: this.store,
        clock: this.time,
        log: nullLogger,
        audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
        alarms: {
          raise: ({ kind, subject }) => Promise.resolve(void this.alarms.push(`raise ${kind} ${subject}`)),
          clear: (kind, subject) => Promise.resolve(void this.alarms.push(`clear ${kind} ${subject}`)),
        },
      },
      hash: (badge) => `hash-of-${badge.toLowerCase()}`,
      isBlocked: (badge) => this.blocked.has(badge.toLowerCase()),
      open: () => this.#records,
      pseudonym: (station, badge) => Promise.resolve(`${station}:${badge}`),
      call: (station, action, payload) => {
        this.asked.push([station, action, payload]);
        return Promise.resolve(this.answer);
      },
    });
  }

  /** Tells of facts, and lets the guard ask. */
  async facts(...facts: readonly Partial<LedgerFact>[]): Promise<void> {
    await this.note(...facts);
    await this.guard.look();
  }

  async note(...facts: readonly Partial<LedgerFact>[]): Promise<void> {
    const whole = facts.map((fact) =>
      ({ stationId: "CP001", protocol: "ocpp1.6", at: this.time.now(), ...fact }) as LedgerFact
    );
    for (const fact of whole) this.#book(fact);
    await this.guard.note(whole);
  }

  #book(fact: LedgerFact): void {
    const id = fact.key ?? fact.transactionId!;
    const found = this.#records.find((one) =>
      one.stationId === fact.stationId &&
      (one.id === id || one.transactionId === fact.transactionId && fact.transactionId !== undefined)
    );
    const badge = fact.badge === undefined ? {} : { badge: `${fact.stationId}:${fact.badge}` };
    const changed = applyFact(found ?? newRecord(fact, id), { ...fact, ...badge });
    this.#records = [...this.#records.filter((one) => one !== found), changed];
  }

  get stops(): readonly Json[] {
    return this.asked.map(([, , payload]) => payload);
  }
}

const begin16 = (badge: string, key = "1@t0", stationId = "CP001") =>
  ({ kind: "begin", key, connector: 1, badge, stationId, readings: [] }) as const;
const named16 = (transactionId: string, key = "1@t0", stationId = "CP001") =>
  ({ kind: "ack", of: "begin", key, transactionId, stationId }) as const;
const begin2 = (badge: string, transactionId: string, stationId: string, protocol = "ocpp2.0.1") =>
  ({ kind: "begin", transactionId, badge, stationId, protocol, readings: [] }) as const;

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
    deepEqual(await rig.guard.blocked("04a1"), ["CP001", "CP002"]);
    await rig.guard.look();
    deepEqual(rig.stops, [{ transactionId: 77 }, { transactionId: "tx-9" }]);
    deepEqual(await rig.guard.blocked("04FF"), []);
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

Deno.test("EV-24: one badge at two stations at once is a suspicion, recorded and alarmed, and over when one has ended", () =>
  GuardRig.with(async (rig) => {
    await rig.facts(begin16("04A1"), named16("77"));
    await rig.facts(begin2("04a1", "tx-9", "CP002"));
    const [event] = rig.audited;
    deepEqual([event!.event, event!.who, event!.detail], ["badge.clone.suspected", "CP002", {
      ...{ badge: "04a1", elsewhere: "CP001" },
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
    const blocked = rig.guard.blocked("04A1"); // nothing of it is stored yet
    await rig.note(named16("77"));
    deepEqual(await blocked, ["CP001"]);
    await rig.guard.look();
    deepEqual(rig.stops, [{ transactionId: 77 }]);
  }));
