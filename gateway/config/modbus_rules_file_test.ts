import assert from "node:assert/strict";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { ConfigError } from "../core/errors.ts";
import { parseModbusRules, readModbusRules } from "./modbus_rules_file.ts";

const faultsOf = (text: string): readonly string[] => {
  const read = parseModbusRules("rules/modbus.yaml", text);
  return "faults" in read ? read.faults : [];
};
const one = (conditions: string) => `- { id: a, effect: allow, because: x, ${conditions} }\n`;
const write = (conditions: string) => one(`access: write, ${conditions}`);

Deno.test("modbus rules file: a list of rules is read, a lease without priority has the lowest", () => {
  const text = `- id: ems
  effect: allow
  because: The energy manager sets limits
  roles: [GridServiceSunSpec, (none)]
  units: [11]
  access: write
  points: [current-limit]
  values: [0, [6, 16]]
  clamp: { max: 16, risePerMinute: 2.5 }
  lease: { seconds: 60 }
  hours: { days: [mon], from: "08:00", to: "18:00" }
`;
  assert.deepEqual(parseModbusRules("r", text), {
    rules: [{
      id: "ems",
      effect: "allow",
      because: "The energy manager sets limits",
      roles: ["GridServiceSunSpec", "(none)"],
      units: [11],
      access: "write",
      points: ["current-limit"],
      values: [0, [6, 16]],
      clamp: { max: 16, risePerMinute: 2.5 },
      lease: { seconds: 60, priority: 0 },
      hours: { days: ["mon"], from: "08:00", to: "18:00" },
    }],
  });
});

const BAD: readonly [text: string, fault: RegExp][] = [
  ["", /^rules\/modbus\.yaml:1:1 rules: there is no rule in it, wanted a list of rules/],
  ["rules: []\n", /:1:1 rules: it is no list, wanted a list/],
  ["[]\n", /has 0 entries, wanted at least 1/],
  ["- { id: a, effect: allow }\n", /:1:\d+ \[0\]\.because: is missing/],
  [one("role: [ems]"), /\[0\]\.role: there is no such key here.*did you mean "roles"/],
  [
    "- { id: a, effect: permit, because: x }\n",
    /\[0\]\.effect: "permit" is not allowed, wanted one of allow, deny, mask/,
  ],
  [one("units: [256]"), /\[0\]\.units\[0\]: 256/],
  [one("points: [Current_Limit]"), /\[0\]\.points\[0\]: .*wanted a point of a profile, as current-limit/],
  [one("classes: [meter]"), /\[0\]\.classes\[0\]: "meter" is not allowed/],
  [one("sources: [ems.example]"), /\[0\]\.sources\[0\]: .*wanted a network, as 192\.168\.5\.0\/24/],
  [one("functions: [3]"), /\[0\]\.functions: function code 3 has addresses, wanted access and classes or points/],
  [one("functions: [43], classes: [measured]"), /\[0\]\.classes: functions have no registers/],
  [one("subfunctions: [4]"), /\[0\]\.subfunctions: only diagnostics have any, wanted functions: \[8\]/],
  [one("unknown: true, points: [a]"), /\[0\]\.points: registers that no profile knows are no points/],
  [one("unknown: false"), /\[0\]\.unknown: false/],
  [one("points: [a], values: [1]"), /\[0\]\.values: it is about writes, wanted access: write beside it/],
  [write("points: [a], values: [[6, 0]]"), /\[0\]\.values\[0\]: the range is empty, wanted \[0, 6\]/],
  [write("clamp: { max: 1 }"), /\[0\]\.clamp: a value is clamped in the unit of its point, wanted points beside it/],
  [write("points: [a], clamp: {}"), /\[0\]\.clamp: there is nothing in it, wanted max, risePerMinute or both/],
  [write("points: [a], clamp: { risePerMinute: 0 }"), /\[0\]\.clamp\.risePerMinute: /],
  [write("unknown: true, lease: { seconds: 1 }"), /\[0\]\.lease: only points can be commanded/],
  [write("points: [a], lease: { seconds: -1 }"), /\[0\]\.lease\.seconds: -1/],
  ["- { id: a, effect: deny, because: x, access: write, points: [b], clamp: { max: 1 } }\n", /effect: deny has none/],
  ["- { id: a, effect: mask, because: x, access: write, points: [b] }\n", /a write cannot be masked/],
  ["- { id: a, effect: mask, because: x }\n", /it says no point to mask, wanted classes: \[personal\]/],
  [one('hours: { from: "8:00", to: "18:00" }'), /\[0\]\.hours\.from: "8:00" cannot be used/],
  [one("units: [1]") + one("units: [2]"), /:2:\d+ \[1\]\.id: the id is taken by rule 1 of the file/],
];
for (const [text, fault] of BAD) {
  Deno.test(`modbus rules file: refuses ${JSON.stringify(text).slice(0, 90)}`, () => {
    const faults = faultsOf(text);
    assert.ok(faults.length >= 1);
    assert.match(faults.join("\n"), fault);
  });
}

Deno.test("modbus rules file: lists, leases and the file itself at their limits and one past them", () => {
  const { rules, ruleListEntries, leaseSeconds, leasePriority } = POLICY_LIMITS;
  const units = (count: number) => one(`units: [${Array(count).fill(1).join(", ")}]`);
  assert.deepEqual([faultsOf(units(ruleListEntries)).length, faultsOf(units(ruleListEntries + 1)).length], [0, 1]);
  const lease = (seconds: number, priority: number) =>
    faultsOf(write(`points: [a], lease: { seconds: ${seconds}, priority: ${priority} }`)).length;
  assert.deepEqual([
    lease(leaseSeconds, leasePriority),
    lease(leaseSeconds + 1, 0),
    lease(0, leasePriority + 1),
  ], [0, 1, 1]);
  const file = (count: number) =>
    Array.from({ length: count }, (_, at) => `- { id: r${at}, effect: deny, because: x }\n`).join("");
  assert.deepEqual([faultsOf(file(rules)).length, faultsOf(file(rules + 1)).length], [0, 1]);
});

Deno.test("modbus rules file: what was not checked before is refused with every fault and what to do", () => {
  assert.throws(() => readModbusRules("r.yaml", "[]"), (error: ConfigError) => {
    return error.code === "CFG_INVALID" && error.faults.length === 1 && /run `check`/.test(error.hint ?? "");
  });
  assert.equal(readModbusRules("r.yaml", one("units: [1]")).length, 1);
});
