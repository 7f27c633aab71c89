import { strict as assert } from "node:assert";
import { explainModbus } from "./modbus_explain.ts";
import type { ModbusFacts, ModbusRule, ModbusTarget } from "./modbus_rule.ts";

const target = (part: Partial<ModbusTarget> = {}): ModbusTarget => ({
  access: "write",
  point: { name: "current-limit", class: "commanded" },
  isPartial: false,
  value: 16,
  limits: { isWritable: true, step: 1 },
  ...part,
});
const facts = (part: Partial<ModbusFacts> = {}): ModbusFacts => ({
  principal: { role: "ems", client: "ems-1", listener: "ems", networks: [] },
  functionCode: 16,
  unit: 11,
  minuteOfWeek: 720,
  targets: [target()],
  ...part,
});
const rule = (part: Partial<ModbusRule>): ModbusRule => ({ id: "r", effect: "allow", because: "x", ...part });

/** What the only rule misses: "about: condition". */
function missed(part: Partial<ModbusRule>, asked = facts()): string {
  return explainModbus(asked, [rule(part)]).standings.map(({ about, missed }) => `${about}: ${missed ?? "holds"}`)
    .join();
}

const CASES: readonly [Partial<ModbusRule>, Partial<ModbusFacts>, string][] = [
  [{}, {}, "current-limit: holds"],
  [{ roles: ["scada"] }, {}, "current-limit: roles"],
  [{ clients: ["ems"] }, {}, "current-limit: clients"],
  [{ listeners: ["legacy"] }, {}, "current-limit: listeners"],
  [{ sources: ["10.0.0.0/8"] }, {}, "current-limit: sources"],
  [{ units: [1] }, {}, "current-limit: units"],
  [{ hours: { from: "13:00", to: "14:00" } }, {}, "current-limit: hours"],
  [{ functions: [43] }, {}, "current-limit: functions"],
  [{ access: "read" }, {}, "current-limit: access"],
  [{ effect: "mask", points: ["current-limit"] }, {}, "current-limit: effect"],
  [{ unknown: true }, {}, "current-limit: unknown"],
  [{ classes: ["protected"] }, {}, "current-limit: classes"],
  [{ points: ["safe-current"] }, {}, "current-limit: points"],
  [{ values: [[0, 10]] }, {}, "current-limit: values"],
  [{}, { targets: [target({ point: undefined })] }, "registers that the profile does not know: unknown"],
  [
    { access: "write" },
    { targets: [target(), target({ access: "read", value: undefined })] },
    [
      "current-limit: holds",
      "current-limit: access",
    ].join(),
  ],
  [{ units: [1] }, { targets: [target(), target()] }, "all of them: units"],
  [{ functions: [43] }, { targets: [], functionCode: 43 }, "undefined: holds"],
  [{ functions: [43] }, { targets: [], functionCode: 17 }, "undefined: functions"],
  [{ functions: [8], subfunctions: [4] }, { targets: [], functionCode: 8, subfunction: 1 }, "undefined: subfunctions"],
  [{ points: ["a"] }, { targets: [], functionCode: 8 }, "undefined: points"],
  [{}, { targets: [], functionCode: 8 }, "undefined: functions"],
  [{ effect: "deny" }, { targets: [], functionCode: 8 }, "undefined: holds"],
];
for (const [part, asked, wanted] of CASES) {
  Deno.test(`modbus explain: ${JSON.stringify(part)} for ${JSON.stringify(asked).slice(0, 60)} is "${wanted}"`, () => {
    assert.equal(missed(part, facts(asked)), wanted);
  });
}

Deno.test("modbus explain: the decision stands beside how every rule stands to it", () => {
  const { decision, standings } = explainModbus(facts(), [rule({ id: "a" }), rule({ id: "b", effect: "deny" })]);
  assert.equal(decision.rule, "site.b");
  assert.deepEqual(standings.map(({ id, effect, because }) => [id, effect, because]), [
    ["a", "allow", "x"],
    ["b", "deny", "x"],
  ]);
});
