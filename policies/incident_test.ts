import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type IncidentAct, judge, mayAct, type Recent, takeSignal } from "./incident.ts";
import { SIGNAL_RULES } from "./incident_signals.ts";
import {
  type Incident,
  type IncidentKind,
  type IncidentState,
  type KnownWork,
  type Signal,
  SIGNAL_KINDS,
  type SignalKind,
  type TimelineEntry,
} from "./incident_types.ts";
import { POLICY_LIMITS } from "./limits.ts";

const NOW = Date.UTC(2026, 10, 21), MINUTE = 60_000, WINDOW = POLICY_LIMITS.incidentWindowMs;
let number = 0;
const signal = (kind: SignalKind, at = NOW, detail = kind as string, source = `audit ${++number}`): Signal => ({
  ...{ subject: "CP001", kind, at, detail, source },
});
const entry = (kind: SignalKind, more: Partial<TimelineEntry> = {}): TimelineEntry => ({
  ...{ kind, at: NOW, lastAt: NOW, source: `audit ${++number}`, detail: kind, count: 1 },
  ...more,
});
const CAMPAIGN: KnownWork = { kind: "gateway", by: "campaign 12" };
const PLANNED: KnownWork = { kind: "planned", by: "CR-4711" };

/** Signals one after the other, as they come; what stands at the end. */
function after(
  signals: readonly (Signal | readonly [Signal, readonly KnownWork[]])[],
  from: { incident?: Incident; recent?: Recent } = {},
) {
  let { incident, recent = [] } = from;
  const did: string[] = [];
  for (const one of signals) {
    const [next, works] = "kind" in one ? [one, []] : one;
    const taken = takeSignal({ incident, recent, works }, next);
    did.push(taken.do === "join" && taken.isNews ? "news" : taken.do);
    if (taken.do === "open") [incident, recent] = [taken.incident, []];
    if (taken.do === "join") incident = taken.incident;
    if (taken.do === "keep") recent = taken.recent;
  }
  return { incident, recent, did };
}

const standing = (kind: SignalKind, more: Partial<Incident> = {}): Incident => ({
  ...after([signal(kind)]).incident!,
  ...more,
});
const kept = (by = "eva") => ({ what: "keep", by, at: NOW, reason: "the car park is full" }) as const;

for (const kind of SIGNAL_KINDS) {
  const { weight } = SIGNAL_RULES[kind];
  Deno.test(`incident: ${kind} alone ${weight === "context" ? "is kept and opens nothing" : `opens one that is ${weight}`}`, () => {
    const { incident, recent, did } = after([signal(kind)]);
    if (weight === "context") {
      deepEqual(did, ["keep"]);
      equal(incident, undefined);
      deepEqual(recent.map((one) => one.kind), [kind]);
      return;
    }
    deepEqual(did, ["open"]);
    deepEqual([incident!.subject, incident!.state, incident!.severity], ["CP001", "open", weight]);
    deepEqual([incident!.openedAt, incident!.lastAt, incident!.dropped], [NOW, NOW, 0]);
    deepEqual(incident!.timeline.map(({ kind: of, count }) => [of, count]), [[kind, 1]]);
  });
}

/** Signals together, what they are and how grave. */
const JUDGED: readonly (readonly [kinds: readonly SignalKind[], kind: IncidentKind, severity: string])[] = [
  [["default-password"], "reset", "critical"],
  [["password-lost"], "access", "warning"],
  [["password-lost", "https-off"], "reset", "critical"],
  [["settings-lost", "list-lost"], "reset", "critical"],
  [["certificate-changed", "https-off"], "reset", "critical"],
  [["settings-lost"], "other", "warning"],
  [["https-off"], "reset", "warning"],
  [["list-lost"], "reset", "warning"],
  [["certificate-changed"], "exchanged", "warning"],
  [["identity-changed"], "exchanged", "critical"],
  [["mac-changed"], "exchanged", "critical"],
  [["mac-changed", "default-password"], "reset", "critical"],
  [["tamper-told"], "opened", "critical"],
  [["box-opened", "link-down"], "opened", "critical"],
  [["log-cleared"], "software", "critical"],
  [["bad-firmware"], "software", "critical"],
  [["firmware-changed"], "software", "warning"],
  [["maintenance-login"], "access", "warning"],
  [["port-moved"], "cut-off", "warning"],
  [["link-down", "port-moved"], "cut-off", "warning"],
  [["port-moved", "certificate-changed"], "cut-off", "critical"],
  [["inspection-failed"], "inspection", "warning"],
  [["inspection-failed", "reported"], "inspection", "warning"],
  [["reported"], "other", "warning"],
  [["firmware-changed", "inspection-failed"], "software", "critical"],
  [["restarted", "clock-set"], "other", "warning"],
  [["login-refused", "password-lost"], "access", "warning"],
];
for (const [kinds, kind, severity] of JUDGED) {
  Deno.test(`incident: ${kinds.join(" and ")} together are "${kind}" and ${severity}`, () => {
    deepEqual(judge(kinds.map((one) => entry(one))), { kind, severity });
    deepEqual(judge(kinds.toReversed().map((one) => entry(one))), { kind, severity }, "in any order");
  });
}

