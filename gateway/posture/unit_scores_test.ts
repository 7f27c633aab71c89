import { deepEqual, equal } from "node:assert/strict";
import type { Finding, Severity } from "../../policies/posture_types.ts";
import { unitScores } from "./unit_scores.ts";

const finding = (line: string, outcome: Finding["outcome"]): Finding => ({ line, outcome, why: "w" });
const severityOf = (line: string): Severity => line.startsWith("H") ? "high" : "low";

Deno.test("unit scores: the stations of a unit stand together, by weight; units are in order of their names", () => {
  const units = unitScores([
    { station: "CP2", unit: "bay-2", findings: [finding("H1", "met")] },
    { station: "CP1-S", unit: "bay-1", findings: [finding("H1", "failed"), finding("L1", "unknown")] },
    { station: "CP1", unit: "bay-1", findings: [finding("H1", "met"), finding("L1", "waived")] },
  ], severityOf);
  deepEqual(units, [
    {
      ...{ unit: "bay-1", stations: ["CP1-S", "CP1"] },
      score: { met: 1, failed: 1, unknown: 1, waived: 1, percent: 41 },
    },
    { unit: "bay-2", stations: ["CP2"], score: { met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 } },
  ]);
});

Deno.test("unit scores: a station of no unit is in none", () => {
  equal(unitScores([{ station: "CP1", findings: [finding("H1", "met")] }], severityOf).length, 0);
  equal(unitScores([], severityOf).length, 0);
});
