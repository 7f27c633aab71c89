import assert from "node:assert/strict";
import { SHIPPED_MODBUS_CASES } from "../../policies/cases/mod.ts";
import { ConfigError } from "../core/errors.ts";
import { isModbusCases, readModbusCases, runModbusCase, worldOf } from "./policy_case.ts";
import { policyConfig, rule } from "./testing/policy_rig.ts";

const SITE = policyConfig([
  rule({ id: "reads", access: "read" }),
  rule({ id: "w", access: "write", points: ["current-limit"] }),
]);

for (const [file, text] of Object.entries(SHIPPED_MODBUS_CASES)) {
  const cases = readModbusCases(file, text), world = worldOf(cases, SITE);
  for (const tried of cases.cases) {
    Deno.test(`policy case ${file}: ${tried.case} (${tried.expect})`, () => {
      assert.deepEqual(runModbusCase(tried, world), { ok: true });
    });
  }
}

/** What one case of the site gives: "ok", or why not. */
function tried(text: string): string {
  const cases = readModbusCases("c.yaml", `conduit: modbus\ncases:\n  - { case: x, unit: 11, ${text} }\n`);
  const result = runModbusCase(cases.cases[0]!, worldOf(cases, SITE));
  return result.ok ? "ok" : result.why;
}

const TRIED: readonly [string, string | RegExp][] = [
  ["read: [power-total], expect: pass", "ok"],
  ["read: [power-total], expect: refuse", "expected refuse, got pass by site.reads"],
  ["read: [power-total], expect: pass, rule: other", "expected pass by other, got pass by site.reads"],
  [
    "write: { current-limit: 33 }, expect: pass",
    /^expected pass, got refuse by modbus\.illegal-value: current-limit may not/,
  ],
  [
    "write: { current-limt: 6 }, expect: pass",
    /^the request cannot be made: point "current-limt" is none of its profile/,
  ],
  ["expect: pass", /point "" is none of its profile/],
  [
    "write: { current-limit: 6, power-limit: 0 }, expect: pass",
    /power-limit does not stand beside the point before it/,
  ],
  ["write: { current-limit: 70000 }, expect: pass", /current-limit cannot hold 70000/],
  ["write: { present-badge: 'longer than twenty characters' }, expect: refuse", /present-badge cannot hold/],
  ["function: 3, expect: pass", /function code 3 has addresses/],
  ["function: 17, expect: refuse", "ok"],
];
for (const [text, wanted] of TRIED) {
  Deno.test(`modbus cases: ${text}`, () => {
    if (typeof wanted === "string") assert.equal(tried(text), wanted);
    else assert.match(tried(text), wanted);
  });
}

Deno.test("modbus cases: a file says whose cases it has, and every fault has its place", () => {
  assert.deepEqual([isModbusCases("conduit: modbus\n"), isModbusCases("cases: []\n")], [true, false]);
  assert.throws(() => readModbusCases("c.yaml", "conduit: modbus\ncases:\n  - { case: x, unit: 11, expct: pass }\n"), (
    { code, faults }: ConfigError,
  ) => code === "CFG_INVALID" && /^c\.yaml:3:\d+ cases\[0\]\.expct: .*did you mean "expect"/m.test(faults.join("\n")));
});