Deno.test("incident: what is explained does not count for kind and severity", () => {
  const explained = entry("default-password", { explained: PLANNED });
  deepEqual(judge([explained, entry("reported")]), { kind: "other", severity: "warning" });
  deepEqual(judge([entry("https-off"), entry("list-lost", { explained: CAMPAIGN })]), {
    kind: "reset",
    severity: "warning",
  });
});

Deno.test("BC-07: a reset card's effects are one incident: it rises, and each line says when and who saw it", () => {
  const { incident, did } = after([
    signal("restarted", NOW - MINUTE, "StartupOfTheDevice", "audit 1"),
    signal("password-lost", NOW, "as operator", "audit 2"),
    signal("https-off", NOW + MINUTE, "port 80 answers", "audit 3"),
    signal("default-password", NOW + 2 * MINUTE, "operator", "audit 4"),
  ]);
  deepEqual(did, ["keep", "open", "news", "join"]);
  deepEqual([incident!.kind, incident!.severity], ["reset", "critical"]);
  deepEqual(incident!.timeline.map(({ kind, at, source }) => [kind, at - NOW, source]), [
    ["restarted", -MINUTE, "audit 1"],
    ["password-lost", 0, "audit 2"],
    ["https-off", MINUTE, "audit 3"],
    ["default-password", 2 * MINUTE, "audit 4"],
  ]);
});

Deno.test("incident: contexts within the window stand at its beginning, at its end and not a moment past it", () => {
  const { incident: within } = after([signal("link-down", NOW - WINDOW), signal("tamper-told")]);
  deepEqual(within!.timeline.map(({ kind }) => kind), ["link-down", "tamper-told"]);
  const { incident: past } = after([signal("link-down", NOW - WINDOW - 1), signal("tamper-told")]);
  deepEqual(past!.timeline.map(({ kind }) => kind), ["tamper-told"]);
});

Deno.test("incident: a signal that known work explains opens nothing, and stands explained in one that comes", () => {
  const { incident, did } = after([
    [signal("firmware-changed"), [CAMPAIGN]],
    [signal("restarted"), [CAMPAIGN]],
    [signal("tamper-told"), [CAMPAIGN]], // no campaign opens a lid
  ]);
  deepEqual(did, ["keep", "keep", "open"]);
  deepEqual(incident!.timeline.map(({ kind, explained }) => [kind, explained?.by]), [
    ["firmware-changed", "campaign 12"],
    ["restarted", "campaign 12"],
    ["tamper-told", undefined],
  ]);
  deepEqual([incident!.kind, incident!.severity], ["opened", "critical"]);
});

Deno.test("incident: an explained signal joins one that stands and raises nothing", () => {
  const { incident, did } = after([[signal("tamper-told"), [PLANNED]]], { incident: standing("reported") });
  deepEqual(did, ["join"]);
  deepEqual([incident!.severity, incident!.kind, incident!.timeline.length], ["warning", "other", 2]);
});

Deno.test("incident: one that is not closed takes all signals of its station, however late", () => {
  for (const state of ["open", "acknowledged"] as const) {
    const { did, incident } = after([signal("reported", NOW + 90 * WINDOW, "again")], {
      incident: standing("reported", { state }),
    });
    deepEqual(did, ["join"]);
    deepEqual([incident!.state, incident!.lastAt], [state, NOW + 90 * WINDOW]);
  }
});

/** An incident that a person lets run, a signal so much later, and whether the person has to decide anew. */
const KEPT: readonly (readonly [name: string, next: Signal, works: readonly KnownWork[], reopens: boolean])[] = [
  ["a like one soon after", signal("reported", NOW + WINDOW, "again"), [], false],
  ["a like one when all seemed over", signal("reported", NOW + WINDOW + 1, "again"), [], true],
  ["a graver one soon after", signal("tamper-told", NOW + MINUTE), [], true],
  ["a graver one that is explained", signal("tamper-told", NOW + MINUTE), [PLANNED], false],
  ["a context late", signal("restarted", NOW + 9 * WINDOW), [], false],
  ["one of another side", signal("password-lost", NOW + MINUTE), [], true],
];
for (const [name, next, works, reopens] of KEPT) {
  Deno.test(`incident: let run, ${name} ${reopens ? "wants another decision" : "joins and changes nothing"}`, () => {
    const { incident, did } = after([[next, works]], {
      incident: standing("reported", { state: "decided", decided: kept() }),
    });
    deepEqual(did, [reopens ? "news" : "join"]);
    equal(incident!.state, reopens ? "open" : "decided");
    equal(incident!.decided?.by, reopens ? undefined : "eva");
  });
}

Deno.test("incident: a station in quarantine stays there whatever comes, and graver news is told", () => {
  const decided = { ...kept(), what: "quarantine" } as const;
  const { incident, did } = after([signal("tamper-told", NOW + 9 * WINDOW)], {
    incident: standing("reported", { state: "decided", decided }),
  });
  deepEqual(did, ["news"]);
  deepEqual([incident!.state, incident!.decided?.what, incident!.severity], ["decided", "quarantine", "critical"]);
});

