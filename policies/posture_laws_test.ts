import { equal, ok } from "node:assert/strict";
import { driftOf, judgeLine, scoreOf, unmetBy } from "./posture.ts";
import {
  type Evidence,
  type Expectation,
  type Finding,
  type GuideLine,
  type PostureCheck,
  SEVERITIES,
  type Severity,
  type Waiver,
} from "./posture_types.ts";

const DAY = 86_400_000, NOW = Date.UTC(2026, 10, 21), ROUNDS = 2_000;

/** Numbers that are the same in every run: a law that breaks breaks again. */
function seeded(seed: number) {
  let state = seed;
  const next = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const one = <T>(of: readonly T[]): T => of[next(of.length)]!;
  return { next, one };
}
type Seeded = ReturnType<typeof seeded>;

const VALUES = ["on", "off", "1", "0", "", "wss://a", "ws://a", "5.33.11", "5.9", "anna", "80,22", "true", " ON "];
const EXPECTS: readonly Expectation[] = [
  { is: ["on"] },
  { isNot: ["off"] },
  { atLeast: 1 },
  { atMost: 1 },
  { startsWith: ["wss://"] },
  { version: "5.33" },
  { is: ["on"], absent: "failed" },
  { is: ["off"], absent: "met" },
];

function aCheck({ one, next }: Seeded): PostureCheck {
  const expect = one(EXPECTS);
  return one<PostureCheck>([
    { by: "inventory", fact: "a", expect },
    { by: "ocpp", key: "A", expect },
    { by: "driver", setting: "a", expect },
    { by: "ports", closed: [22] },
    { by: "people", ask: "a?", everyDays: 1 + next(90) },
  ]);
}

function anEvidence({ one, next }: Seeded): Evidence | undefined {
  const at = NOW - next(120) * DAY;
  return one<Evidence | undefined>([
    undefined,
    { is: "unknown", why: "away" },
    { is: "absent", at },
    { is: "value", value: one(VALUES), at },
  ]);
}

function aLine(seed: Seeded): { readonly line: GuideLine; readonly evidence: readonly (Evidence | undefined)[] } {
  const checks = Array.from({ length: 1 + seed.next(3) }, () => aCheck(seed));
  const line: GuideLine = {
    ...{ id: "X-1", title: "t", source: "s", severity: seed.one(SEVERITIES), checks },
    remedy: { kind: "note", text: "r" },
  };
  return { line, evidence: checks.map(() => anEvidence(seed)) };
}

Deno.test("posture laws: nothing is met or failed without evidence, and every finding says why", () => {
  const seed = seeded(1);
  for (let round = 0; round < ROUNDS; round++) {
    const { line, evidence } = aLine(seed);
    const { outcome, why, at } = judgeLine(line, evidence, undefined, NOW);
    ok(why.length > 0);
    const isProven = outcome === "met" || outcome === "failed";
    if (isProven) ok(evidence.some((one) => one?.is === "value" || one?.is === "absent") && at !== undefined);
    if (evidence.every((one) => one === undefined || one.is === "unknown")) equal(outcome, "unknown");
  }
});

Deno.test("posture laws: a waiver makes nothing met, hides nothing that is met, and is nothing after its day", () => {
  const seed = seeded(2);
  for (let round = 0; round < ROUNDS; round++) {
    const { line, evidence } = aLine(seed);
    const waiver: Waiver = { reason: "r", who: "eva", until: NOW + (seed.next(3) - 1) * DAY };
    const plain = judgeLine(line, evidence, undefined, NOW), waived = judgeLine(line, evidence, waiver, NOW);
    if (plain.outcome === "met" || waiver.until <= NOW) equal(JSON.stringify(waived), JSON.stringify(plain));
    else {
      equal(waived.outcome, "waived");
      ok(waived.why.startsWith(plain.why), "what is wrong stays readable");
    }
  }
});

Deno.test("posture laws: what is older never proves more", () => {
  const seed = seeded(3);
  for (let round = 0; round < ROUNDS; round++) {
    const { line, evidence } = aLine(seed);
    const older = evidence.map((one) => one && "at" in one ? { ...one, at: one.at - 200 * DAY } : one);
    const outcome = judgeLine(line, older, undefined, NOW).outcome;
    ok(outcome !== "met", `${JSON.stringify(line.checks)} ${JSON.stringify(older)}`);
  }
});

Deno.test("posture laws: a value meets one expectation or gives one reason, whatever the two are", () => {
  for (const value of VALUES) {
    for (const expect of EXPECTS) {
      const unmet = unmetBy(value, expect);
      ok(unmet === undefined || unmet.startsWith("wanted "), `${value} ${JSON.stringify(expect)}`);
      const { is, isNot } = expect;
      if (is && !expect.absent) equal(unmetBy(value, { isNot: is }) === undefined, unmet !== undefined);
      if (isNot) equal(unmetBy(value, { is: isNot }) === undefined, unmet !== undefined);
    }
  }
});

Deno.test("posture laws: a score is 100 exactly when every line is met, and never falls when a line becomes met", () => {
  const seed = seeded(4);
  for (let round = 0; round < ROUNDS; round++) {
    const severities = new Map<string, Severity>();
    const findings = Array.from({ length: 1 + seed.next(12) }, (_, at): Finding => {
      severities.set(`L${at}`, seed.one(SEVERITIES));
      return { line: `L${at}`, outcome: seed.one(["met", "failed", "unknown", "waived"] as const), why: "w" };
    });
    const severityOf = (line: string) => severities.get(line)!;
    const score = scoreOf(findings, severityOf);
    equal(score.percent === 100, findings.every(({ outcome }) => outcome === "met"));
    equal(score.met + score.failed + score.unknown + score.waived, findings.length);
    const at = seed.next(findings.length);
    const better = findings.with(at, { ...findings[at]!, outcome: "met" });
    ok(scoreOf(better, severityOf).percent >= score.percent);
    equal(driftOf(findings, better).length, 0, "what becomes met drifts nowhere");
    for (const { line, outcome } of driftOf(better, findings)) {
      equal(outcome, "failed");
      ok(better.some((one) => one.line === line && one.outcome === "met"));
    }
  }
});
