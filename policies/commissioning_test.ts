import { deepEqual, equal, match } from "node:assert/strict";
import { type BayStation, decideProtocolAct, judgeStep, openOf, stateBySteps, stepsOf } from "./commissioning.ts";
import type {
  KnownIdentity,
  LabelEntry,
  ProtocolAct,
  ProtocolFacts,
  StepEntry,
  StepStanding,
  TemplateStep,
} from "./commissioning_types.ts";

const TITLE = { en: "t", de: "t" };
const step = (more: Partial<TemplateStep> = {}): TemplateStep => ({
  ...{ id: "a.b", group: "device", kind: "auto", per: "bay", title: TITLE },
  ...more,
});
const NOBODY: KnownIdentity = { serials: [], macs: [], models: [] };
const WHO = { by: "anna", at: 1 };
const judge = (own: Partial<TemplateStep>, entry?: StepEntry, exception = false, known = NOBODY) =>
  judgeStep({ key: "k", step: step(own) }, entry, exception ? { ...WHO, reason: "no RCD here" } : undefined, known);

Deno.test("commissioning: a step of the bay comes once, one of a station where the station has what it needs", () => {
  const template = [
    step({ id: "bay.once" }),
    ...(["network", "ocpp", "ui", undefined] as const).map((needs) =>
      step({ id: `of.${needs}`, per: "station", ...needs ? { needs } : {} })
    ),
  ];
  const station = (id: string, more: Partial<BayStation> = {}): BayStation => ({
    ...{ id, hasNetwork: true, hasOcpp: true, hasUi: true },
    ...more,
  });
  const keys = (...stations: BayStation[]) => stepsOf(template, stations).map(({ key }) => key);
  deepEqual(keys(station("A")), ["bay.once", "of.network A", "of.ocpp A", "of.ui A", "of.undefined A"]);
  deepEqual(keys(station("A", { hasUi: false, hasNetwork: false })), ["bay.once", "of.ocpp A", "of.undefined A"]);
  deepEqual(keys(station("S", { hasUi: false, hasOcpp: false, hasNetwork: false })), ["bay.once", "of.undefined S"]);
  deepEqual(keys(station("A", { hasUi: false }), station("B", { hasOcpp: false })).length, 7);
  deepEqual(stepsOf(template, [station("A")])[1]!.station, "A");
});

const MEASURES: readonly [Partial<TemplateStep>, number, StepStanding["outcome"], RegExp][] = [
  [{ unit: "MΩ", atLeast: 1 }, 1, "done", /^1 MΩ$/],
  [{ unit: "MΩ", atLeast: 1 }, 0.99, "failed", /^0.99 MΩ, wanted at least 1 MΩ$/],
  [{ unit: "ms", atMost: 300 }, 300, "done", /^300 ms$/],
  [{ unit: "ms", atMost: 300 }, 300.1, "failed", /wanted at most 300 ms/],
  [{ unit: "mA", atLeast: 15, atMost: 30 }, 22, "done", /^22 mA$/],
  [{ unit: "mA", atLeast: 15, atMost: 30 }, 14, "failed", /at least 15/],
  [{ unit: "mA", atLeast: 15, atMost: 30 }, 31, "failed", /at most 30/],
  [{}, 7, "done", /^7$/],
];
for (const [own, value, outcome, why] of MEASURES) {
  Deno.test(`commissioning: ${value} ${own.unit ?? ""} within ${own.atLeast ?? "-"} to ${own.atMost ?? "-"} is ${outcome}`, () => {
    const judged = judge({ kind: "measure", ...own }, { ...WHO, kind: "measure", value });
    equal(judged.outcome, outcome);
    match(judged.why, why);
  });
}

