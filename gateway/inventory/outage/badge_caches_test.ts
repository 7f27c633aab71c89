import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { StationCallAnswer } from "../../core/control_api.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { BadgeCaches } from "./badge_caches.ts";
import { BADGE_CACHE_LIMITS } from "./limits.ts";

const ACCEPTED: StationCallAnswer = { result: { status: "Accepted" } };
const REJECTED: StationCallAnswer = { result: { status: "Rejected" } };

/** Caches of stations that answer as they are told. */
class CacheRig {
  readonly time = new ManualTime();
  readonly sessions = new Map<string, string>();
  readonly asked: string[] = [];
  readonly told: string[] = [];
  stations = ["CP001", "CP002"];
  answer: (id: string) => StationCallAnswer | Promise<StationCallAnswer> = () => ACCEPTED;
  cache: Evidence = { is: "unknown", why: "x" };
  caches!: BadgeCaches;
  store!: Store;

  static async with(test: (rig: CacheRig) => Promise<void>): Promise<void> {
    const rig = new CacheRig();
    rig.store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    await rig.restart();
    try {
      await test(rig);
    } finally {
      await rig.store.close();
    }
  }

  async restart(): Promise<void> {
    this.caches = await BadgeCaches.open({
      context: {
        ...{ store: this.store, clock: this.time },
        audit: {
          record: ({ target, outcome, detail }) => {
            return Promise.resolve({ sequence: this.told.push(`${target} ${outcome} ${detail!["answer"]}`) });
          },
        },
        alarms: {
          raise: ({ kind, subject, detail }) =>
            Promise.resolve(void this.told.push(`raise ${kind} ${subject}: ${detail}`)),
          clear: (kind, subject) => Promise.resolve(void this.told.push(`clear ${kind} ${subject}`)),
        },
      },
      stations: () => this.stations,
      session: (id) => this.sessions.get(id),
      call: (id, action) => {
        this.asked.push(`${id} ${action}`);
        return Promise.resolve(this.answer(id));
      },
      hasCache: () => Promise.resolve(this.cache),
    });
  }

  get left(): readonly string[] {
    return this.caches.uncleared().map(({ station }) => station);
  }
}

Deno.test("EV-24: every connected station has to forget its cache at once; one that is away when it is back, also after a restart", () =>
  CacheRig.with(async (rig) => {
    rig.sessions.set("CP001", "s1");
    await rig.caches.clear();
    await rig.caches.look();
    deepEqual([rig.asked, rig.left], [["CP001 ClearCache"], ["CP002"]]);
    await rig.restart();
    await rig.caches.look();
    deepEqual(rig.left, ["CP002"]);
    rig.sessions.set("CP002", "s2");
    await rig.caches.look();
    deepEqual([rig.asked, rig.left], [["CP001 ClearCache", "CP002 ClearCache"], []]);
    deepEqual(rig.told, ["CP001 ok Accepted", "CP002 ok Accepted"]);
    await rig.restart();
    await rig.caches.look();
    equal(rig.asked.length, 2, "nobody is asked twice");
  }));

Deno.test("EV-24: a station that gives no answer is asked again after a minute, or at once when it connects anew", () =>
  CacheRig.with(async (rig) => {
    rig.stations = ["CP001"];
    rig.sessions.set("CP001", "s1");
    rig.answer = () => ({ noAnswer: "timeout" });
    await rig.caches.clear();
    await rig.caches.look();
    await rig.time.advance(BADGE_CACHE_LIMITS.againMs - 1);
    await rig.caches.look();
    equal(rig.asked.length, 1);
    await rig.time.advance(1);
    await rig.caches.look();
    equal(rig.asked.length, 2);
    rig.sessions.set("CP001", "s2");
    rig.answer = () => ACCEPTED;
    await rig.caches.look();
    deepEqual([rig.asked.length, rig.left, rig.told.at(-1)], [3, [], "clear badge.cache-kept CP001"]);
    equal(rig.told.at(-2), "CP001 ok Accepted");
  }));

const NONE: readonly Evidence[] = [
  { is: "value", value: "false", at: 0 },
  { is: "value", value: " False", at: 0 },
  { is: "absent", at: 0 },
];
for (const cache of NONE) {
  Deno.test(`EV-24: a station that refuses ClearCache since it keeps no cache is done: ${JSON.stringify(cache)}`, () =>
    CacheRig.with(async (rig) => {
      rig.sessions.set("CP001", "s1");
      rig.stations = ["CP001"];
      rig.answer = () => REJECTED;
      rig.cache = cache;
      await rig.caches.clear();
      await rig.caches.look();
      deepEqual([rig.left, rig.told], [[], ["CP001 ok Rejected; it keeps no cache"]]);
    }));
}

const KEPT: readonly (readonly [answer: StationCallAnswer, cache: Evidence, said: string, why: string])[] = [
  [REJECTED, { is: "value", value: "true", at: 0 }, "Rejected", "it has a cache and keeps it"],
  [REJECTED, { is: "unknown", why: "x" }, "Rejected", "nobody knows whether it has a cache"],
  [
    { error: { code: "NotImplemented", description: "" } },
    { is: "unknown", why: "x" },
    "NotImplemented",
    "nobody knows whether it has a cache",
  ],
];
for (const [answer, cache, said, why] of KEPT) {
  Deno.test(`EV-24: a station that answers ${said} to ClearCache, ${why}: recorded, an alarm, asked again each hour until it does`, () =>
    CacheRig.with(async (rig) => {
      rig.sessions.set("CP001", "s1");
      rig.stations = ["CP001"];
      rig.answer = () => answer;
      rig.cache = cache;
      await rig.caches.clear();
      await rig.caches.look();
      deepEqual(rig.told, [
        `CP001 failed ${said}`,
        `raise badge.cache-kept CP001: It answered ${said} to ClearCache: ${why}`,
      ]);
      deepEqual(rig.caches.uncleared()[0]?.said, said);
      await rig.time.advance(BADGE_CACHE_LIMITS.refusedMs - 1);
      await rig.caches.look();
      equal(rig.asked.length, 1);
      await rig.caches.clear(); // another badge is blocked meanwhile: the alarm is not forgotten
      rig.answer = () => ACCEPTED;
      await rig.caches.look();
      deepEqual([rig.left, rig.told.slice(-2)], [[], ["CP001 ok Accepted", "clear badge.cache-kept CP001"]]);
    }));
}

Deno.test("EV-24: a badge that is blocked while a station is just clearing has it clear again", () =>
  CacheRig.with(async (rig) => {
    rig.sessions.set("CP001", "s1");
    rig.stations = ["CP001"];
    const gate = Promise.withResolvers<StationCallAnswer>();
    rig.answer = () => gate.promise;
    await rig.caches.clear();
    const look = rig.caches.look();
    await rig.caches.clear();
    const second = rig.caches.look();
    rig.answer = () => ACCEPTED;
    gate.resolve(ACCEPTED);
    await Promise.all([look, second]);
    deepEqual([rig.asked.length, rig.left], [2, []]);
  }));

Deno.test("EV-24: a station that is no more is forgotten; as many as a large site has are marked", () =>
  CacheRig.with(async (rig) => {
    rig.stations = Array.from({ length: BADGE_CACHE_LIMITS.perCommit + 1 }, (_, at) => `CP${at}`);
    await rig.caches.clear();
    equal(rig.left.length, BADGE_CACHE_LIMITS.perCommit + 1);
    rig.stations = ["CP0"];
    await rig.caches.look();
    deepEqual(rig.left, ["CP0"]);
    await rig.restart();
    deepEqual(rig.left, ["CP0"]);
  }));
