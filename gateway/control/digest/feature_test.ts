import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { createLocalWeek } from "../../core/local_week.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { systemRandom } from "../../core/timers.ts";
import type { Delivery } from "../../core/control_api.ts";
import { Site } from "../../config/schema.ts";
import { createAlarms, type SiteAlarms } from "../alarms/mod.ts";
import { noticeTargets } from "../alarms/feature.ts";
import { createDigestFeature, type DigestFeature } from "./feature.ts";
import { DIGEST_LIMITS } from "./limits.ts";

const DAY = 86_400_000;

/** Digests over a real chain and outbox; nothing is sent. */
class DigestRig implements AsyncDisposable {
  feature!: DigestFeature;
  alarms!: SiteAlarms;
  private constructor(readonly chain: AuditRig, private readonly site: Site) {}

  static async open(audit: object): Promise<DigestRig> {
    const chain = await AuditRig.open();
    const notify = [
      { id: "hook", webhook: "https://ops.example/hook" },
      { id: "mail", mailTo: "ops@example.com", smtpFile: "smtp" },
    ];
    const site = Site.parse({ version: 1, site: { id: "lab", timeZone: "Europe/Berlin" }, notify, audit });
    const rig = new DigestRig(chain, site);
    await rig.start();
    return rig;
  }

  /** As after a restart of control: the store is left. */
  async start(): Promise<void> {
    await this.feature?.stop?.();
    const { audit, store, time } = this.chain, { site } = this;
    const common = {
      clock: time,
      timers: time,
      random: systemRandom,
      log: nullLogger,
      metrics: nullMetrics,
      store,
      audit,
    };
    this.alarms ??= await createAlarms({ ...common, site: "lab", targets: noticeTargets(site) });
    this.feature = await createDigestFeature({
      ...{ context: { ...common, site }, audit, alarms: this.alarms },
      minuteOfWeek: createLocalWeek("Europe/Berlin"),
    });
  }

  /** Goes on to this time in Berlin's wall clock, and looks. */
  async until(local: string): Promise<void> {
    this.chain.time.jump(Date.parse(`${local}+01:00`) - this.chain.time.now());
    await this.feature.look();
  }

  async sent(target: string): Promise<readonly Delivery[]> {
    return (await this.alarms.outbox.oldest(target, 100)).map(({ delivery }) => delivery);
  }

