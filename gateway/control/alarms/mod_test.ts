import assert from "node:assert/strict";
import type { AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { HeldStore } from "../../../tests/support/held_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { ALARM_LIMITS } from "./limits.ts";
import { createAlarms, type SiteAlarms } from "./mod.ts";
import type { NoticeTarget } from "./notice.ts";

const TARGETS: NoticeTarget[] = [
  { id: "ops", by: "webhook", minSeverity: "warning" },
  { id: "mail", by: "mail", minSeverity: "critical" },
];

class Rig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly events: AuditEvent[] = [];
  store!: Store;
  alarms!: SiteAlarms;
  failing = false;

  static async open(): Promise<Rig> {
    const rig = new Rig();
    const store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    rig.store = {
      get: (key) => store.get(key),
      list: (prefix, options) => store.list(prefix, options),
      commit: (mutations: readonly Mutation[], checks) =>
        rig.failing ? Promise.reject(new Error("disk full")) : store.commit(mutations, checks),
      snapshot: (file) => store.snapshot(file),
      close: () => store.close(),
    };
    await rig.start();
    return rig;
  }

  async start(): Promise<void> {
    this.alarms = await createAlarms({
      site: "garage-12",
      targets: TARGETS,
      store: this.store,
      audit: { record: async (event) => ({ sequence: this.events.push(event) }) },
      clock: this.time,
      timers: this.time,
      random: systemRandom,
      log: nullLogger,
      metrics: nullMetrics,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.alarms.stop();
    await this.store.close();
  }
}

Deno.test("alarms: a raise is stored with its notice, audited, and there after a restart", async () => {
  await using rig = await Rig.open();
  await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0", detail: "threw" });
  await rig.alarms.stop();
  await rig.start();
  assert.equal(rig.alarms.list()[0]!.detail, "threw");
  const [notice] = await rig.alarms.outbox.oldest("ops", 10);
  assert.equal(notice!.delivery.kind, "webhook");
  assert.deepEqual(await rig.alarms.outbox.oldest("mail", 10), [], "a warning is below this target's severity");
  assert.deepEqual(rig.events.map(({ event }) => event), ["alarm.raised"]);
});

Deno.test("alarms: repeats are stored with the next tick, not one by one", async () => {
  await using rig = await Rig.open();
  for (let i = 0; i < 50; i++) await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0" });
  assert.equal((await rig.store.get<{ count: number }>(["alarms", "worker.restarting", "ocpp-0"]))!.value.count, 1);
  rig.time.advance(ALARM_LIMITS.tickMs);
  await waitFor(
    "the count in the store",
    async () => (await rig.store.get<{ count: number }>(["alarms", "worker.restarting", "ocpp-0"]))!.value.count === 50,
  );
});

Deno.test("alarms: a raise while the disk fails stands at once and is stored and told later", async () => {
  await using rig = await Rig.open();
  rig.failing = true;
  await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0" });
  assert.equal(rig.alarms.list().length, 1);
  rig.failing = false;
  rig.time.advance(ALARM_LIMITS.tickMs);
  await waitFor("the notice", async () => (await rig.alarms.outbox.oldest("ops", 10)).length === 1);
});

Deno.test("alarms: notices given up while the disk fails are recorded when it is back, with their number", async () => {
  await using rig = await Rig.open();
  rig.failing = true;
  for (let at = 0; at < ALARM_LIMITS.unsentNotices + 3; at++) {
    await rig.alarms.raise({ kind: "worker.restarting", subject: `w${at % ALARM_LIMITS.alarms}` });
    if (at >= ALARM_LIMITS.alarms - 1) await rig.alarms.clear("worker.restarting", `w${at % ALARM_LIMITS.alarms}`);
  }
  assert.deepEqual(rig.events.filter(({ event }) => event === "notify.notice.abandoned"), []);
  rig.failing = false;
  rig.time.advance(ALARM_LIMITS.tickMs);
  const told = await waitFor("the record", () => rig.events.find(({ event }) => event === "notify.notice.abandoned"));
  assert.ok(Number(told.detail?.["count"]) >= 3, JSON.stringify(told));
});

Deno.test("alarms: clear and acknowledge are audited with who did it", async () => {
  await using rig = await Rig.open();
  await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0" });
  await rig.alarms.acknowledge("worker.restarting", "ocpp-0", "mia");
  await rig.alarms.clear("worker.restarting", "ocpp-0");
  await rig.alarms.clear("worker.restarting", "ocpp-0");
  assert.deepEqual(rig.events.map(({ event, who }) => `${event} ${who}`), [
    "alarm.raised gateway",
    "alarm.acknowledged mia",
    "alarm.cleared gateway",
  ]);
  assert.equal(rig.alarms.list().length, 0);
  assert.equal(rig.alarms.list({ cleared: true }).length, 1);
  await assert.rejects(rig.alarms.acknowledge("no.such", "thing", "mia"), { code: "ALARM_UNKNOWN" });
});

Deno.test("alarms: the table at its limit gives up what is over; when all stand, the rest joins one alarm", async () => {
  await using rig = await Rig.open();
  for (let i = 0; i < ALARM_LIMITS.alarms; i++) {
    await rig.alarms.raise({ kind: "worker.restarting", subject: `w${i}` });
  }
  assert.equal(rig.alarms.list().length, ALARM_LIMITS.alarms);
  await rig.alarms.clear("worker.restarting", "w7");
  await rig.alarms.raise({ kind: "worker.restarting", subject: "takes the place of w7" });
  assert.ok(!rig.alarms.list({ cleared: true }).some(({ subject }) => subject === "w7"));
  await rig.alarms.raise({ kind: "worker.restarting", subject: "one too many" });
  const overflow = rig.alarms.list().find(({ kind }) => kind === "alarms.overflow");
  assert.match(overflow!.detail, /one too many/);
});

Deno.test("alarms: a subject is bounded and holds no control characters", async () => {
  await using rig = await Rig.open();
  const subject = `CP\r\n1${"x".repeat(ALARM_LIMITS.subjectChars)}`;
  await rig.alarms.raise({ kind: "worker.restarting", subject });
  assert.equal(rig.alarms.list()[0]!.subject.length, ALARM_LIMITS.subjectChars);
  assert.match(rig.alarms.list()[0]!.subject, /^CP {2}1x+$/);
  await rig.alarms.clear("worker.restarting", subject);
  assert.equal(rig.alarms.list().length, 0);
});

Deno.test("alarms: a subject at its limit is kept whole, and the same alarm is found by a longer one", async () => {
  await using rig = await Rig.open();
  const subject = "x".repeat(ALARM_LIMITS.subjectChars);
  await rig.alarms.raise({ kind: "worker.restarting", subject });
  await rig.alarms.raise({ kind: "worker.restarting", subject: `${subject}y` });
  assert.deepEqual(rig.alarms.list().map(({ subject, count }) => [subject, count]), [[subject, 2]]);
});

Deno.test("alarms: counts that no tick has stored are stored by a stop", async () => {
  await using rig = await Rig.open();
  for (let i = 0; i < 3; i++) await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0" });
  await rig.alarms.stop();
  await rig.start();
  assert.equal(rig.alarms.list()[0]!.count, 3);
});

Deno.test("alarms: an alarm held back by its cooldown is told after a restart in between", async () => {
  await using rig = await Rig.open();
  for (const change of ["raise", "clear", "raise"] as const) {
    if (change === "raise") await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0" });
    else await rig.alarms.clear("worker.restarting", "ocpp-0");
  }
  assert.equal((await rig.alarms.outbox.oldest("ops", 10)).length, 2, "raised and cleared, not the second raise");
  await rig.alarms.stop();
  await rig.start();
  rig.time.advance(60 * 60 * 1000);
  await waitFor("the notice", async () => (await rig.alarms.outbox.oldest("ops", 10)).length === 3);
});

Deno.test("alarms: one that is cleared while others wait for a slow disk is not written over by them", async () => {
  await using rig = await Rig.open();
  const store = rig.store = new HeldStore(rig.store);
  await rig.start();
  const kind = "station.attempts.limited", subjects = Array.from({ length: 150 }, (_, at) => `10.0.0.${at}`);
  for (let twice = 0; twice < 2; twice++) {
    for (const subject of subjects) await rig.alarms.raise({ kind, subject });
  }
  store.hold();
  rig.time.advance(ALARM_LIMITS.tickMs); // the repeats of all of them are to be stored, in two commits
  const cleared = rig.alarms.clear(kind, subjects.at(-1)!);
  store.release();
  await cleared;
  await rig.alarms.stop();
  await rig.start();
  assert.equal(rig.alarms.list().length, 149);
});
