import { deepEqual, equal, match, ok } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { driftOf, judgeLine, sameWord, scoreOf, unmetBy } from "./posture.ts";
import type { Evidence, Expectation, Finding, GuideLine, PostureCheck, PostureOutcome } from "./posture_types.ts";

const DAY = 86_400_000, NOW = Date.UTC(2026, 10, 21);
const value = (text: string, at = NOW): Evidence => ({ is: "value", value: text, at });
const absent: Evidence = { is: "absent", at: NOW };
const unknown = (why: string): Evidence => ({ is: "unknown", why });
const line = (...checks: readonly PostureCheck[]): GuideLine => ({
  id: "X-1",
  title: "HTTPS is on",
  source: "manual, page 1",
  severity: "high",
  checks,
  remedy: { kind: "note", text: "Switch it on" },
});
const https: PostureCheck = { by: "driver", setting: "HTTPS", expect: { is: ["on"] } };
const keys: PostureCheck = { by: "ocpp", key: "Https", expect: { is: ["on"], absent: "failed" } };
const provesOnly: PostureCheck = { by: "inventory", fact: "pair", expect: { is: ["none"] }, orNext: true };
const ports: PostureCheck = { by: "ports", closed: [22, 23] };
const people: PostureCheck = { by: "people", ask: "Is the lid closed?", everyDays: 90 };

