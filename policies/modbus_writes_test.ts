import { strict as assert } from "node:assert";
import { decideModbus, MODBUS_RULES, rulesFor } from "./modbus.ts";
import type { ModbusFacts, ModbusPointLimits, ModbusRule, ModbusTarget } from "./modbus_rule.ts";

const AMPERES: ModbusPointLimits = { isWritable: true, legal: [0, [6, 32]], restricted: [99], step: 1 };
const write = (value: number | undefined, part: Partial<ModbusTarget> = {}): ModbusTarget => ({
  access: "write",
  point: { name: "current-limit", class: "commanded" },
  isPartial: false,
  value,
  limits: AMPERES,
  ...part,
});
const facts = (targets: readonly ModbusTarget[], part: Partial<ModbusFacts> = {}): ModbusFacts => ({
  principal: { role: "ems", client: "ems-1", listener: "ems", networks: [] },
  functionCode: 16,
  unit: 11,
  minuteOfWeek: 0,
  targets,
  ...part,
});
const rule = (part: Partial<ModbusRule> = {}): ModbusRule => ({
  id: "r",
  effect: "allow",
  because: "x",
  access: "write",
  ...part,
});

/** The rule that refused, or what is forwarded: "16 lease 60/0". */
function decided(rules: readonly ModbusRule[], asked: ModbusFacts): string {
  const decision = decideModbus(asked, rules);
  if (decision.effect === "deny") return decision.rule;
  return decision.writes.map(({ target, clamped, lease }) =>
    `${clamped ?? target.value}${lease ? ` lease ${lease.seconds}/${lease.priority}` : ""}`
  ).join(", ");
}

const otherLease = (priority: number) => ({ lease: { owner: "ems-2", priority } });
const CASES: readonly [string, readonly ModbusRule[], ModbusFacts, string][] = [
  ["an allowed write of a set point brings the right to command it", [rule()], facts([write(16)]), "16 lease 60/0"],
  [
    "a rule says how long and how strong",
    [rule({ lease: { seconds: 600, priority: 5 } })],
    facts([write(16)]),
    "16 lease 600/5",
  ],
  ["or that none is wanted", [rule({ lease: { seconds: 0, priority: 0 } })], facts([write(16)]), "16"],
  [
    "a protected point brings none",
    [rule()],
    facts([write(16, { point: { name: "safe-current", class: "protected" } })]),
    "16",
  ],
  [
    "unless the rule says so",
    [rule({ lease: { seconds: 9, priority: 1 } })],
    facts([write(16, { point: { name: "safe-current", class: "protected" } })]),
    "16 lease 9/1",
  ],
  ["whom another commands is refused", [rule()], facts([write(16, otherLease(0))]), MODBUS_RULES.lease],
  [
    "a higher priority takes over",
    [rule({ lease: { seconds: 60, priority: 1 } })],
    facts([write(16, otherLease(0))]),
    "16 lease 60/1",
  ],
  [
    "an equal one does not",
    [rule({ lease: { seconds: 60, priority: 1 } })],
    facts([write(16, otherLease(1))]),
    MODBUS_RULES.lease,
  ],
  [
    "neither does one that takes none",
    [rule({ lease: { seconds: 0, priority: 0 } })],
    facts([write(16, otherLease(0))]),
    MODBUS_RULES.lease,
  ],
  [
    "one of two points that another commands refuses both",
    [rule()],
    facts([write(16), write(16, { point: { name: "other", class: "commanded" }, ...otherLease(0) })]),
    MODBUS_RULES.lease,
  ],
  ["a clamp forwards less", [rule({ clamp: { max: 16 } })], facts([write(32)]), "16 lease 60/0"],
  ["and lets through what is less", [rule({ clamp: { max: 16 } })], facts([write(10)]), "10 lease 60/0"],
  [
    "what the device must not be given is not clamped upwards",
    [rule({ clamp: { max: 16 } })],
    facts([write(3)]),
    MODBUS_RULES.illegalValue,
  ],
  [
    "what is no number is not clamped",
    [rule({ clamp: { max: 16 } })],
    facts([write(undefined)]),
    MODBUS_RULES.illegalValue,
  ],
  [
    "a clamp below everything legal refuses",
    [rule({ clamp: { max: 5 } })],
    facts([write(32, { limits: { ...AMPERES, legal: [[6, 32]] } })]),
    MODBUS_RULES.illegalValue,
  ],
  [
    "what can only be read is not written",
    [rule({ points: ["current-limit"] })],
    facts([
      write(16, { limits: { isWritable: false, step: 1 } }),
    ]),
    MODBUS_RULES.readOnly,
  ],
  ["a restricted value takes a rule of its own", [rule()], facts([write(99)]), MODBUS_RULES.restrictedValue],
  ["the name alone is none", [rule({ points: ["current-limit"] })], facts([write(99)]), MODBUS_RULES.restrictedValue],
  ["the value alone is none", [rule({ values: [99] })], facts([write(99)]), MODBUS_RULES.restrictedValue],
  ["both are", [rule({ points: ["current-limit"], values: [99] })], facts([write(99)]), "99 lease 60/0"],
];
for (const [name, rules, asked, wanted] of CASES) {
  Deno.test(`modbus policy, writes: ${name}`, () => assert.equal(decided(rules, asked), wanted));
}

