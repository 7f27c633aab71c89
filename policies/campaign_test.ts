import { deepEqual, equal, match } from "node:assert/strict";
import { assignRings, isMixed, isUnderWay, nextSteps, planFaults, windDownSteps } from "./campaign.ts";
import {
  type CampaignFacts,
  type CampaignPart,
  type CampaignPlan,
  type CampaignUnit,
  UNIT_STATES,
  type UnitState,
} from "./campaign_types.ts";

const MINUTE = 60_000;
const NOW = 1_000_000 * MINUTE;

const PLAN: CampaignPlan = {
  version: "5.33.11",
  rings: [
    { name: "canary", size: { ofEachModel: 1 }, soakMinutes: 60 },
    { name: "half", size: { upToPercent: 50 }, soakMinutes: 30, hold: true },
    { name: "rest", size: { upToPercent: 100 }, soakMinutes: 0 },
  ],
  maxParallelUnits: 2,
  maxConnectorsOutPercent: 50,
  stopAfter: { failures: 3, percent: 50 },
  attempts: 3,
  retryMinutes: 10,
  downloadMinutes: 120,
  confirmMinutes: 45,
  healthyMinutes: 15,
  exclude: [],
  pins: {},
};

function part(changes: Partial<CampaignPart> = {}): CampaignPart {
  const usual = { station: "CP1", model: "CC613", connectors: 1, version: "5.22.1", online: true, busy: false };
  return { ...usual, healthy: true, ...changes };
}

/** A unit of one part; `minutes` since its last change of state. */
function unit(id: string, state: UnitState, changes: Partial<CampaignUnit> & { minutes?: number } = {}): CampaignUnit {
  const { minutes = 0, ...rest } = changes;
  const attempts = state === "pending" || state === "skipped" ? 0 : 1;
  return { id, ring: 0, state, since: NOW - minutes * MINUTE, attempts, parts: [part({ station: id })], ...rest };
}

function facts(
  units: readonly CampaignUnit[],
  changes: Partial<Omit<CampaignFacts, "plan">> & { plan?: Partial<CampaignPlan> } = {},
) {
  const { plan, ...rest } = changes;
  const usual = { units, ring: 0, released: false, now: NOW, minuteOfWeek: 0, connectors: { all: 10, out: 0 } };
  return { ...usual, ...rest, plan: { ...PLAN, ...plan } };
}

/** The steps in short: "download a", "end a confirmed", "pause". */
function steps(...args: Parameters<typeof facts>): string[] {
  return nextSteps(facts(...args)).map((step) => {
    const subject = "unit" in step ? ` ${step.unit}` : "ring" in step ? ` ${step.ring}` : "";
    return `${step.step}${subject}${"as" in step ? ` ${step.as}` : ""}`;
  });
}

const done = { parts: [part({ version: "5.33.11" })] };

Deno.test("campaign: units of its ring load, as many at one time as it says, and no unit of a later ring", () => {
  const units = [unit("a", "pending"), unit("b", "pending"), unit("c", "pending"), unit("d", "pending", { ring: 1 })];
  deepEqual(steps(units), ["download a", "download b"]);
  deepEqual(steps([unit("a", "downloading"), ...units.slice(1)]), ["download b"]);
  deepEqual(steps([unit("a", "downloading"), unit("b", "installing"), ...units.slice(2)]), []);
  deepEqual(steps(units, { plan: { maxParallelUnits: 4 } }), ["download a", "download b", "download c"]);
});

Deno.test("campaign: a unit waits for all its parts: none is left with another version than the other (BC-03)", () => {
  const pair = (...parts: Partial<CampaignPart>[]) => [unit("a", "pending", { parts: parts.map(part) })];
  deepEqual(steps(pair({}, { online: false })), []);
  deepEqual(steps(pair({}, {})), ["download a"]);
  deepEqual(steps(pair({ version: "5.33.11" }, {})), ["download a"], "one part alone has the version already");
  const busy = [unit("a", "downloaded", { parts: [part(), part({ busy: true })] })];
  deepEqual(steps(busy), [], "a transaction on one part holds both");
  deepEqual(steps([unit("a", "installing", { parts: [part({ version: "5.33.11" }), part()] })]), []);
});

Deno.test("campaign: nothing is installed under a transaction, a reservation or out of reach", () => {
  deepEqual(steps([unit("a", "downloaded")]), ["install a"]);
  deepEqual(steps([unit("a", "downloaded", { parts: [part({ busy: true })] })]), []);
  deepEqual(steps([unit("a", "downloaded", { parts: [part({ online: false })] })]), []);
});

