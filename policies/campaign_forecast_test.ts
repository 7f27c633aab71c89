import { deepEqual, equal, match, ok } from "node:assert/strict";
import { forecast } from "./campaign_forecast.ts";
import type { CampaignFacts, CampaignPart, CampaignPlan, CampaignUnit } from "./campaign_types.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Monday, 00:00. */
const NOW = Date.UTC(2026, 0, 5);
const minuteOfWeek = (now: number) => Math.floor((now - NOW) / MINUTE) % (7 * 1_440);

const PLAN: CampaignPlan = {
  version: "2",
  rings: [
    { name: "canary", size: { ofEachModel: 1 }, soakMinutes: 60 },
    { name: "rest", size: { upToPercent: 100 }, soakMinutes: 0 },
  ],
  maxParallelUnits: 2,
  maxConnectorsOutPercent: 50,
  stopAfter: { failures: 3, percent: 50 },
  attempts: 2,
  retryMinutes: 10,
  downloadMinutes: 60,
  confirmMinutes: 45,
  healthyMinutes: 15,
  exclude: [],
  pins: {},
};

function unit(id: string, ring: number, part: Partial<CampaignPart> = {}, parts = 1): CampaignUnit {
  const usual = { station: id, model: "M", connectors: 1, version: "1", online: true, busy: false, healthy: true };
  return { id, ring, state: "pending", since: NOW, attempts: 0, parts: Array(parts).fill({ ...usual, ...part }) };
}

function play(units: readonly CampaignUnit[], plan: Partial<CampaignPlan> = {}, out = 0) {
  const facts: CampaignFacts = {
    ...{ plan: { ...PLAN, ...plan }, units, ring: 0, released: false, now: NOW, minuteOfWeek: 0 },
    connectors: { all: 10, out },
  };
  return forecast(facts, minuteOfWeek, 10);
}

/** Minutes after the start at which each unit begins to install. */
const starts = ({ units }: ReturnType<typeof play>) =>
  units.map(({ unit, installsAt }) => installsAt === undefined ? unit : `${unit} ${(installsAt - NOW) / MINUTE}`);

const GARAGE = [unit("a", 0), unit("b", 1), unit("c", 1), unit("d", 1)];

Deno.test("campaign forecast: canary, soak, then as many at one time as the plan says", () => {
  const played = play(GARAGE);
  deepEqual(starts(played), ["a 0", "b 85", "c 85", "d 110"]);
  equal(played.endsAt, NOW + 135 * MINUTE);
  equal(played.why, undefined);
});

Deno.test("campaign forecast: more at one time ends earlier, one at a time later", () => {
  equal(play(GARAGE, { maxParallelUnits: 4 }).endsAt, NOW + 110 * MINUTE);
  equal(play(GARAGE, { maxParallelUnits: 1 }).endsAt, NOW + 160 * MINUTE);
});

Deno.test("campaign forecast: a pair takes twice as long", () => {
  equal(play([unit("a", 0, {}, 2)]).endsAt, play([unit("a", 0)]).endsAt! + 10 * MINUTE);
});

Deno.test("campaign forecast: the most connectors that are out, with those that are out already, never above the share", () => {
  equal(play(GARAGE, { maxParallelUnits: 4 }).mostConnectorsOut, 3);
  equal(play(GARAGE, { maxParallelUnits: 4 }, 2).mostConnectorsOut, 5);
  const many = Array.from({ length: 10 }, (_, at) => unit(`u${at}`, at === 0 ? 0 : 1));
  equal(play(many, { maxParallelUnits: 10 }).mostConnectorsOut, 5);
});

Deno.test("campaign forecast: hours push installations into their span", () => {
  const played = play([unit("a", 0), unit("b", 1)], { installHours: { from: "02:00", to: "03:00" } });
  deepEqual(starts(played), ["a 120", `b ${24 * 60 + 120}`], "the soak leaves no time in the first night");
});

Deno.test("campaign forecast: what charges or is away now is thought of as free", () => {
  const busy = [unit("a", 0, { busy: true, online: false, healthy: false })];
  equal(play(busy).endsAt, NOW + 85 * MINUTE, "with the soak of its ring");
});

Deno.test("campaign forecast: who is left alone is told, with the reason", () => {
  const { units } = play([unit("a", 0), unit("b", 1, { version: "2" }), unit("c", 1, { version: "3" })], {
    exclude: ["a"],
  });
  deepEqual(units.map(({ skipped }) => skipped), [
    "it is excluded",
    "all its parts have version 2",
    "it has the newer version 3",
  ]);
});

Deno.test("campaign forecast: rings that wait for a person are named and cost no time", () => {
  const rings = [{ ...PLAN.rings[0]!, hold: true as const }, PLAN.rings[1]!];
  const played = play(GARAGE, { rings });
  deepEqual(played.holds, ["canary"]);
  equal(played.endsAt, play(GARAGE).endsAt);
});

Deno.test("campaign forecast: a plan that can never end says so", () => {
  const wide = [unit("a", 0, { connectors: 6 })];
  const played = play(wide);
  equal(played.endsAt, undefined);
  match(played.why!, /does not end within 120 days/);
  const never = play([unit("a", 0)], { installHours: { days: [], from: "02:00", to: "03:00" } });
  equal(never.endsAt, undefined);
});

Deno.test("campaign forecast: failures that are there already stop it on paper, too", () => {
  const failed = (id: string): CampaignUnit => ({ ...unit(id, 0), state: "failed", attempts: 2 });
  const { why, endsAt } = play([failed("a"), failed("b"), failed("c"), unit("d", 1)]);
  equal(endsAt, undefined);
  match(why!, /3 units failed/);
});

Deno.test("campaign forecast: nothing to do ends at once", () => {
  equal(play([]).endsAt, NOW);
  deepEqual(play([]).units, []);
});

Deno.test("campaign forecast: units that are under way are gone on with", () => {
  const installing: CampaignUnit = { ...unit("a", 0), state: "installing", attempts: 1, since: NOW - 5 * MINUTE };
  equal(play([installing]).endsAt, NOW + 80 * MINUTE);
});

Deno.test("campaign forecast: 500 units in six nights are played through in no time that a person notices", () => {
  const many = Array.from({ length: 500 }, (_, at) => unit(`u${at}`, at < 5 ? 0 : 1));
  const played = play(many, {
    maxParallelUnits: 20,
    maxConnectorsOutPercent: 100,
    installHours: { from: "22:00", to: "06:00" },
  });
  ok(played.endsAt !== undefined && played.endsAt > NOW + 22 * HOUR, String(played.endsAt));
  equal(played.units.filter(({ endsAt }) => endsAt !== undefined).length, 500);
});
