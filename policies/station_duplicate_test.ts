import { deepStrictEqual as equal } from "node:assert/strict";
import { decideDuplicate, type DuplicateFacts } from "./station_duplicate.ts";

const DEAD: DuplicateFacts = { isFlapping: false, olderAnswers: false, sameCredential: true };

const CASES: readonly [name: string, facts: Partial<DuplicateFacts>, effect: "allow" | "deny", rule: string][] = [
  ["the same credential over a dead connection", {}, "allow", "admission.newest"],
  ["over a dead one whose credential is forgotten", { sameCredential: undefined }, "allow", "admission.newest"],
  ["over a living connection", { olderAnswers: true }, "deny", "admission.duplicate"],
  [
    "another credential over a living connection",
    { olderAnswers: true, sameCredential: false },
    "deny",
    "admission.duplicate",
  ],
  ["another credential over a dead one", { sameCredential: false }, "deny", "admission.duplicate-credential"],
  ["too often, even over a dead one", { isFlapping: true }, "deny", "admission.flapping"],
  ["too often, over a living one", { isFlapping: true, olderAnswers: true }, "deny", "admission.flapping"],
];
for (const [name, facts, effect, rule] of CASES) {
  Deno.test(`station duplicate: ${name} is decided by ${rule}`, () => {
    const decision = decideDuplicate({ ...DEAD, ...facts });
    equal([decision.effect, decision.rule], [effect, rule]);
  });
}
