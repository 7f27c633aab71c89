import { deepEqual, equal } from "node:assert/strict";
import { systemTimers } from "../core/timers.ts";
import { AttackPlan } from "./attack_plan.ts";
import { type Attack, ATTACKS, type AttackTarget } from "./attacks.ts";
import { DEMO_LIMITS } from "./limits.ts";

const TARGET = { timers: systemTimers, sourceOf: (n: number) => `127.66.0.${n + 1}` } as unknown as AttackTarget;
const attack = (name: string, run: Attack["run"]): Attack => ({ name, title: `attack ${name}`, run });
const refused = attack("a", () => Promise.resolve({ refused: true, seen: "HTTP 401" }));
const missed = attack("b", () => Promise.resolve({ refused: false, seen: "HTTP 101" }));
const broken = attack("c", () => Promise.reject(new Error("no such address")));
const ruleOf = (from: string | undefined) => Promise.resolve(from === undefined ? undefined : `rule.for.${from}`);

Deno.test("demo attack plan: attacks come in turn, each from its own address, with the rule that refused", async () => {
  const plan = new AttackPlan({ target: TARGET, ruleOf, attacks: [refused, missed, broken] });
  for (let i = 0; i < 4; i++) await plan.next();
  deepEqual(plan.lines, [
    { title: "attack a", refused: true, seen: "HTTP 401", rule: "rule.for.127.66.0.1" },
    { title: "attack b", refused: false, seen: "HTTP 101", rule: "rule.for.127.66.0.2" },
    { title: "attack c", refused: false, seen: "no such address" },
    { title: "attack a", refused: true, seen: "HTTP 401", rule: "rule.for.127.66.0.4" },
  ]);
  deepEqual([plan.count, plan.refused, plan.missed.length], [4, 2, 2]);
});

Deno.test("demo attack plan: keeps as many lines as its limit, and the newest of more", async () => {
  const plan = new AttackPlan({ target: TARGET, ruleOf, attacks: [refused] });
  for (let i = 0; i < DEMO_LIMITS.attackLines; i++) await plan.next();
  equal(plan.lines.length, DEMO_LIMITS.attackLines);
  await plan.next();
  equal(plan.lines.length, DEMO_LIMITS.attackLines);
  equal(plan.lines.at(-1)!.rule, `rule.for.127.66.0.${DEMO_LIMITS.attackLines + 1}`);
});

Deno.test("demo attack plan: remembers missed attacks up to its limit", async () => {
  const plan = new AttackPlan({ target: TARGET, ruleOf, attacks: [missed] });
  for (let i = 0; i < DEMO_LIMITS.faults + 1; i++) await plan.next();
  equal(plan.missed.length, DEMO_LIMITS.faults);
  equal(plan.refused, 0);
});

Deno.test("demo attack plan: without addresses of its own it does not use up the stations' attempts", () => {
  const { sourceOf: _, ...shared } = TARGET;
  equal(new AttackPlan({ target: shared, ruleOf }).kinds, ATTACKS.length - 1);
  equal(new AttackPlan({ target: TARGET, ruleOf }).kinds, ATTACKS.length);
});

Deno.test("demo attack plan: an audit that cannot be read is shown and changes no verdict", async () => {
  const plan = new AttackPlan({ target: TARGET, ruleOf: () => Promise.reject(new Error("gone")), attacks: [refused] });
  deepEqual(await plan.next(), { title: "attack a", refused: true, seen: "HTTP 401", rule: "unknown (gone)" });
});
