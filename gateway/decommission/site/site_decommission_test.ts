import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Site } from "../../config/schema.ts";
import { DECOMMISSION_LIMITS } from "../limits.ts";
import type { SiteRecord } from "./record.ts";
import { SITE_RECORD_KEY } from "./site_decommission.ts";
import { hashOf, LEAVING_SITE, SiteRig } from "./testing/site_rig.ts";

const SITE = { site: "garage-12" }, HOUR = DECOMMISSION_LIMITS.siteMinutes * 60_000;
const record = async (rig: SiteRig) => (await rig.store.get<SiteRecord>(SITE_RECORD_KEY))?.value;

Deno.test("own decommissioning: what it would come to is shown before it is begun, and nothing is stored for that", async () => {
  await using rig = await SiteRig.up();
  rig.open = { stations: ["CP001"], work: ["CP001: a transaction runs"], ends: ["2 grants (`grant list`)"] };
  const { text, data } = await rig.run("show");
  match(text, /^Nothing is begun.*stations +open +in service: CP001.*csms:main +open.*Ends with it: 2 grants/s);
  equal((data as { begun: boolean }).begun, false);
  equal(await record(rig), undefined);
  rig.open = { ...rig.open, stations: Array.from({ length: DECOMMISSION_LIMITS.named }, (_, at) => `S${at}`) };
  match((await rig.run("show")).text, /in service: S0, .*S9\. /);
  rig.open = { ...rig.open, stations: [...rig.open.stations, "S10"] };
  match((await rig.run("show")).text, /S9 and 1 more\. /);
});

Deno.test("own decommissioning: step by step to the release, each stored before it counts and each in the audit", async () => {
  await using rig = await SiteRig.up();
  rig.open = { stations: ["CP001"], work: ["CP001: a transaction runs"], ends: [] };
  await rig.run("start", { ...SITE, reason: "closed" });
  for (const what of ["stations", "work"]) {
    rig.start();
    equal(await rig.next(), what);
    await rig.run("skip", { what, because: `${what} stay` });
  }
  for (const { id } of (await rig.shown()).lines) {
    rig.start();
    equal(await rig.next(), "told");
    await rig.run("told", { line: id, note: "ticket 1", person: "Anna Berg" });
  }
  equal(await rig.next(), "export");
  rig.lastBackup = { name: "b.age", lastSequence: rig.head.seq };
  await rig.run("exported", { head: `${rig.head.seq}:${rig.head.hash}`, backup: "b.age" });
  equal(await rig.next(), "approve");
  deepEqual([rig.ends, rig.alarms.size], [0, 0], "nothing ends before two persons agree");
  await rig.run("approve", SITE, "olga");
  rig.start();
  const { next, releasedUntil } = await rig.shown();
  deepEqual([next, releasedUntil], ["erase", new Date(rig.time.now() + HOUR).toISOString()]);
  match(
    (await rig.run("show")).text,
    /stations +skipped +stations stay \(eva\).*erase +next +until 2026.*stop the gateway/s,
  );
  const { told, skipped, ended, backups, approvals } = (await record(rig))!;
  equal(told["csms:main"]!.by, "Anna Berg");
  deepEqual(skipped.stations!.open, ["CP001"]);
  deepEqual([ended, backups?.length, approvals.length], [
    { certificates: ["01"], grants: 1, tokens: 2, ways: 0 },
    1,
    1,
  ]);
  match(rig.alarms.get("gateway.site.released")!, /eva: closed/);
  deepEqual(
    [...new Set(rig.audited.map(({ event }) => event.replace("gateway.site.decommission.", "")))],
    ["begun", "step", "approved", "ended"],
  );
});