const AUTO: readonly ["met" | "failed" | "unknown", StepStanding["outcome"]][] = [
  ["met", "done"],
  ["failed", "failed"],
  ["unknown", "open"],
];
for (const [outcome, wanted] of AUTO) {
  Deno.test(`commissioning: what the gateway found ${outcome} is ${wanted}: what is not proven is not done`, () => {
    deepEqual(judge({}, { ...WHO, kind: "auto", outcome, why: "because" }), {
      key: "k",
      outcome: wanted,
      why: "because",
    });
  });
}

Deno.test("commissioning: nothing entered is open, and an entry of another kind counts for nothing", () => {
  equal(judge({}).why, "the gateway has not looked yet");
  equal(judge({ kind: "photo" }).why, "nobody has entered it yet");
  const claimed: StepEntry = { ...WHO, kind: "confirm", isSo: true };
  deepEqual(judge({ kind: "auto" }, claimed).outcome, "open", "no person says how an automatic step stands");
  equal(judge({ kind: "confirm" }, claimed).outcome, "done");
  equal(judge({ kind: "confirm" }, { ...claimed, isSo: false, note: "loose" }).why, "loose");
  equal(judge({ kind: "confirm" }, { ...claimed, isSo: false }).outcome, "failed");
  match(judge({ kind: "photo" }, { ...WHO, kind: "photo", sha256: "a".repeat(64) }).why, /^photo a{12}$/);
});

Deno.test("commissioning: a person answers for a step only where the template lets them, and it stays visible", () => {
  const failed: StepEntry = { ...WHO, kind: "auto", outcome: "failed", why: "no heartbeat" };
  deepEqual(judge({ mayExcept: true }, failed, true), {
    ...{ key: "k", outcome: "excepted", why: "anna answers for it: no RCD here (no heartbeat)" },
  });
  equal(judge({ mayExcept: true }, undefined, true).outcome, "excepted");
  equal(judge({ mayExcept: false }, failed, true).outcome, "failed");
  equal(judge({}, failed, true).outcome, "failed");
  equal(
    judge({ mayExcept: true }, { ...failed, outcome: "met", why: "ok" }, true).outcome,
    "done",
    "a proof is better",
  );
});

const KNOWN: KnownIdentity = { serials: ["12.34-56", "box-1"], macs: ["02:00:00:00:00:11"], models: ["CC613"] };
const LABELS: readonly [Omit<LabelEntry, "kind">, KnownIdentity, StepStanding["outcome"], RegExp][] = [
  [{ serial: "12 34 56" }, KNOWN, "done", /serial number 12 34 56/],
  [{ serial: "BOX-1", mac: "02-00-00-00-00-11" }, KNOWN, "done", /serial number BOX-1, MAC address 02-/],
  [{ serial: "999" }, KNOWN, "failed", /its serial number is 999, known is 12.34-56 or box-1/],
  [{ serial: "box-1", mac: "02:00:00:00:00:12" }, KNOWN, "failed", /its MAC address is 02:00:00:00:00:12/],
  [{ mac: "020000000011" }, KNOWN, "done", /MAC address/],
  [{ mac: "02" }, { ...KNOWN, macs: ["02"] }, "failed", /MAC/],
  [{ serial: "box-1", model: "CC613-ELPR" }, KNOWN, "done", /serial/],
  [{ serial: "box-1", model: "CC612" }, KNOWN, "failed", /its model is CC612, known is CC613/],
  [{ model: "CC613" }, KNOWN, "open", /neither its serial number nor its MAC/],
  [{ serial: "1" }, NOBODY, "open", /neither/],
  [{}, KNOWN, "open", /neither/],
];
for (const [label, known, outcome, why] of LABELS) {
  Deno.test(`commissioning: label ${JSON.stringify(label)} beside ${known.serials.length} known serials is ${outcome}`, () => {
    const judged = judge({ kind: "label" }, { ...WHO, kind: "label", ...label }, false, known);
    equal(judged.outcome, outcome);
    match(judged.why, why);
  });
}