Deno.test("campaign: no more connectors are out of service than the share, with those that are out already", () => {
  const units = ["a", "b", "c", "d", "e", "f"].map((id) => unit(id, "downloaded"));
  deepEqual(steps(units).length, 5);
  deepEqual(steps(units, { connectors: { all: 10, out: 3 } }), ["install a", "install b"]);
  deepEqual(steps(units, { connectors: { all: 10, out: 5 } }), []);
  deepEqual(
    steps([unit("x", "checking", done), unit("y", "installing"), ...units], { connectors: { all: 10, out: 2 } }),
    [
      "install a",
    ],
  );
  const wide = [unit("a", "downloaded", { parts: [part({ connectors: 6 })] }), unit("b", "downloaded")];
  deepEqual(steps(wide), ["install b"], "a smaller unit goes before one that does not fit now");
});

Deno.test("campaign: loading and installing have hours of their own, over midnight too", () => {
  const plan = {
    downloadHours: { from: "22:00", to: "02:00" },
    installHours: { days: ["tue" as const], from: "03:00", to: "05:00" },
  };
  const units = [unit("a", "downloaded"), unit("b", "pending")];
  const at = (day: number, hour: number, minute = 0) =>
    steps(units, { plan, minuteOfWeek: day * 1_440 + hour * 60 + minute });
  deepEqual(at(0, 21, 59), []);
  deepEqual(at(0, 22), ["download b"]);
  deepEqual(at(1, 1, 59), ["download b"]);
  deepEqual(at(1, 2), []);
  deepEqual(at(1, 3), ["install a"]);
  deepEqual(at(1, 5), []);
  deepEqual(at(2, 3), []);
});

Deno.test("campaign: installed is what BootNotification says, then well for long enough, then confirmed", () => {
  deepEqual(steps([unit("a", "installing", { minutes: 1 })]), []);
  deepEqual(steps([unit("a", "installing", done)]), ["check a"]);
  deepEqual(steps([unit("a", "checking", { ...done, minutes: 14 })]), []);
  deepEqual(steps([unit("a", "checking", { ...done, minutes: 15 })]), ["end a confirmed"]);
});

Deno.test("campaign: a unit that does not come back, or with another version, is unconfirmed at its time and no sooner", () => {
  for (
    const parts of [[part({ online: false })], [part()], [part({ version: "5.33.1" })], [
      part({ online: false, version: "5.33.11" }),
    ]]
  ) {
    deepEqual(steps([unit("a", "installing", { parts, minutes: 44 })]), []);
    const [step] = nextSteps(facts([unit("a", "installing", { parts, minutes: 45 })]));
    if (step?.step !== "end") throw new Error(`no end but ${step?.step}`);
    equal(step.as, "unconfirmed");
    match(step.why, parts[0]!.online ? /CP1 reports version 5\.[0-9.]+, not 5\.33\.11/ : /CP1 has not come back/);
  }
});

Deno.test("campaign: a unit that is ill with the new version, or goes back to the old one, failed", () => {
  for (const change of [{ healthy: false }, { online: false }]) {
    const parts = [part({ version: "5.33.11", ...change })];
    deepEqual(steps([unit("a", "checking", { parts, minutes: 14 })]), [], "it has time to become well");
    deepEqual(steps([unit("a", "checking", { parts, minutes: 15 })]), ["end a failed"]);
  }
  deepEqual(steps([unit("a", "checking", { minutes: 1 })]), ["end a failed"]);
});

Deno.test("campaign: units that need nothing, are newer, excluded or held are skipped with the reason", () => {
  const reason = (one: CampaignUnit, plan: Partial<CampaignPlan> = {}) => {
    const [step] = nextSteps(facts([one], { plan }));
    return step?.step === "skip" ? step.why : step?.step;
  };
  equal(reason(unit("a", "pending", done)), "all its parts have version 5.33.11");
  equal(reason(unit("a", "pending", { parts: [part({ version: "5.34.0" })] })), "it has the newer version 5.34.0");
  equal(reason(unit("a", "pending"), { exclude: ["a"] }), "it is excluded");
  equal(reason(unit("a", "pending"), { pins: { a: "5.22.1" } }), "it is held at version 5.22.1");
  equal(reason(unit("a", "pending"), { pins: { a: "5.33.11" } }), "download");
  const { version: _, ...unseen } = part();
  equal(reason(unit("a", "pending", { parts: [unseen] })), "download", "a version that nobody saw");
  deepEqual(steps([unit("z", "downloading"), unit("a", "pending", { ...done, ring: 1 })]), [], "not before its ring");
});

