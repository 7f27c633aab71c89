import { deepEqual, equal } from "node:assert/strict";
import {
  DECOMMISSION_STEPS,
  type DecommissionStep,
  mayCancel,
  nextStep,
  type StepEnds,
  whyNotApprove,
  whyNotSkip,
} from "./decommission.ts";

const done = { state: "done", at: 1, by: "eva", note: "" } as const;
const upTo = (step: DecommissionStep): StepEnds =>
  Object.fromEntries(DECOMMISSION_STEPS.slice(0, DECOMMISSION_STEPS.indexOf(step)).map((each) => [each, done]));

Deno.test("decommission: steps come in their order, each after the one before it, and then it is over", () => {
  const walked: DecommissionStep[] = [];
  let ends: StepEnds = {};
  for (let step = nextStep(ends); step !== undefined; step = nextStep(ends)) {
    walked.push(step);
    ends = { ...ends, [step]: done };
  }
  deepEqual(walked, ["approve", "drain", "clear", "reset", "configuration", "erase", "certify"]);
  equal(nextStep(ends), undefined);
});

Deno.test("decommission: a later step that ended does not hide an earlier one that has not", () => {
  equal(nextStep({ certify: done, erase: done }), "approve");
  const { drain: _, ...without } = upTo("certify");
  equal(nextStep(without), "drain");
});

Deno.test("decommission: a skipped step counts as ended", () => {
  equal(nextStep({ ...upTo("clear"), clear: { ...done, state: "skipped" } }), "reset");
});

const SKIPS = [
  { step: "approve", why: "not-skippable" },
  { step: "drain", why: undefined },
  { step: "clear", why: undefined },
  { step: "reset", why: undefined },
  { step: "configuration", why: "not-skippable" },
  { step: "erase", why: "not-skippable" },
  { step: "certify", why: "not-skippable" },
] as const;

for (const { step, why } of SKIPS) {
  Deno.test(`decommission: whether ${step} may be passed over when it is its turn: ${why ?? "yes"}`, () => {
    equal(whyNotSkip(upTo(step), step), why);
  });
}

for (const step of ["drain", "clear", "reset"] as const) {
  Deno.test(`decommission: ${step} is not passed over before its turn, nor when it has ended`, () => {
    equal(whyNotSkip({}, step), "not-its-turn");
    equal(whyNotSkip({ ...upTo(step), [step]: done }, step), "not-its-turn");
  });
}

for (const step of DECOMMISSION_STEPS) {
  Deno.test(`decommission: calling it off while ${step} is next`, () => {
    equal(mayCancel(upTo(step), false), step !== "certify");
    equal(mayCancel(upTo(step), true), false); // what was erased does not come back
  });
}

Deno.test("decommission: what is over is not called off", () => {
  equal(mayCancel({ ...upTo("certify"), certify: done }, false), false);
});

const APPROVALS = [
  { who: "eva", approvals: [], why: "own-approval" },
  { who: "eva", approvals: ["olga"], why: "own-approval" },
  { who: "olga", approvals: ["olga"], why: "approved-twice" },
  { who: "olga", approvals: ["max"], why: undefined },
  { who: "Eva", approvals: [], why: undefined }, // another name is another person
] as const;

for (const { who, approvals, why } of APPROVALS) {
  Deno.test(`decommission: ${who} approves what eva planned after ${approvals.join() || "nobody"}: ${why ?? "yes"}`, () => {
    equal(whyNotApprove({ by: "eva", approvals, who }), why);
  });
}