Deno.test("incident: severity and kind never fall, whatever joins", () => {
  const { incident } = after([signal("default-password"), signal("reported"), signal("port-moved")]);
  deepEqual([incident!.kind, incident!.severity], ["reset", "critical"]);
});

Deno.test("incident: the same again is counted in its line; another detail is another line", () => {
  const { incident, did } = after([
    signal("box-opened", NOW, "lid"),
    signal("box-opened", NOW + MINUTE, "lid", "audit 900"),
    signal("box-opened", NOW + 2 * MINUTE, "door"),
    [signal("box-opened", NOW + 3 * MINUTE, "lid"), [PLANNED]],
  ]);
  deepEqual(did, ["open", "join", "join", "join"]);
  deepEqual(incident!.timeline.map(({ detail, count, at, lastAt }) => [detail, count, at - NOW, lastAt - NOW]), [
    ["lid", 2, 0, MINUTE],
    ["door", 1, 2 * MINUTE, 2 * MINUTE],
    ["lid", 1, 3 * MINUTE, 3 * MINUTE],
  ]);
  equal(incident!.timeline[0]!.source, "audit 900");
});

Deno.test("incident: a record that is read again after a crash is taken once", () => {
  const first = signal("tamper-told");
  const { incident } = after([first]);
  deepEqual(takeSignal({ incident, recent: [], works: [] }, first), { do: "nothing" });
  const context = signal("restarted"), { recent } = after([context]);
  deepEqual(takeSignal({ recent, works: [] }, context), { do: "nothing" });
});

Deno.test("incident: as many lines as the limit, and one past it: beginning and end stay, what is left out is counted", () => {
  const { timelineEntries: most } = POLICY_LIMITS;
  const many = Array.from({ length: most }, (_, at) => signal("reported", NOW + at, `report ${at}`));
  const full = after(many).incident!;
  deepEqual([full.timeline.length, full.dropped], [most, 0]);
  const over = after([signal("reported", NOW + most, "one more")], { incident: full }).incident!;
  deepEqual([over.timeline.length, over.dropped], [most, 1]);
  equal(over.timeline[0]!.detail, "report 0");
  equal(over.timeline.at(-1)!.detail, "one more");
});

Deno.test("incident: as many kept signals as the limit, and one past it: the oldest goes", () => {
  const { recentSignals: most } = POLICY_LIMITS;
  const many = Array.from({ length: most }, (_, at) => signal("restarted", NOW + at, `start ${at}`));
  equal(after(many).recent.length, most);
  const over = after([...many, signal("restarted", NOW + most, "one more")]).recent;
  deepEqual([over.length, over[0]!.detail, over.at(-1)!.detail], [most, "start 1", "one more"]);
});

/** Acts by state, and the rule that decides. */
const ACTS: readonly (readonly [IncidentState, IncidentAct, left: readonly string[], effect: string, rule: string])[] =
  [
    ["open", "acknowledge", [], "allow", "incident.acknowledge"],
    ["acknowledged", "acknowledge", [], "deny", "incident.acknowledged"],
    ["decided", "acknowledge", [], "deny", "incident.acknowledged"],
    ["closed", "acknowledge", [], "deny", "incident.closed"],
    ["open", "decide", [], "allow", "incident.decide"],
    ["acknowledged", "decide", [], "allow", "incident.decide"],
    ["decided", "decide", [], "allow", "incident.decide"],
    ["closed", "decide", [], "deny", "incident.closed"],
    ["open", "step", [], "deny", "incident.undecided"],
    ["acknowledged", "step", [], "deny", "incident.undecided"],
    ["decided", "step", [], "allow", "incident.step"],
    ["closed", "step", [], "deny", "incident.closed"],
    ["open", "close", [], "deny", "incident.undecided"],
    ["acknowledged", "close", [], "deny", "incident.undecided"],
    ["decided", "close", ["password"], "deny", "incident.steps-left"],
    ["decided", "close", [], "allow", "incident.close"],
    ["closed", "close", [], "deny", "incident.closed"],
    ["open", "false-alarm", ["password"], "allow", "incident.false-alarm"],
    ["acknowledged", "false-alarm", [], "allow", "incident.false-alarm"],
    ["decided", "false-alarm", [], "allow", "incident.false-alarm"],
    ["closed", "false-alarm", [], "deny", "incident.closed"],
  ];
for (const [state, act, left, effect, rule] of ACTS) {
  Deno.test(`incident: ${act} when it is ${state}${left.length > 0 ? " and a step is left" : ""}: ${rule}`, () => {
    const decision = mayAct(act, standing("reported", { state }), left);
    deepEqual([decision.effect, decision.rule], [effect, rule]);
    if (decision.effect === "deny") ok(decision.reason.length > 0 && decision.hint, "says why and what to do");
  });
}

Deno.test("incident: what keeps it from being closed is named", () => {
  const decision = mayAct("close", standing("reported", { state: "decided" }), ["password", "posture"]);
  ok(decision.effect === "deny");
  match(decision.reason, /password, posture/);
});