Deno.test("campaign: a failed unit is tried again after its wait, which doubles, and so often and no more", () => {
  const failed = (attempts: number, minutes: number, changes: Partial<CampaignUnit> = {}) =>
    steps([unit("a", "failed", { attempts, minutes, ...changes }), unit("z", "downloading")]);
  deepEqual(failed(1, 9), []);
  deepEqual(failed(1, 10), ["download a"]);
  deepEqual(failed(2, 19), []);
  deepEqual(failed(2, 20), ["download a"]);
  deepEqual(failed(3, 9_999), []);
  deepEqual(failed(1, 9_999, { final: true }), []);
});

Deno.test("campaign: it stops at so many failures; units that nobody heard of again count", () => {
  const bad = (count: number, state: UnitState = "failed") =>
    Array.from({ length: count }, (_, at) => unit(`f${at}`, state, { attempts: 3 }));
  const good = Array.from({ length: 10 }, (_, at) => unit(`g${at}`, "confirmed", done));
  deepEqual(steps([...good, ...bad(2), unit("a", "pending")]), ["download a"]);
  deepEqual(steps([...good, ...bad(3), unit("a", "pending")]), ["pause"]);
  deepEqual(steps([...good, ...bad(3, "unconfirmed"), unit("a", "pending")]), ["pause"]);
  const again = bad(3).map((one) => ({ ...one, attempts: 1 }));
  deepEqual(steps([...good, ...again, unit("a", "pending")]), ["download a"], "they are tried again");
  deepEqual(steps([unit("f", "failed", { final: true })], { plan: { stopAfter: { failures: 1, percent: 100 } } }), [
    "pause",
  ]);
});

Deno.test("campaign: it stops at a share of failures, though not for the first one", () => {
  const plan = { stopAfter: { failures: 99, percent: 50 } };
  const failed = [unit("f", "failed", { attempts: 3 }), unit("g", "failed", { attempts: 3 })];
  deepEqual(steps([failed[0]!, unit("a", "pending")], { plan }), ["download a"]);
  deepEqual(steps([...failed, unit("a", "pending")], { plan }), ["pause"]);
  const good = ["x", "y", "z"].map((id) => unit(id, "confirmed", done));
  deepEqual(steps([...failed, ...good, unit("a", "pending")], { plan }), ["download a"]);
  deepEqual(steps([...failed, ...good.slice(1), unit("a", "pending")], { plan }), ["pause"]);
});

Deno.test("campaign: one that stops lets units under way come to their end", () => {
  const failed = ["f", "g", "h"].map((id) => unit(id, "failed", { attempts: 3 }));
  deepEqual(steps([...failed, unit("a", "installing", done)]), ["check a"]);
  deepEqual(steps([...failed, unit("a", "checking", { ...done, minutes: 15 })]), ["end a confirmed"]);
});

Deno.test("campaign: the next ring begins when the last unit has been well for the ring's time", () => {
  const units = (minutes: number) => [unit("a", "confirmed", { ...done, minutes }), unit("b", "pending", { ring: 1 })];
  deepEqual(steps(units(59)), []);
  deepEqual(steps(units(60)), ["next-ring 1"]);
  deepEqual(steps([...units(60), unit("c", "downloading")]), [], "a unit of it is under way");
  deepEqual(steps([unit("a", "skipped"), unit("b", "pending", { ring: 1 })]), ["next-ring 1"], "nothing to soak");
});

Deno.test("campaign: a ring that holds waits for a person; after the last ring it is complete", () => {
  const units = [unit("a", "confirmed", { ...done, minutes: 500 })];
  deepEqual(steps(units, { ring: 1 }), ["hold half"]);
  deepEqual(steps(units, { ring: 1, released: true }), ["next-ring 2"]);
  deepEqual(steps(units, { ring: 2 }), ["complete"]);
  deepEqual(steps([...units, unit("f", "failed", { attempts: 3 })], { ring: 2 }), ["complete"]);
  deepEqual(steps([...units, unit("f", "failed", { attempts: 2 })], { ring: 2 }), [], "it is tried again");
});

