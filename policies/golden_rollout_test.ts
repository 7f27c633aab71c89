import { deepEqual, equal, match } from "node:assert/strict";
import type { FixState } from "./golden_fix.ts";
import {
  failuresOf,
  itemsOfRollout,
  nextOfRollout,
  type Rollout,
  ROLLOUT_OVER,
  type RolloutFacts,
  type RolloutFix,
  type RolloutOutcome,
  type RolloutResult,
  type RolloutState,
  summaryOf,
} from "./golden_rollout.ts";
import type { GoldenFinding } from "./golden_types.ts";

const DAY = 86_400_000, NOW = 100 * DAY;
const setting = (id: string, value: string): Rollout["settings"][number] => ({
  id,
  ways: { "ocpp1.6": { name: `Key-${id}`, value }, driver: { name: `${id}_page`, value: `${value}!` } },
});
const rollout = (more: Partial<Rollout> = {}): Rollout => ({
  ...{ id: "R1", profile: "lab", settings: [setting("log", "INFO"), setting("free", "Off")], stopAfter: 1 },
  ...{ stations: ["A", "B", "C"], madeBy: "eva", madeAt: NOW - DAY, state: "running", at: NOW - DAY, results: {} },
  ...more,
});
const facts = (more: Partial<RolloutFacts> = {}): RolloutFacts => ({
  ...{ now: NOW, waitMs: 7 * DAY, ended: [], idle: [] },
  ...more,
});
const result = (outcome: RolloutOutcome): RolloutResult => ({ outcome, why: "w" });
const fix = (station: string, state: FixState, why?: string): RolloutFix => ({ id: "F7", station, state, why });

Deno.test("rollout: an idle station is begun, the first of them, and nothing while none is idle", () => {
  deepEqual(nextOfRollout(rollout(), facts({ idle: ["B", "C"] })), { do: "begin", station: "B" });
  deepEqual(nextOfRollout(rollout(), facts()), { do: "wait" });
});

Deno.test("rollout: while the fix of one station is open no other is begun", () => {
  for (const state of ["approved", "writing", "restarting"] as const) {
    deepEqual(nextOfRollout(rollout(), facts({ open: fix("A", state), idle: ["B"] })), { do: "wait" }, state);
  }
});

const ENDS: readonly (readonly [state: FixState, why: string | undefined, result: RolloutResult])[] = [
  ["done", "2 of 2", { outcome: "done", fix: "F7", why: "2 of 2" }],
  ["done", undefined, { outcome: "done", fix: "F7", why: "as wanted" }],
  ["failed", "it refused", { outcome: "failed", fix: "F7", why: "it refused" }],
  ["expired", undefined, { outcome: "failed", fix: "F7", why: "expired" }],
  ["cancelled", "by otto", { outcome: "left-out", fix: "F7", why: "by otto" }],
  ["cancelled", undefined, { outcome: "left-out", fix: "F7", why: "called off" }],
];
for (const [state, why, wanted] of ENDS) {
  Deno.test(`rollout: a fix that ended as ${state} (${why ?? "no word"}) is ${wanted.outcome}, before anything else`, () => {
    const step = nextOfRollout(rollout(), facts({ ended: [fix("A", state, why)], idle: ["B"], now: NOW + 99 * DAY }));
    deepEqual(step, { do: "note", station: "A", result: wanted });
  });
}

Deno.test("rollout: it stops at as many failures as it may have, whoever is idle, and not one earlier", () => {
  const failed = { A: result("failed") };
  const stopped = nextOfRollout(rollout({ results: failed }), facts({ idle: ["B"] }));
  deepEqual(stopped, { do: "end", state: "stopped", why: "1 station failed; 2 stations are left as they are" });
  const patient = rollout({ results: failed, stopAfter: 2 });
  deepEqual(nextOfRollout(patient, facts({ idle: ["B"] })), { do: "begin", station: "B" });
  const both = rollout({ results: { ...failed, B: result("failed") }, stopAfter: 2 });
  match(
    (nextOfRollout(both, facts({ idle: ["C"] })) as { why: string }).why,
    /^2 stations failed; 1 stations are left/,
  );
});

Deno.test("rollout: failures that a person forgave do not stop it again, a new one does", () => {
  const again = rollout({ results: { A: result("failed") }, forgiven: 1 });
  equal(failuresOf(again), 0);
  deepEqual(nextOfRollout(again, facts({ idle: ["B"] })), { do: "begin", station: "B" });
  const anew = rollout({ results: { A: result("failed"), B: result("failed") }, forgiven: 1 });
  equal((nextOfRollout(anew, facts({ idle: ["C"] })) as { state: string }).state, "stopped");
});

Deno.test("rollout: what is the same already, done or left out is no failure", () => {
  const results = { A: result("same"), B: result("left-out") };
  equal(failuresOf({ results: { ...results, C: result("done") } }), 0);
  deepEqual(nextOfRollout(rollout({ results }), facts({ idle: ["C"] })), { do: "begin", station: "C" });
});

Deno.test("rollout: when the last station is over it is done, also when that one failed", () => {
  const results = { A: result("done"), B: result("same"), C: result("failed") };
  deepEqual(nextOfRollout(rollout({ results }), facts()), {
    ...{ do: "end", state: "done", why: "2 of 3 stations are as wanted, 1 failed" },
  });
});

