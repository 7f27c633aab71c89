import { strict as assert } from "node:assert";
import { decideModbus, MODBUS_RULES } from "./modbus.ts";
import type { ModbusFacts, ModbusPointLimits, ModbusRule, ModbusTarget } from "./modbus_rule.ts";

const read = (name: string, pointClass: NonNullable<ModbusTarget["point"]>["class"] = "measured"): ModbusTarget => ({
  access: "read",
  point: { name, class: pointClass },
  isPartial: false,
  value: undefined,
});
const WRITABLE: ModbusPointLimits = { isWritable: true, step: 1 };
const write = (name: string, value: number, part: Partial<ModbusTarget> = {}): ModbusTarget => ({
  ...read(name, "commanded"),
  access: "write",
  value,
  limits: WRITABLE,
  ...part,
});
/** 0, or 6 to 32; 99 restarts the device. */
const CURRENT: ModbusPointLimits = { ...WRITABLE, legal: [0, [6, 32]], restricted: [99] };
const UNKNOWN: ModbusTarget = { ...read("x"), point: undefined };

const facts = (targets: readonly ModbusTarget[], part: Partial<ModbusFacts> = {}): ModbusFacts => ({
  principal: { role: "GridServiceSunSpec", client: "ems-1", listener: "ems", networks: [] },
  functionCode: 3,
  unit: 11,
  minuteOfWeek: 0,
  targets,
  ...part,
});

const rule = (part: Partial<ModbusRule> & { readonly id: string }): ModbusRule => ({
  effect: "allow",
  because: `because of ${part.id}`,
  ...part,
});
const READS = rule({ id: "reads", access: "read" });
const LIMITS = rule({ id: "limits", access: "write", classes: ["commanded"], roles: ["GridServiceSunSpec"] });
const PROTECTED = rule({
  id: "protected",
  access: "write",
  classes: ["protected"],
  roles: ["SuperAdministratorSunSpec"],
});
const SITE = [READS, LIMITS, PROTECTED];

/** The rule that refused, or "allow RULE" with the masked points. */
function decided(rules: readonly ModbusRule[], asked: ModbusFacts): string {
  const decision = decideModbus(asked, rules);
  if (decision.effect === "deny") return decision.rule.replace(/^site\./, "");
  return ["allow", decision.rule.replace(/^site\./, ""), ...decision.masked].join(" ");
}