  refuse(rule: string): Promise<unknown> {
    return this.chain.audit.record({
      ...{ event: "modbus.request.refused", class: "security", who: "ems", target: "unit 1", outcome: "refused", rule },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop?.();
    await this.alarms.stop();
    await this.chain[Symbol.asyncDispose]();
  }
}

const run = (rig: DigestRig, name: string, args = {}) => rig.feature.commands![name]!(args, "eva");
const bodies = async (rig: DigestRig) =>
  (await rig.sent("hook")).map((delivery) => JSON.parse((delivery as { body: string }).body));

Deno.test("EV-27: a digest is sent each day at its hour by the site's clock, to a webhook and by mail, and each record is in one", async () => {
  await using rig = await DigestRig.open({ digest: { every: "daily", hour: 7 } });
  await rig.until("2026-11-23T12:00:00");
  const before = (await bodies(rig)).length;
  await rig.refuse("site.no-writes");
  await rig.until("2026-11-24T06:50:00");
  equal((await bodies(rig)).length, before, "not before its hour");
  await rig.until("2026-11-24T07:00:00");
  const [last] = (await bodies(rig)).toReversed();
  deepEqual([last.notice, last.site, last.to], ["digest", "lab", "2026-11-24T06:00:00Z"]);
  deepEqual(last.parts.refusals, [{ what: "site.no-writes", count: 1, by: ["unit 1"] }]);
  const mail = (await rig.sent("mail")).at(-1) as Extract<Delivery, { kind: "mail" }>;
  match(mail.subject, /^\[lab\] audit digest: \d+ records until 2026-11-24$/);
  match(mail.text, /Refused, by rule:\n +1 {2}site\.no-writes \(unit 1\)/);
  match(mail.text, /Sign-ins that failed: none/);
  await rig.until("2026-11-24T08:00:00");
  equal((await bodies(rig)).length, before + 1, "once a day");
  await rig.until("2026-11-25T07:00:00");
  deepEqual((await bodies(rig)).at(-1).parts.refusals, [], "what was told is not told again");
});

Deno.test("audit digest: a weekly one is sent on Mondays, and one that was missed at the next look", async () => {
  await using rig = await DigestRig.open({ digest: { every: "weekly", hour: 7 } });
  await rig.until("2026-11-23T07:00:00"); // a Monday
  const count = (await bodies(rig)).length;
  await rig.until("2026-11-29T23:00:00");
  equal((await bodies(rig)).length, count);
  await rig.until("2026-11-30T07:00:00");
  equal((await bodies(rig)).length, count + 1);
  await rig.until("2026-12-09T20:00:00");
  equal((await bodies(rig)).length, count + 2, "the box was off on Monday");
});

Deno.test("audit digest: a restart forgets neither when the last one was nor what it told", async () => {
  await using rig = await DigestRig.open({ digest: { every: "daily", hour: 7 } });
  await rig.until("2026-11-23T07:00:00");
  await rig.refuse("site.a");
  await rig.until("2026-11-24T07:00:00");
  const count = (await bodies(rig)).length;
  await rig.start();
  await rig.feature.look();
  equal((await bodies(rig)).length, count);
  const { text } = await run(rig, "audit digest");
  equal(text.includes("site.a"), false);
});

Deno.test("audit digest: only the receivers that site.yaml names for it get it; without the section nobody does", async () => {
  await using some = await DigestRig.open({ digest: { every: "daily", to: ["mail"] } });
  await some.until("2026-11-23T07:00:00");
  await some.until("2026-11-24T07:00:00");
  deepEqual([(await some.sent("hook")).length, (await some.sent("mail")).length > 0], [0, true]);
  await using none = await DigestRig.open({});
  await none.until("2026-11-24T07:00:00");
  deepEqual([(await none.sent("hook")).length, (await none.sent("mail")).length], [0, 0]);
});

Deno.test("EV-27: `audit digest` shows what happened since the last one, and who reviewed it last", async () => {
  await using rig = await DigestRig.open({});
  await rig.refuse("site.a");
  await rig.chain.audit.record({
    ...{ event: "people.login.refused", class: "access", who: "otto", outcome: "refused", rule: "login.password" },
  });
  await rig.chain.audit.record({
    ...{
      event: "station.security.told",
      class: "security",
      who: "CP001",
      outcome: "ok",
      detail: { type: "ResetOrReboot" },
    },
  });
  const { text } = await run(rig, "audit digest");
  match(text, /Sign-ins that failed:\n +1 {2}people\.login\.refused \(otto\)/);
  match(text, /Restarts:\n +1 {2}ResetOrReboot \(CP001\)/);
  match(text, /Nobody has reviewed the audit chain yet/);
  await run(rig, "audit review", { note: "all of otto" });
  match((await run(rig, "audit digest")).text, /Last reviewed by eva on 2\d{3}-\d\d-\d\d/);
});

Deno.test("EV-27: an alarm reminds of the review after its days, and ends when somebody has reviewed", async () => {
  await using rig = await DigestRig.open({ reviewDays: 30 });
  const overdue = () => rig.alarms.list().filter(({ kind }) => kind === "audit.review.overdue");
  rig.chain.time.jump(30 * DAY - 1);
  await rig.feature.look();
  equal(overdue().length, 0);
  rig.chain.time.jump(1);
  await rig.feature.look();
  equal(overdue()[0]?.detail, "reviewed never");
  const { data } = await run(rig, "audit review", { note: "nothing to see" });
  equal(overdue().length, 0);
  ok((data as { sequence: number }).sequence > 0);
  match((await run(rig, "audit review", { list: true })).text, /eva {2}nothing to see/);
  await rig.start();
  rig.chain.time.jump(30 * DAY);
  await rig.feature.look();
  match(overdue()[0]!.detail ?? "", /last by eva, 30 days ago/);
});

Deno.test("audit review: nobody yet, a note beyond the limit, and as many as are kept", async () => {
  await using rig = await DigestRig.open({});
  match((await run(rig, "audit review", { list: true })).text, /Nobody has reviewed/);
  await rejects(run(rig, "audit review", { note: "x".repeat(DIGEST_LIMITS.noteChars + 1) }), { code: "CLI_USAGE" });
  await rejects(run(rig, "audit review", { note: "  " }), { code: "CLI_USAGE" });
  await run(rig, "audit review", { note: "x".repeat(DIGEST_LIMITS.noteChars) });
  for (let at = 0; at < DIGEST_LIMITS.reviews; at++) {
    rig.chain.time.jump(1);
    await run(rig, "audit review");
  }
  const { data } = await run(rig, "audit review", { list: true });
  equal((data as unknown[]).length, DIGEST_LIMITS.reviews);
});

Deno.test("audit digest-send: the digest goes out now, and the next one begins where it ended", async () => {
  await using rig = await DigestRig.open({ digest: { every: "daily", hour: 7, to: ["hook"] } });
  await rig.refuse("site.a");
  const { text, data } = await run(rig, "audit digest-send");
  match(text, /The digest goes to hook\./);
  deepEqual(data, { receivers: ["hook"] });
  const [first] = await bodies(rig);
  deepEqual(first.parts.refusals, [{ what: "site.a", count: 1, by: ["unit 1"] }]);
  deepEqual(await rig.sent("mail"), [], "only who is named gets it");
  await rig.refuse("site.b");
  rig.chain.time.jump(60_000);
  await run(rig, "audit digest-send");
  const [, second] = await bodies(rig);
  deepEqual([second.from, second.parts.refusals[0].what], [first.to, "site.b"]);
  ok(first.id !== second.id, "receivers tell them apart");
  equal(rig.chain.lines().filter((line) => line.includes('"event":"audit.digest.made"')).length, 2);
});

Deno.test("audit digest-send: without the section, and without a receiver, nothing is sent and the key of site.yaml is named", async () => {
  await using none = await DigestRig.open({});
  await rejects(run(none, "audit digest-send"), { code: "CTL_REFUSED", message: /The site wants no digest/ });
  await using nobody = await DigestRig.open({ digest: { every: "daily", to: ["elsewhere"] } });
  await rejects(run(nobody, "audit digest-send"), { code: "CTL_REFUSED", message: /The digest has no receiver/ });
  deepEqual([await bodies(none), await bodies(nobody)], [[], []]);
  const { digest } = (await run(nobody, "audit digest")).data as unknown as {
    digest: { parts: { changes: unknown[] } };
  };
  deepEqual(digest.parts.changes, [], "and nothing counts as told");
});

Deno.test("audit digest-send: two persons at one moment send two digests, and each record is in one of them", async () => {
  await using rig = await DigestRig.open({ digest: { every: "daily", hour: 7 } });
  for (let at = 0; at < 3; at++) await rig.refuse("site.a");
  await Promise.all([run(rig, "audit digest-send"), run(rig, "audit digest-send"), rig.feature.look()]);
  const counts = (await bodies(rig)).flatMap(({ parts }) => parts.refusals).map(({ count }: { count: number }) =>
    count
  );
  deepEqual(counts, [3]);
});

Deno.test("audit digest: shows what the site wants of digests and reviews, and until when the next review is due", async () => {
  await using rig = await DigestRig.open({ digest: { every: "weekly", hour: 6, to: ["mail"] }, reviewDays: 30 });
  const standing = async () => {
    const { settings, reviewDays, reviewDueAt } = (await run(rig, "audit digest")).data as Record<string, unknown>;
    return { settings, reviewDays, reviewDueAt };
  };
  const start = rig.chain.time.now();
  deepEqual(await standing(), {
    settings: { every: "weekly", hour: 6, receivers: ["mail"] },
    ...{ reviewDays: 30, reviewDueAt: start + 30 * DAY },
  });
  rig.chain.time.jump(40 * DAY);
  await run(rig, "audit review");
  equal((await standing()).reviewDueAt, start + 70 * DAY);
  await using bare = await DigestRig.open({});
  const { data } = await run(bare, "audit digest");
  ok(!("settings" in (data as object)) && !("reviewDueAt" in (data as object)));
});

Deno.test("audit digest: an hour that clocks skip or repeat sends one, not two", async () => {
  await using rig = await DigestRig.open({ digest: { every: "daily", hour: 2 } });
  const at = async (time: string) => {
    rig.chain.time.jump(Date.parse(time) - rig.chain.time.now());
    await rig.feature.look();
    return (await bodies(rig)).length;
  };
  const before = await at("2027-03-27T12:00:00Z");
  equal(await at("2027-03-28T00:30:00Z"), before, "01:30 in Berlin");
  equal(await at("2027-03-28T01:10:00Z"), before + 1, "03:10: there was no 02:00");
  equal(await at("2027-03-28T12:00:00Z"), before + 1);
  const autumn = await at("2027-10-30T12:00:00Z");
  const once = await at("2027-10-31T00:10:00Z");
  equal(once, autumn + 1, "02:10, the first time");
  equal(await at("2027-10-31T01:10:00Z"), once, "02:10, the second time");
});

Deno.test("audit digest: many kinds of refusals are cut, and it is said how many more there are", async () => {
  await using rig = await DigestRig.open({});
  for (let at = 0; at < DIGEST_LIMITS.lines + 2; at++) await rig.refuse(`site.r${at}`);
  match((await run(rig, "audit digest")).text, /and 2 more kinds/);
});