const refusals: readonly {
  readonly name: string;
  readonly upTo?: "approve" | "erase" | "export" | "told";
  readonly run: readonly [name: string, args?: Record<string, string | boolean>, who?: string];
  readonly rule: string;
  readonly before?: (rig: SiteRig) => void;
}[] = [
  { name: "another site's id at the beginning", run: ["start", { site: "garage-1", reason: "x" }], rule: "site" },
  { name: "a second beginning", upTo: "told", run: ["start", { ...SITE, reason: "x" }], rule: "under-way" },
  {
    name: "a step that is none to skip",
    upTo: "told",
    run: ["skip", { what: "export", because: "x" }],
    rule: "not-skippable",
  },
  { name: "a step out of its turn", upTo: "told", run: ["skip", { what: "work", because: "x" }], rule: "not-its-turn" },
  {
    name: "a head that the chain has not",
    upTo: "export",
    run: ["exported", { head: `2:${hashOf(9)}`, "no-backup": "x" }],
    rule: "head",
  },
  {
    name: "a head of the future",
    upTo: "export",
    run: ["exported", { head: `999:${hashOf(999)}`, "no-backup": "x" }],
    rule: "head",
  },
  {
    name: "a head of before the beginning",
    upTo: "export",
    run: ["exported", { head: `0:${hashOf(0)}`, "no-backup": "x" }],
    rule: "head",
  },
  {
    name: "a backup that there is not",
    upTo: "export",
    run: ["exported", { head: `1:${hashOf(1)}`, backup: "b" }],
    rule: "backup",
  },
  {
    ...{ name: "a backup of before the beginning", upTo: "export", rule: "backup" },
    run: ["exported", { head: `1:${hashOf(1)}`, backup: "b" }],
    before: (rig) => void (rig.lastBackup = { name: "b", lastSequence: 0 }),
  },
  {
    ...{ name: "another backup than the last", upTo: "export", rule: "backup" },
    run: ["exported", { head: `1:${hashOf(1)}`, backup: "b" }],
    before: (rig) => void (rig.lastBackup = { name: "c", lastSequence: 9 }),
  },
  { name: "an approval too early", upTo: "export", run: ["approve", SITE, "olga"], rule: "state" },
  { name: "an approval of who asked", upTo: "approve", run: ["approve", SITE], rule: "own-approval" },
  { name: "an approval without the site's id", upTo: "approve", run: ["approve", {}, "olga"], rule: "site" },
  { name: "an approval when none is needed any more", upTo: "erase", run: ["approve", SITE, "paul"], rule: "state" },
  {
    ...{
      name: "an approval of somebody who is not named for it",
      upTo: "approve",
      run: ["approve", SITE, "paul"],
      rule: "approver",
    },
    before: (rig) => void (rig.site = Site.parse({ ...LEAVING_SITE, decommissioning: { approvers: ["olga"] } })),
  },
];
for (const { name, upTo, run, rule, before } of refusals) {
  Deno.test(`own decommissioning: refused and audited: ${name}`, async () => {
    await using rig = await SiteRig.up();
    if (upTo) await rig.upTo(upTo);
    before?.(rig);
    const stored = await record(rig);
    await rejects(rig.run(...run), { code: "DECOMMISSION_REFUSED" });
    deepEqual(rig.rules(), [`decommission.gateway.${rule}`]);
    deepEqual(await record(rig), stored, "nothing is changed by it");
  });
}

const invalid: readonly (readonly [name: string, args: Record<string, string>, code: string])[] = [
  ["start", { ...SITE, reason: " " }, "DECOMMISSION_INVALID"],
  ["start", { ...SITE, reason: "x".repeat(DECOMMISSION_LIMITS.textChars + 1) }, "DECOMMISSION_INVALID"],
  ["told", { line: "csms:other", note: "x" }, "DECOMMISSION_UNKNOWN"],
  ["told", { line: "csms:main" }, "DECOMMISSION_INVALID"],
  ["skip", { what: "csms:other", because: "x" }, "DECOMMISSION_UNKNOWN"],
  ["exported", { head: "12", "no-backup": "x" }, "DECOMMISSION_INVALID"],
  ["exported", { head: `12:${"A".repeat(64)}`, "no-backup": "x" }, "DECOMMISSION_INVALID"],
  ["exported", { head: `1:${hashOf(1)}` }, "DECOMMISSION_INVALID"],
  ["exported", { head: `1:${hashOf(1)}`, backup: "b", "no-backup": "x" }, "DECOMMISSION_INVALID"],
];
for (const [at, [name, args, code]] of invalid.entries()) {
  Deno.test(`own decommissioning: ${name} with wrong words is told what is wanted (${at})`, async () => {
    await using rig = await SiteRig.up();
    if (name !== "start") await rig.upTo("told");
    await rejects(rig.run(name, args), { code });
  });
}