const CASES: readonly [string, readonly ModbusRule[], ModbusFacts, string][] = [
  ["without rules everything is refused", [], facts([read("power")]), MODBUS_RULES.default],
  ["a measured value is read", SITE, facts([read("power")]), "allow reads"],
  ["a set point is written by its role", SITE, facts([write("current-limit", 16)]), "allow limits"],
  [
    "invariant 12: a role that only reads cannot write",
    SITE,
    facts([write("current-limit", 16)], {
      principal: { role: "ReadOnlySunSpec", client: "scada", listener: "ems", networks: [] },
    }),
    MODBUS_RULES.default,
  ],
  [
    "invariant 12: a role of another case or with a suffix is another role",
    SITE,
    facts([write("current-limit", 16)], {
      principal: { role: "gridservicesunspec", client: "x", listener: "ems", networks: [] },
    }),
    MODBUS_RULES.default,
  ],
  [
    "a certificate without role has the rights of (none) and no others",
    [rule({ id: "nobody", roles: ["(none)"], access: "read" })],
    facts([read("power")], { principal: { role: undefined, client: "x", listener: "ems", networks: [] } }),
    "allow nobody",
  ],
  [
    "a role does not have the rights of (none)",
    [rule({ id: "nobody", roles: ["(none)"], access: "read" })],
    facts([read("power")]),
    MODBUS_RULES.default,
  ],
  [
    "a protected point is not a commanded one",
    SITE,
    facts([write("safe-current", 6, { point: { name: "safe-current", class: "protected" } })]),
    MODBUS_RULES.default,
  ],
  [
    "invariant 12: a write over a set point and its protected neighbour is refused whole",
    SITE,
    facts([
      write("current-limit", 16),
      write("safe-current", 6, { point: { name: "safe-current", class: "protected" } }),
    ]),
    MODBUS_RULES.default,
  ],
  [
    "invariant 12: the write part of a read and write is judged like any write",
    SITE,
    facts([read("power"), write("current-limit", 16)], {
      functionCode: 23,
      principal: { role: "ReadOnlySunSpec", client: "scada", listener: "ems", networks: [] },
    }),
    MODBUS_RULES.default,
  ],
  [
    "a part of a value is not written",
    SITE,
    facts([write("current-limit", 16, { isPartial: true, value: undefined })]),
    MODBUS_RULES.partialWrite,
  ],
  [
    "a value that the device must not be given is refused",
    SITE,
    facts([write("current-limit", 40, { limits: CURRENT })]),
    MODBUS_RULES.illegalValue,
  ],
  [
    "a point that another commands is refused",
    SITE,
    facts([write("current-limit", 16, { lease: { owner: "ems-2", priority: 0 } })]),
    MODBUS_RULES.lease,
  ],
  [
    "a broadcast is refused although its points are allowed",
    SITE,
    facts([write("current-limit", 16)], { unit: 0 }),
    MODBUS_RULES.broadcast,
  ],
  [
    "a broadcast is allowed by a rule for unit 0",
    [rule({ id: "all", units: [0], access: "write" })],
    facts([write("current-limit", 16)], { unit: 0 }),
    "allow all",
  ],
  [
    "presenting a badge is not allowed by a wide rule",
    [rule({ id: "all", access: "write" })],
    facts([write("present-badge", 0, { point: { name: "present-badge", class: "credential" }, value: undefined })]),
    MODBUS_RULES.credential,
  ],
  [
    "nor by its class",
    [rule({ id: "all", access: "write", classes: ["credential"] })],
    facts([write("present-badge", 0, { point: { name: "present-badge", class: "credential" }, value: undefined })]),
    MODBUS_RULES.credential,
  ],
  [
    "but by its name",
    [rule({ id: "kiosk", access: "write", points: ["present-badge"] })],
    facts([write("present-badge", 0, { point: { name: "present-badge", class: "credential" }, value: undefined })]),
    "allow kiosk",
  ],
  [
    "a badge is not read by a rule for all reads",
    SITE,
    facts([read("session-badge", "personal")]),
    MODBUS_RULES.default,
  ],
  [
    "a badge in the middle of a block is masked where a rule says so",
    [...SITE, rule({ id: "hide", effect: "mask", classes: ["personal"] })],
    facts([read("power"), read("session-badge", "personal")]),
    "allow reads session-badge",
  ],
  [
    "a mask allows no write",
    [rule({ id: "hide", effect: "mask" })],
    facts([write("current-limit", 16)]),
    MODBUS_RULES.default,
  ],
  [
    "deny wins, wherever it stands",
    [...SITE, rule({ id: "night", effect: "deny", access: "write", points: ["current-limit"] })],
    facts([write("current-limit", 16)]),
    "night",
  ],
  ["registers that nobody knows are not read by a wide rule", SITE, facts([UNKNOWN]), MODBUS_RULES.default],
  ["but by a rule for them", [rule({ id: "raw", unknown: true, access: "read" })], facts([UNKNOWN]), "allow raw"],
  [
    "which is no rule for known ones",
    [rule({ id: "raw", unknown: true })],
    facts([read("power")]),
    MODBUS_RULES.default,
  ],
  [
    "a wide deny holds for what nobody knows, too",
    [rule({ id: "raw", unknown: true }), rule({ id: "off", effect: "deny" })],
    facts([UNKNOWN]),
    "off",
  ],
  [
    "a value within the rule's is written",
    [rule({ id: "low", access: "write", points: ["current-limit"], values: [0, [6, 16]] })],
    facts([write("current-limit", 16)]),
    "allow low",
  ],
  [
    "one beyond is not",
    [rule({ id: "low", access: "write", points: ["current-limit"], values: [0, [6, 16]] })],
    facts([write("current-limit", 16.1)]),
    MODBUS_RULES.default,
  ],
  [
    "a value that is no number is within nothing",
    [rule({ id: "low", access: "write", values: [[0, 100]] })],
    facts([write("name", 0, { value: undefined })]),
    MODBUS_RULES.default,
  ],
  [
    "a deny of values holds for one that cannot be known",
    [LIMITS, rule({ id: "high", effect: "deny", values: [[20, 100]] })],
    facts([write("current-limit", 0, { value: undefined })]),
    "high",
  ],
  [
    "a deny of values does not stop reads",
    [READS, rule({ id: "high", effect: "deny", values: [[20, 100]] })],
    facts([read("current-limit", "commanded")]),
    "allow reads",
  ],
  [
    "an allow of values is no rule for reads",
    [rule({ id: "low", values: [[0, 100]] })],
    facts([read("power")]),
    MODBUS_RULES.default,
  ],
  ["another unit is another device", [rule({ id: "one", units: [1] })], facts([read("power")]), MODBUS_RULES.default],
  ["a client is named exactly", [rule({ id: "one", clients: ["ems"] })], facts([read("power")]), MODBUS_RULES.default],
  ["a client that is named", [rule({ id: "one", clients: ["ems-1"] })], facts([read("power")]), "allow one"],
  [
    "an address outside of the networks",
    [rule({ id: "near", sources: ["10.0.0.0/8"] })],
    facts([read("power")]),
    MODBUS_RULES.default,
  ],
  [
    "an address within",
    [rule({ id: "near", sources: ["10.0.0.0/8"] })],
    facts([read("power")], { principal: { role: undefined, client: "x", listener: "ems", networks: ["10.0.0.0/8"] } }),
    "allow near",
  ],
  [
    "outside of its hours a rule allows nothing",
    [rule({ id: "day", hours: { days: ["mon"], from: "08:00", to: "18:00" } })],
    facts([read("power")], { minuteOfWeek: 18 * 60 }),
    MODBUS_RULES.default,
  ],
  [
    "within its hours it does",
    [rule({ id: "day", hours: { days: ["mon"], from: "08:00", to: "18:00" } })],
    facts([read("power")], { minuteOfWeek: 18 * 60 - 1 }),
    "allow day",
  ],
  ["a function code without addresses is refused", SITE, facts([], { functionCode: 8 }), MODBUS_RULES.default],
  [
    "unless a rule names it",
    [...SITE, rule({ id: "identify", functions: [43] })],
    facts([], { functionCode: 43 }),
    "allow identify",
  ],
  [
    "which allows no other",
    [...SITE, rule({ id: "identify", functions: [43] })],
    facts([], { functionCode: 8 }),
    MODBUS_RULES.default,
  ],
  [
    "and no register",
    [rule({ id: "identify", functions: [3, 43] })],
    facts([read("power")]),
    MODBUS_RULES.default,
  ],
  [
    "a wide deny holds for it",
    [rule({ id: "identify", functions: [43] }), rule({ id: "off", effect: "deny", roles: ["GridServiceSunSpec"] })],
    facts([], { functionCode: 43 }),
    "off",
  ],
  [
    "a deny of some points does not",
    [rule({ id: "identify", functions: [43] }), rule({ id: "off", effect: "deny", points: ["power"] })],
    facts([], { functionCode: 43 }),
    "allow identify",
  ],
];