const standing = (outcome: StepStanding["outcome"], key = "k"): StepStanding => ({ key, outcome, why: "w" });

Deno.test("commissioning: a protocol is draft, in progress, and ready when nothing is open or failed", () => {
  equal(stateBySteps([standing("open")], false), "draft");
  equal(stateBySteps([standing("open"), standing("done")], true), "in-progress");
  equal(stateBySteps([standing("failed"), standing("done")], true), "in-progress");
  equal(stateBySteps([standing("done"), standing("excepted")], true), "ready");
  deepEqual(openOf([standing("done"), standing("failed", "x"), standing("excepted")]).map(({ key }) => key), ["x"]);
});

const FACTS: ProtocolFacts = { state: "ready", open: [], person: "otto", isProven: true, faults: [] };
const fault = (rule: string) => ({ rule, why: "why", hint: "do" });
const ACTS: readonly [ProtocolAct, Partial<ProtocolFacts>, string][] = [
  ["enter", {}, "allow"],
  ["enter", { state: "draft" }, "allow"],
  ["enter", { state: "signed" }, "commissioning.signed"],
  ["enter", { state: "counter-signed" }, "commissioning.signed"],
  ["enter", { state: "closed" }, "commissioning.closed"],
  ["drop", { state: "in-progress" }, "allow"],
  ["drop", { state: "signed" }, "commissioning.signed"],
  ["drop", { state: "closed" }, "commissioning.closed"],
  ["sign", {}, "allow"],
  ["sign", { isProven: false }, "commissioning.proof"],
  ["sign", { open: [standing("open")] }, "commissioning.not-ready"],
  ["sign", { faults: [fault("EV-01")], open: [standing("failed")] }, "EV-01"],
  ["sign", { faults: [fault("BC-14")] }, "BC-14"],
  ["sign", { state: "signed" }, "commissioning.signed"],
  ["sign", { state: "closed" }, "commissioning.closed"],
  ["counter-sign", { state: "signed", installer: "ida" }, "allow"],
  ["counter-sign", { state: "signed", installer: "otto" }, "commissioning.own-signature"],
  ["counter-sign", { state: "signed", installer: "ida", isProven: false }, "commissioning.proof"],
  ["counter-sign", { state: "signed", installer: "ida", faults: [fault("BC-13")] }, "BC-13"],
  ["counter-sign", {}, "commissioning.not-signed"],
  ["counter-sign", { state: "counter-signed" }, "commissioning.signed"],
  ["close", { state: "counter-signed" }, "allow"],
  ["close", { state: "counter-signed", faults: [fault("EV-01"), fault("BC-13")] }, "EV-01"],
  ["close", { state: "counter-signed", open: [standing("failed")] }, "commissioning.not-ready"],
  ["close", { state: "signed" }, "commissioning.not-signed"],
  ["close", {}, "commissioning.not-signed"],
  ["close", { state: "closed" }, "commissioning.closed"],
  ["reopen", { state: "signed" }, "allow"],
  ["reopen", { state: "counter-signed" }, "allow"],
  ["reopen", {}, "commissioning.not-signed"],
  ["reopen", { state: "closed" }, "commissioning.closed"],
];
for (const [act, more, wanted] of ACTS) {
  Deno.test(`commissioning: ${act} with ${JSON.stringify(more).slice(0, 90)} is ${wanted}`, () => {
    const decision = decideProtocolAct(act, { ...FACTS, ...more });
    equal(decision.effect === "allow" ? "allow" : decision.rule, wanted);
  });
}

Deno.test("commissioning: what is not ready names its steps, the first five and how many more", () => {
  const open = Array.from({ length: 7 }, (_, at) => standing("open", `step-${at}`));
  const decision = decideProtocolAct("sign", { ...FACTS, open });
  match(
    decision.effect === "deny" ? decision.reason : "",
    /^7 steps are not done: step-0: w; .*step-4: w; and 2 more$/,
  );
});