Deno.test("own decommissioning: nothing but the beginning and a look goes before it was begun", async () => {
  await using rig = await SiteRig.up();
  const unknown = { code: "DECOMMISSION_UNKNOWN" };
  await rejects(rig.run("told", { line: "csms:main", note: "x" }), unknown);
  await rejects(rig.run("approve", SITE, "olga"), unknown);
  await rejects(rig.run("cancel"), unknown);
});

Deno.test("own decommissioning: an approval lasts an hour, to the millisecond; a new one ends what was given out meanwhile", async () => {
  await using rig = await SiteRig.up();
  await rig.upTo("erase");
  rig.time.advance(HOUR);
  equal(await rig.next(), "erase");
  rig.time.advance(1);
  equal(await rig.next(), "approve");
  await rig.run("approve", SITE, "olga");
  const { ended, approvals } = (await record(rig))!;
  deepEqual(ended, { certificates: ["01", "02"], grants: 2, tokens: 4, ways: 0 });
  equal(approvals.length, 1);
});

Deno.test("own decommissioning: what is exported anew has to be approved anew", async () => {
  await using rig = await SiteRig.up();
  await rig.upTo("erase");
  rig.time.advance(1);
  await rig.exported();
  equal(await rig.next(), "approve");
});

Deno.test("own decommissioning: two of two must agree, also when both come at one moment; the same person counts once", async () => {
  await using rig = await SiteRig.up();
  rig.site = Site.parse({ ...LEAVING_SITE, decommissioning: { approvals: 2 } });
  await rig.upTo("approve");
  await Promise.all([rig.run("approve", SITE, "olga"), rig.run("approve", SITE, "paul")]);
  deepEqual([await rig.next(), rig.ends, (await record(rig))!.approvals.length], ["erase", 1, 2]);
  await rig.exported();
  await rig.run("approve", SITE, "olga");
  await rejects(rig.run("approve", SITE, "olga"), /has approved it already/);
});

Deno.test("own decommissioning: where one person decides over stations, the gateway still needs another one", async () => {
  await using rig = await SiteRig.up();
  rig.site = Site.parse({ ...LEAVING_SITE, decommissioning: { approvals: "one-person-decides" } });
  await rig.upTo("approve");
  equal(await rig.next(), "approve");
});

Deno.test("own decommissioning: what cannot be ended leaves it unapproved, and the alarm stands already", async () => {
  await using rig = await SiteRig.up();
  await rig.upTo("approve");
  rig.endFault = new Error("the disk");
  await rejects(rig.run("approve", SITE, "olga"), /the disk/);
  deepEqual([await rig.next(), (await record(rig))!.approvals, rig.alarms.size], ["approve", [], 1]);
});

Deno.test("own decommissioning: called off it is forgotten, and may be begun again", async () => {
  await using rig = await SiteRig.up();
  await rig.upTo("erase");
  await rig.run("cancel", {}, "paul");
  deepEqual([await record(rig), rig.alarms.size], [undefined, 0]);
  ok(rig.audited.some(({ event, who }) => event === "gateway.site.decommission.cancelled" && who === "paul"));
  await rig.run("start", { ...SITE, reason: "again" });
  equal(await rig.next(), "told");
});