for (const [name, rules, asked, expected] of CASES) {
  Deno.test(`modbus policy: ${name}`, () => assert.equal(decided(rules, asked), expected));
}

Deno.test("modbus policy: a refusal says what is refused, and what to do where something can be done", () => {
  const decision = decideModbus(
    facts([write("present-badge", 0, { point: { name: "present-badge", class: "credential" } })]),
    [
      rule({ id: "all", access: "write" }),
    ],
  );
  assert.ok(decision.effect === "deny");
  assert.match(decision.reason, /present-badge acts as presenting a badge/);
  assert.equal(decision.hint, "Name it in `points`");
});

Deno.test("modbus policy: no rule that is added as an allow makes less allowed, none that is added as a deny makes more", () => {
  const asked = CASES.map(([, , each]) => each);
  const isAllowed = (rules: readonly ModbusRule[]) => asked.map((each) => decideModbus(each, rules).effect === "allow");
  for (const [, rules] of CASES) {
    const before = isAllowed(rules);
    const withAllow = isAllowed([...rules, rule({ id: "more", access: "read", classes: ["measured"] })]);
    const withDeny = isAllowed([...rules, rule({ id: "less", effect: "deny", units: [11] })]);
    before.forEach((was, index) => {
      assert.ok(!was || withAllow[index]);
      assert.ok(was || !withDeny[index]);
    });
  }
});