Deno.test("campaign: the canary is one of each model; shares count from all units; the last ring takes the rest", () => {
  const units = Array.from({ length: 10 }, (_, at) => ({ id: `u${at}`, parts: [part({ model: at < 7 ? "A" : "B" })] }));
  const rings = assignRings(units, PLAN.rings);
  const of = (ring: number) => units.filter(({ id }) => rings.get(id) === ring).map(({ id }) => id);
  deepEqual(of(0), ["u0", "u7"]);
  deepEqual(of(1), ["u1", "u2", "u3"]);
  deepEqual(of(2), ["u4", "u5", "u6", "u8", "u9"]);
  const pair = [{ id: "p", parts: [part({ model: "A" }), part({ model: "B" })] }, {
    id: "q",
    parts: [part({ model: "B" }), part({ model: "A" })],
  }];
  deepEqual([...assignRings(pair, PLAN.rings)], [["p", 0], ["q", 2]], "a pair of two models is a model of its own");
});

Deno.test("campaign: a plan that could never end as it promises is refused with each reason", () => {
  const wide = [{ id: "cabinet", parts: [part({ connectors: 4 }), part({ connectors: 2 })] }];
  deepEqual(planFaults(PLAN, wide, 10), ["Unit cabinet has 6 of 10 connectors, more than 50 %"]);
  deepEqual(planFaults({ ...PLAN, rings: [] }, [], 10), ["It has no ring: name at least a canary"]);
  const rings = [50, 50].map((upToPercent) => ({ name: "r", size: { upToPercent }, soakMinutes: 0 }));
  deepEqual(planFaults({ ...PLAN, rings }, [], 10), [
    "Its rings take up to 50, 50 %: each must take more than the one before",
  ]);
  deepEqual(planFaults(PLAN, [{ id: "a", parts: [part()] }], 10), []);
});

Deno.test("campaign: a whole garage comes to its end within its limits, whatever order units answer in (seeded)", () => {
  let seed = 20_261_121;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  let units: CampaignUnit[] = Array.from({ length: 40 }, (_, at) => unit(`u${at}`, "pending"));
  const rings = assignRings(units, PLAN.rings);
  units = units.map((one) => ({ ...one, ring: rings.get(one.id)! }));
  let [ring, now, ended] = [0, NOW, false];
  const change = (id: string, changes: Partial<CampaignUnit>) =>
    units = units.map((one) => one.id === id ? { ...one, since: now, ...changes } : one);
  for (let round = 0; round < 5_000 && !ended; round++, now += MINUTE) {
    for (const step of nextSteps({ ...facts(units, { ring, released: true, connectors: { all: 40, out: 0 } }), now })) {
      if (step.step === "download") change(step.unit, { state: "downloading", attempts: 1 });
      if (step.step === "install") change(step.unit, { state: "installing" });
      if (step.step === "check") change(step.unit, { state: "checking" });
      if (step.step === "end") change(step.unit, { state: step.as });
      if (step.step === "next-ring") ring = step.ring;
      if (step.step === "pause") throw new Error(step.why);
      ended ||= step.step === "complete";
    }
    for (const { id, state, parts } of units) {
      if (state === "downloading" && random() < 0.3) change(id, { state: "downloaded" });
      if (state === "installing" && random() < 0.2) change(id, { parts: [{ ...parts[0]!, version: "5.33.11" }] });
    }
    const underWay = units.filter(({ state }) =>
      ["downloading", "downloaded", "installing", "checking"].includes(state)
    );
    equal(underWay.length <= PLAN.maxParallelUnits, true);
  }
  equal(ended, true);
  equal(units.every(({ state }) => state === "confirmed"), true);
});

Deno.test("campaign: every state of a unit has its steps, and ends have none", () => {
  for (const state of UNIT_STATES) {
    const found = steps([unit("a", state, { attempts: 3, minutes: 1 })], {
      plan: { stopAfter: { failures: 9, percent: 101 } },
    });
    if (["failed", "unconfirmed", "confirmed", "skipped"].includes(state)) {
      equal(found.some((step) => step.endsWith(" a")), false, state);
    }
  }
});

Deno.test("campaign: what has not loaded in time has failed, and not a minute before", () => {
  deepEqual(steps([unit("a", "downloading", { minutes: 119 })]), []);
  deepEqual(steps([unit("a", "downloading", { minutes: 120 })]), ["end a failed"]);
});

