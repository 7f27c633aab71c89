import { strict as assert } from "node:assert";
import type { ModbusRule } from "./modbus_rule.ts";
import { type MatrixUnit, modbusMatrix, modbusRuleRows, modbusRuleWarnings } from "./modbus_table.ts";

const rule = (part: Partial<ModbusRule>): ModbusRule => ({ id: "r", effect: "allow", because: "x", ...part });
const WRITABLE = { isWritable: true, step: 1, legal: [0, [6, 32]] as const };
const STATION: MatrixUnit = {
  unit: 11,
  points: [
    { name: "power", class: "measured", limits: { isWritable: false, step: 1 } },
    { name: "current-limit", class: "commanded", limits: WRITABLE },
    { name: "power-limit", class: "commanded", limits: WRITABLE },
    { name: "session-badge", class: "personal", limits: { isWritable: false, step: 0 } },
    { name: "present-badge", class: "credential", limits: { isWritable: true, step: 0 } },
  ],
};
const METER: MatrixUnit = { unit: 1, points: [STATION.points[0]!] };

Deno.test("modbus table: rules in words", () => {
  const rows = modbusRuleRows([
    rule({
      roles: ["ems"],
      units: [11],
      access: "write",
      points: ["current-limit"],
      values: [0, [6, 16]],
      clamp: { max: 16, risePerMinute: 2 },
      lease: { seconds: 60, priority: 1 },
      hours: { days: ["mon"], from: "08:00", to: "18:00" },
    }),
    rule({ functions: [8], subfunctions: [4] }),
    rule({ unknown: true, access: "read" }),
    rule({}),
  ]);
  assert.deepEqual(rows.map(({ who, what }) => `${who} | ${what}`), [
    "roles ems; units 11 | write; points current-limit; values 0, 6 to 16; clamped to 16; rising 2 a minute; " +
    "lease 60 s, priority 1; hours mon 08:00 to 18:00",
    "everybody | functions 8; subfunctions 4",
    "everybody | read; registers that no profile knows",
    "everybody | everything",
  ]);
});

/** "class read write" of one role at one unit. */
function matrix(rules: readonly ModbusRule[], role: string, units = [STATION]): string[] {
  return modbusMatrix(rules, units).filter((row) => row.role === role)
    .map((row) => `${row.units.join("+")} ${row.class}: ${row.read}; ${row.write}`);
}

Deno.test("modbus table: what a role may do with the points of each class", () => {
  const rules = [
    rule({ id: "reads", access: "read" }),
    rule({ id: "limits", access: "write", classes: ["commanded"], roles: ["ems"] }),
    rule({ id: "hide", effect: "mask", classes: ["personal"] }),
  ];
  assert.deepEqual(matrix(rules, "ems"), [
    "11 measured: allow (site.reads); -",
    "11 commanded: allow (site.reads); allow (site.limits)",
    "11 personal: masked (site.hide); -",
    "11 credential: allow (site.reads); deny (modbus.default-deny)",
    "11 (unknown): deny (modbus.default-deny); deny (modbus.default-deny)",
  ]);
  assert.equal(matrix(rules, "(none)")[1], "11 commanded: allow (site.reads); deny (modbus.default-deny)");
});

Deno.test("modbus table: where points of a class differ, and where client, source, time or value decide, it says so", () => {
  const rules = [
    rule({ id: "one", access: "write", roles: ["ems"], points: ["current-limit"] }),
    rule({ id: "day", access: "read", classes: ["measured"], hours: { from: "08:00", to: "18:00" } }),
    rule({ id: "never", effect: "deny", access: "read", classes: ["personal"], clients: ["x"] }),
  ];
  const [measured, commanded, personal] = matrix(rules, "ems");
  assert.equal(measured, "11 measured: depends (else deny (modbus.default-deny)); -");
  assert.equal(commanded, "11 commanded: deny (modbus.default-deny); depends on the point");
  assert.equal(personal, "11 personal: depends (else deny (modbus.default-deny)); -");
});

Deno.test("modbus table: units with the same answers share their rows", () => {
  const rows = matrix([rule({ id: "reads", access: "read" })], "(none)", [METER, STATION]);
  assert.equal(rows[0], "1+11 measured: allow (site.reads); -");
});

const WARNINGS: readonly [string, readonly Partial<ModbusRule>[], RegExp | undefined][] = [
  ["nothing is allowed", [{ effect: "deny" }], /no rule allows anything/],
  ["everybody may write", [{ access: "write", points: ["a"] }], /"r" allows writes to everybody/],
  ["who has no role may write", [{ access: "write", roles: ["(none)"], points: ["a"] }], /to clients without a role/],
  ["every class may be written", [{ access: "write", roles: ["ems"] }], /of every class at every unit/],
  ["badges are shown", [{ access: "read", classes: ["personal"] }], /shows badge or vehicle ids in the clear/],
  ["badges are shown by name", [{ access: "read", points: ["session-badge"] }], /shows badge or vehicle ids/],
  ["reads of everybody are fine", [{ access: "read" }], undefined],
  ["functions are no writes", [{ functions: [43] }], undefined],
  ["a narrow write is fine", [{ access: "write", roles: ["ems"], units: [11] }], undefined],
];
for (const [name, rules, warning] of WARNINGS) {
  Deno.test(`modbus table, warnings: ${name}`, () => {
    const found = modbusRuleWarnings(rules.map(rule)).join("\n");
    if (warning) assert.match(found, warning);
    else assert.equal(found, "");
  });
}