const functionFacts = (functionCode: number, subfunction?: number, unit = 11) =>
  facts([], { functionCode, subfunction, unit });
const FUNCTIONS: readonly [string, Partial<ModbusRule>, ModbusFacts, string][] = [
  ["diagnostics that look are allowed by their function code", { functions: [8] }, functionFacts(8, 11), ""],
  [
    "what silences a device has to be named",
    { functions: [8] },
    functionFacts(8, 4),
    MODBUS_RULES.diagnostics,
  ],
  ["by its subfunction", { functions: [8], subfunctions: [4] }, functionFacts(8, 4), ""],
  ["which allows no other", { functions: [8], subfunctions: [4] }, functionFacts(8, 1), MODBUS_RULES.default],
  ["and no other function", { functions: [8, 17], subfunctions: [4] }, functionFacts(17), MODBUS_RULES.default],
  ["a broadcast of diagnostics is refused", { functions: [8] }, functionFacts(8, 0, 0), MODBUS_RULES.broadcast],
  ["unless named", { functions: [8], units: [0] }, functionFacts(8, 0, 0), ""],
];
for (const [name, part, asked, wanted] of FUNCTIONS) {
  Deno.test(`modbus policy, functions: ${name}`, () => {
    assert.equal(decided([rule({ access: undefined, ...part })], asked), wanted);
  });
}

Deno.test("modbus policy: a broadcast that only reads is refused as well", () => {
  const read: ModbusTarget = { ...write(undefined), access: "read" };
  assert.equal(decided([rule({ access: "read" })], facts([read], { unit: 0 })), MODBUS_RULES.broadcast);
});

Deno.test("modbus policy: a refusal names the target, and never what was written to a badge", () => {
  const badge = write(12345, { point: { name: "authorisation", class: "credential" }, limits: AMPERES });
  const decision = decideModbus(facts([write(16), badge]), [rule(), rule({ id: "k", points: ["authorisation"] })]);
  assert.ok(decision.effect === "deny");
  assert.equal(decision.target, badge);
  assert.doesNotMatch(JSON.stringify([decision.reason, decision.hint]), /12345/);
});

Deno.test("modbus policy: rules filtered for a client and unit decide as all of them do", () => {
  const rules = [
    rule({ id: "a", clients: ["other"] }),
    rule({ id: "b", units: [12] }),
    rule({ id: "c", roles: ["ems"] }),
    rule({ id: "d", effect: "deny", sources: ["10.0.0.0/8"] }),
  ];
  const asked = facts([write(16)]);
  assert.deepEqual(rulesFor(rules, asked).map(({ id }) => id), ["c"]);
  assert.deepEqual(decideModbus(asked, rulesFor(rules, asked)), decideModbus(asked, rules));
});