const FLOORS: readonly [version: string | undefined, floor: string | undefined, step: string][] = [
  ["5.22.1", "5.22.1", "download a"],
  ["5.22.0", "5.22.1", "skip a"],
  ["5.22.0", undefined, "download a"],
  [undefined, "5.22.1", "download a"],
];
for (const [version, floor, step] of FLOORS) {
  Deno.test(`campaign: version ${version} under a floor of ${floor}: ${step}`, () => {
    const { version: _, ...bare } = part();
    const parts = [{ ...bare, ...version === undefined ? {} : { version } }];
    deepEqual(steps([unit("a", "pending", { parts })], { plan: floor === undefined ? {} : { floor } }), [step]);
  });
}

/** The steps of a campaign that winds down, in short. */
function windDown(...args: Parameters<typeof facts>): string[] {
  return windDownSteps(facts(...args)).map((step) => `${step.step}${"unit" in step ? ` ${step.unit}` : ""}`);
}

const MIXED = { parts: [part({ version: "5.33.11" }), part()] };
const WINDING: readonly { readonly name: string; readonly units: CampaignUnit[]; readonly steps: string[] }[] = [
  { name: "nothing new begins", units: [unit("a", "pending"), unit("b", "downloaded")], steps: [] },
  { name: "what would be skipped is not", units: [unit("a", "pending", done)], steps: [] },
  { name: "an installation that is done is looked after", units: [unit("a", "installing", done)], steps: ["check a"] },
  {
    name: "one that does not come back is told as such",
    units: [unit("a", "installing", { minutes: 45 })],
    steps: ["end a"],
  },
  { name: "a failed unit is not tried again", units: [unit("a", "failed", { minutes: 500 })], steps: [] },
  { name: "a mixed one is", units: [unit("a", "failed", { minutes: 500, ...MIXED })], steps: ["download a"] },
  { name: "a mixed one waits for its turn", units: [unit("a", "failed", { minutes: 9, ...MIXED })], steps: [] },
  { name: "a mixed one goes on to install", units: [unit("a", "downloaded", MIXED)], steps: ["install a"] },
  {
    name: "a mixed one that failed for good stays",
    units: [unit("a", "failed", { minutes: 500, final: true, ...MIXED })],
    steps: [],
  },
  {
    name: "a mixed one that had all its tries stays",
    units: [unit("a", "failed", { minutes: 5_000, attempts: 3, ...MIXED })],
    steps: [],
  },
  {
    name: "a mixed one that charges is left alone",
    units: [unit("a", "downloaded", { parts: [part({ version: "5.33.11" }), part({ busy: true })] })],
    steps: [],
  },
];
for (const { name, units, steps: wanted } of WINDING) {
  Deno.test(`campaign winding down: ${name}`, () => deepEqual(windDown(units), wanted));
}

Deno.test("campaign winding down: hours do not keep a pair mixed, the share of connectors does hold", () => {
  const plan = { downloadHours: { from: "22:00", to: "23:00" }, installHours: { from: "22:00", to: "23:00" } };
  deepEqual(windDown([unit("a", "downloaded", MIXED)], { plan }), ["install a"]);
  deepEqual(windDown([unit("a", "downloaded", MIXED)], { plan, connectors: { all: 10, out: 4 } }), []);
});

Deno.test("campaign: a unit is mixed when some of its parts have the version and others have not", () => {
  equal(isMixed(MIXED, PLAN), true);
  equal(isMixed(done, PLAN), false);
  equal(isMixed({ parts: [part(), part()] }, PLAN), false);
  equal(isMixed({ parts: [] }, PLAN), false);
});

Deno.test("campaign: under way is everything between the first message and the end", () => {
  const under = UNIT_STATES.filter((state) => isUnderWay({ state }));
  deepEqual(under, ["downloading", "downloaded", "installing", "checking"]);
});

Deno.test("campaign: a ring of which no unit took it stops the campaign, however many failures it may have", () => {
  const bad = (id: string) => unit(id, "failed", { attempts: 3 });
  const plan = { stopAfter: { failures: 10, percent: 100 } };
  const next = unit("z", "pending", { ring: 1 });
  deepEqual(steps([bad("a"), next], { plan }), ["pause"]);
  deepEqual(
    steps([bad("a"), unit("b", "unconfirmed", { final: true }), next], {
      plan: { stopAfter: { failures: 10, percent: 101 } },
    }),
    ["pause"],
  );
  deepEqual(steps([bad("a"), unit("b", "confirmed", { minutes: 60 }), next], { plan }), ["next-ring 1"]);
  deepEqual(steps([bad("a"), unit("b", "failed", { attempts: 1 }), next], { plan }), [], "one of them has tries left");
  deepEqual(steps([unit("a", "skipped"), next], { plan }), ["next-ring 1"], "nobody was tried");
});