const OLD: readonly (readonly [state: RolloutState, ends: boolean, why: RegExp])[] = [
  ["waits", true, /nobody approved it/],
  ["running", true, /3 stations are left: they were not idle/],
  ["stopped", true, /nobody had it go on/],
  ["cancelled", false, /./],
  ["done", false, /./],
  ["expired", false, /./],
];
for (const [state, ends, why] of OLD) {
  Deno.test(`rollout: one that is ${state} ${ends ? "runs out at its time, and not a moment earlier" : "stays so"}`, () => {
    const one = rollout({ state, at: NOW - 7 * DAY });
    const step = nextOfRollout(one, facts({ idle: ["A"] }));
    if (!ends) return deepEqual(step, { do: "wait" });
    equal(step.do === "end" && step.state, "expired");
    match((step as { why: string }).why, why);
    const before = nextOfRollout({ ...one, at: one.at + 1 }, facts());
    deepEqual(before, { do: "wait" });
  });
}

Deno.test("rollout: nothing is begun before somebody approved it, nor after it stopped", () => {
  for (const state of ["waits", "stopped", ...ROLLOUT_OVER] as const) {
    deepEqual(nextOfRollout(rollout({ state }), facts({ idle: ["A"] })), { do: "wait" }, state);
  }
});

Deno.test("rollout: a fix that ended after it was stopped or called off is noted all the same", () => {
  for (const state of ["stopped", ...ROLLOUT_OVER] as const) {
    equal(nextOfRollout(rollout({ state }), facts({ ended: [fix("A", "done")] })).do, "note", state);
  }
});

const finding = (setting: string, more: Partial<GoldenFinding> = {}): GoldenFinding => ({
  ...{ setting, state: "drifted", way: "ocpp1.6", name: `Key-${setting}`, has: "x", why: "w" },
  wanted: setting === "log" ? "INFO" : "Off",
  ...more,
});
const LAB = { id: "lab" };
const AGREED: readonly (readonly [
  what: string,
  now: Parameters<typeof itemsOfRollout>[1],
  wanted: readonly string[] | RegExp,
])[] = [
  ["both drifted", { profile: LAB, findings: [finding("log"), finding("free")] }, ["log", "free"]],
  ["one is as wanted", { profile: LAB, findings: [finding("log", { state: "same" }), finding("free")] }, ["free"]],
  ["one cannot be read", { profile: LAB, findings: [finding("log", { state: "unknown" })] }, []],
  ["one that nobody agreed to drifted too", { profile: LAB, findings: [finding("rfid"), finding("log")] }, ["log"]],
  ["nothing is known", { profile: LAB, findings: [] }, []],
  ["by the page, as agreed", {
    profile: LAB,
    findings: [finding("log", { way: "driver", name: "log_page", wanted: "INFO!" })],
  }, ["log"]],
  ["another value is wanted", { profile: LAB, findings: [finding("log", { wanted: "DEBUG" })] }, /log is wanted other/],
  ["another name is meant", { profile: LAB, findings: [finding("log", { name: "Level" })] }, /log is wanted otherwise/],
  [
    "by a way that nobody saw",
    { profile: LAB, findings: [finding("log", { way: "ocpp2" })] },
    /log is wanted otherwise/,
  ],
  [
    "another profile is about it",
    { profile: { id: "other" }, findings: [finding("log")] },
    /is other now, and not lab/,
  ],
  ["no profile is about it", { findings: [] }, /is none now, and not lab/],
];
for (const [what, now, wanted] of AGREED) {
  Deno.test(`rollout: what people agreed to is written and nothing else: ${what}`, () => {
    const items = itemsOfRollout(rollout(), now);
    if (wanted instanceof RegExp) match((items as { changed: string }).changed, wanted);
    else deepEqual(items, { settings: wanted });
  });
}

Deno.test("rollout: it says in one sentence how it stands", () => {
  equal(summaryOf(rollout()), "0 of 3 stations are as wanted");
  const results = { A: result("done"), B: result("failed"), C: result("left-out") };
  equal(summaryOf(rollout({ results })), "1 of 3 stations are as wanted, 1 failed, 1 left out");
});

Deno.test("rollout: whatever happens, a station is begun at most once and only one at a time", () => {
  // a little machine beside the policy: every order of endings for three stations
  const endings: readonly FixState[] = ["done", "failed", "cancelled"];
  for (let round = 0; round < endings.length ** 3; round++) {
    let one = rollout({ stopAfter: 3 });
    const begun: string[] = [];
    let open: RolloutFix | undefined;
    for (let step = 0; step < 20; step++) {
      const ended = open && ROLLED.includes(open.state) && !one.results[open.station] ? [open] : [];
      const idle = one.stations.filter((station) => !one.results[station]);
      const next = nextOfRollout(one, facts({ ended, idle, open: ended.length === 0 ? open : undefined }));
      if (next.do === "begin") {
        begun.push(next.station);
        open = fix(next.station, endings[Math.floor(round / 3 ** (begun.length - 1)) % 3]!);
      } else if (next.do === "note") {
        one = { ...one, results: { ...one.results, [next.station]: next.result } };
        open = undefined;
      } else if (next.do === "end") one = { ...one, state: next.state };
    }
    deepEqual(begun, ["A", "B", "C"]);
    equal(one.state, "done", `round ${round}`);
  }
});
const ROLLED: readonly FixState[] = ["cancelled", "done", "failed"];