// value, expectation, and the reason when it is not met
const VALUES: readonly (readonly [value: string, expect: Expectation, unmet: RegExp | undefined])[] = [
  ["On", { is: ["on"] }, undefined],
  [" enabled ", { is: ["on"] }, undefined],
  ["1", { is: ["true"] }, undefined],
  ["off", { is: ["on", "auto"] }, /wanted on or auto/],
  ["", { is: ["on"] }, /wanted on/],
  ["Disabled", { isNot: ["off"] }, /anything but off/],
  ["2", { isNot: ["off"] }, undefined],
  ["wss://csms.example", { startsWith: ["wss://"] }, undefined],
  ["WSS://csms.example", { startsWith: ["wss://"] }, undefined],
  ["ws://csms.example", { startsWith: ["wss://", "https://"] }, /begin with wss:\/\/ or https:\/\//],
  ["", { startsWith: ["wss://"] }, /begin with/],
  ["2", { atLeast: 2 }, undefined],
  ["1.9", { atLeast: 2 }, /at least 2/],
  ["3", { atMost: 3 }, undefined],
  ["3.1", { atMost: 3 }, /at most 3/],
  ["", { atMost: 3 }, /a number/],
  ["many", { atLeast: 1 }, /a number/],
  ["Infinity", { atLeast: 1 }, /a number/],
  ["0x10", { atLeast: 16 }, undefined],
  ["5.33.11-21500", { version: "5.33.11-21500" }, undefined],
  ["5.33.5", { version: "5.33.11-21500" }, /5\.33\.11-21500 or newer/],
  ["5.40.0", { version: "5.33.11-21500" }, undefined],
  ["anything", {}, undefined],
  ["off", { is: ["off"], atLeast: 1 }, /a number/],
];
for (const [text, expect, unmet] of VALUES) {
  Deno.test(`posture: "${text}" against ${JSON.stringify(expect)} is ${unmet ? "not met" : "met"}`, () => {
    const why = unmetBy(text, expect);
    unmet === undefined ? equal(why, undefined) : match(why!, unmet);
  });
}

Deno.test("posture: words that devices use for one thing are one, others are not", () => {
  for (const on of ["on", "ON", "True", "yes", "enabled", " 1"]) ok(sameWord(on, "on"), on);
  for (const off of ["off", "false", "NO", "Disabled", "0"]) ok(sameWord(off, "off"), off);
  for (const other of ["", "onn", "10", "none", "o n", "-1", "00"]) {
    ok(!sameWord(other, "on") && !sameWord(other, "off"), other);
  }
});

// checks with what they gave, and what comes of it
const JUDGED: readonly (readonly [
  name: string,
  checks: readonly PostureCheck[],
  evidence: readonly (Evidence | undefined)[],
  outcome: PostureOutcome,
  why: RegExp,
])[] = [
  ["a value that is wanted", [https], [value("On")], "met", /^HTTPS is On$/],
  ["a value that is not", [https], [value("Off")], "failed", /^HTTPS is Off, wanted on$/],
  ["an empty value", [https], [value("")], "failed", /HTTPS is empty/],
  ["a setting that is not there, of which nothing is said", [https], [absent], "unknown", /is not there/],
  ["a setting that is not there, which is a fault", [keys], [absent], "failed", /Https is not there/],
  [
    "a setting that is not there, which is well",
    [{ by: "driver", setting: "Wifi", expect: { is: ["off"], absent: "met" } }],
    [absent],
    "met",
    /Wifi is not there/,
  ],
  ["nothing read", [https], [undefined], "unknown", /nothing was read/],
  ["a device that is away", [https], [unknown("it is not connected")], "unknown", /it is not connected/],
  ["the first check away, the second read", [https, keys], [unknown("away"), value("on")], "met", /^Https is on$/],
  ["the first check read, the second says otherwise", [https, keys], [value("on"), value("off")], "met", /HTTPS is on/],
  ["both away", [https, keys], [unknown("no driver"), unknown("not connected")], "unknown", /no driver; not connected/],
  ["both away for one reason", [https, keys], [unknown("away"), unknown("away")], "unknown", /^away$/],
  ["the first not there, the second read", [https, keys], [absent, value("on")], "met", /Https is on/],
  [
    "the first can only prove it, and does",
    [provesOnly, https],
    [value("none"), value("off")],
    "met",
    /^pair is none$/,
  ],
  [
    "the first can only prove it, does not, the second says so",
    [provesOnly, https],
    [value("pair"), value("on")],
    "met",
    /^HTTPS is on$/,
  ],
  [
    "the first can only prove it, does not, the second says otherwise",
    [provesOnly, https],
    [value("pair"), value("off")],
    "failed",
    /^HTTPS is off, wanted on$/,
  ],
  [
    "the first can only prove it, does not, nothing else is read",
    [provesOnly, https],
    [value("pair"), unknown("away")],
    "unknown",
    /^pair is pair, wanted none; away$/,
  ],
  ["no port open", [ports], [value("")], "met", /ports is empty/],
  ["other ports open", [ports], [value("80,443,502")], "met", /80,443,502/],
  ["a port open that should not be", [ports], [value("80, 22,443")], "failed", /wanted 22 closed/],
  ["ports nobody scanned", [ports], [absent], "unknown", /is not there/],
  ["a person who confirmed today", [people], [value("anna")], "met", /confirmed by anna 0 days ago/],
  [
    "a person who confirmed long ago",
    [people],
    [value("anna", NOW - 90 * DAY)],
    "failed",
    /by anna 90 days ago, wanted every 90/,
  ],
  ["a person who found it otherwise", [people], [absent], "failed", /found it not so/],
  ["nobody who looked", [people], [unknown("nobody has confirmed it yet")], "unknown", /nobody has confirmed/],
  [
    "a confirmation from the future, by a clock that went back",
    [people],
    [value("", NOW + DAY)],
    "met",
    /confirmed 0 days ago/,
  ],
  [
    "a property of the product",
    [{ by: "product", test: "invariant 9" }],
    [value("shown")],
    "met",
    /by the test "invariant 9"/,
  ],
  ["no check at all", [], [], "unknown", /^$/],
];
for (const [name, checks, evidence, outcome, why] of JUDGED) {
  Deno.test(`posture: ${name} is ${outcome}`, () => {
    const finding = judgeLine(line(...checks), evidence, undefined, NOW);
    equal(finding.outcome, outcome);
    match(finding.why, why);
  });
}

Deno.test("posture: what was read counts for so many days, and proves nothing a day later", () => {
  const after = (days: number) => judgeLine(line(https), [value("on", NOW - days * DAY)], undefined, NOW).outcome;
  equal(after(POLICY_LIMITS.postureEvidenceDays), "met");
  equal(after(POLICY_LIMITS.postureEvidenceDays + 1), "unknown");
});

Deno.test("posture: a checklist holds until its day, to the millisecond", () => {
  const at = (ms: number) => judgeLine(line(people), [value("anna", NOW - ms)], undefined, NOW).outcome;
  deepEqual([at(90 * DAY - 1), at(90 * DAY)], ["met", "failed"]);
});

Deno.test("posture: a waiver stands for what is not met or not known, until its day, with who answers for it", () => {
  const waiver = { reason: "Replaced in spring", who: "eva", until: NOW + 1 };
  const judge = (given: Evidence, until = NOW + 1) => judgeLine(line(https), [given], { ...waiver, until }, NOW);
  equal(judge(value("off")).outcome, "waived");
  match(judge(value("off")).why, /HTTPS is off, wanted on; eva answers for it: Replaced in spring/);
  equal(judge(unknown("away")).outcome, "waived");
  equal(judge(value("on")).outcome, "met", "what is met needs nobody");
  equal(judge(value("off"), NOW).outcome, "failed", "its day is over");
});

const finding = (id: string, outcome: PostureOutcome): Finding => ({ line: id, outcome, why: "" });

Deno.test("posture: a score counts by weight, and only what is proven", () => {
  const severity = (id: string) => id.startsWith("H") ? "high" : id.startsWith("M") ? "medium" : "low";
  const score = (...outcomes: readonly (readonly [string, PostureOutcome])[]) =>
    scoreOf(outcomes.map(([id, outcome]) => finding(id, outcome)), severity);
  deepEqual(score(["H1", "met"], ["L1", "met"]), { met: 2, failed: 0, unknown: 0, waived: 0, percent: 100 });
  equal(score(["H1", "met"], ["L1", "failed"]).percent, 83);
  equal(score(["H1", "failed"], ["L1", "met"]).percent, 16);
  equal(score(["H1", "unknown"], ["M1", "waived"]).percent, 0);
  deepEqual(score(["M1", "unknown"], ["M2", "waived"], ["M3", "met"], ["M4", "failed"]), {
    ...{ met: 1, failed: 1, unknown: 1, waived: 1 },
    percent: 25,
  });
  equal(score().percent, 100);
});

Deno.test("posture: a hundred percent is every line: one low line among a thousand is seen", () => {
  const many = Array.from({ length: 1_000 }, (_, at) => finding(`H${at}`, "met"));
  const severity = (id: string) => id === "L" ? "low" : "high";
  equal(scoreOf([...many, finding("L", "failed")], severity).percent, 99);
});

Deno.test("posture: drift is what was met and is not; what cannot be read, is waived or is new has not drifted", () => {
  const before = [finding("a", "met"), finding("b", "met"), finding("c", "failed"), finding("d", "met")];
  const after = [
    ...[finding("a", "failed"), finding("b", "unknown"), finding("c", "failed"), finding("d", "waived")],
    finding("new", "failed"),
  ];
  deepEqual(driftOf(before, after).map(({ line: id }) => id), ["a"]);
  deepEqual(driftOf([], after), []);
  deepEqual(driftOf(after, before), []);
});
