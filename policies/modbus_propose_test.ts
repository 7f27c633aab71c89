import { strict as assert } from "node:assert";
import { decideModbus } from "./modbus.ts";
import { proposeModbusRules } from "./modbus_propose.ts";
import type { RecordedClient, RecordedRequest, RecordedTarget } from "./modbus_recording.ts";
import type { ModbusPointClass, ModbusPointLimits } from "./modbus_rule.ts";

const AMPERES: ModbusPointLimits = { isWritable: true, legal: [0, [6, 32]], restricted: [99], step: 1 };
const read = (name: string, pointClass: ModbusPointClass = "measured"): RecordedTarget => ({
  access: "read",
  point: { name, class: pointClass },
  isPartial: false,
});
const write = (low: number, high: number, part: Partial<RecordedTarget> = {}): RecordedTarget => ({
  access: "write",
  point: { name: "current-limit", class: "commanded" },
  isPartial: false,
  limits: AMPERES,
  values: [low, high],
  ...part,
});
const request = (...targets: RecordedTarget[]): RecordedRequest => ({
  functionCode: 16,
  targets,
  count: 5,
  times: [1],
});
const client = (requests: readonly RecordedRequest[], part: Partial<RecordedClient> = {}): RecordedClient => ({
  conduit: "modbus",
  client: "ems-1",
  role: "EMS role",
  listener: "ems",
  source: "10.0.0.5",
  unit: 11,
  requests,
  missed: 0,
  ...part,
});
const proposed = (...recorded: RecordedClient[]) => proposeModbusRules(recorded);

Deno.test("modbus propose: reads by class, writes by point within the legal values seen", () => {
  const [reads, limit, ...rest] = proposed(client([
    request(read("power"), read("current-limit", "commanded")),
    request(write(0, 16)),
    request(write(10, 20)),
  ]));
  assert.deepEqual(reads!.rule, {
    id: "ems-role-reads",
    effect: "allow",
    because: "EMS role reads these",
    roles: ["EMS role"],
    units: [11],
    access: "read",
    classes: ["measured", "commanded"],
  });
  assert.deepEqual([limit!.rule.points, limit!.rule.values], [["current-limit"], [0, [6, 20]]]);
  assert.deepEqual([limit!.rule.because, limit!.count, limit!.isActive], ["EMS role sets current-limit", 10, true]);
  assert.equal(rest.length, 0);
});

Deno.test("modbus propose: units that need the same share a rule, others do not get what they did not ask", () => {
  const both = proposed(client([request(read("power"))]), client([request(read("power"))], { unit: 1 }));
  assert.deepEqual(both.map(({ rule, count }) => [rule.units, count]), [[[1, 11], 10]]);
  const apart = proposed(client([request(write(0, 16))]), client([request(write(0, 32))], { unit: 12 }));
  assert.deepEqual(apart.map(({ rule }) => [rule.id, rule.units, rule.values]), [
    ["ems-role-writes-current-limit", [11], [0, [6, 16]]],
    ["ems-role-writes-current-limit-2", [12], [0, [6, 32]]],
  ]);
});

Deno.test("modbus propose: who has no role is named, and only who has none", () => {
  const { role: _, ...plain } = client([request(read("power"))]);
  const [{ rule } = assert.fail()] = proposed({ ...plain, client: "legacy" });
  assert.deepEqual([rule.roles, rule.clients, rule.id], [["(none)"], ["legacy"], "legacy-reads"]);
});

const UNSURE: readonly [string, RecordedRequest, RegExp, number?][] = [
  ["presenting a badge", request(write(1, 1, { point: { name: "a", class: "credential" } })), /presenting a badge/],
  ["a failsafe", request(write(1, 1, { point: { name: "a", class: "protected" } })), /limit or failsafe/],
  ["registers without meaning", request({ access: "write", isPartial: false }), /No profile says what it does/],
  ["a part of a value", request(write(1, 1, { isPartial: true })), /Only a part of the value/],
  ["what can only be read", request(write(1, 1, { limits: { isWritable: false, step: 1 } })), /only be read/],
  ["a restart", request(write(0, 99)), /restart the device/],
  ["a broadcast", request(write(0, 16)), /every device of the line/, 0],
  ["diagnostics", { functionCode: 8, subfunction: 4, targets: [], count: 1, times: [] }, /silence it/],
  ["a write of a file", { functionCode: 21, targets: [], count: 1, times: [] }, /can change the device/],
];
for (const [name, asked, remark, unit = 11] of UNSURE) {
  Deno.test(`modbus propose: ${name} is for a person to decide`, () => {
    const [proposal] = proposed(client([asked], { unit }));
    assert.equal(proposal!.isActive, false);
    assert.match(proposal!.remarks.join("; "), remark);
  });
}

Deno.test("modbus propose: badges are masked, unknown registers read, functions named", () => {
  const all = proposed(client([
    request(read("session-badge", "personal")),
    request({ access: "read", isPartial: false }),
    { functionCode: 43, targets: [], count: 1, times: [] },
    { functionCode: 17, targets: [], count: 1, times: [] },
    { functionCode: 8, subfunction: 0, targets: [], count: 1, times: [] },
  ]));
  assert.deepEqual(all.map(({ rule, isActive }) => [rule.id, rule.effect, isActive]), [
    ["ems-role-hides-personal", "mask", true],
    ["ems-role-reads-unknown", "allow", true],
    ["ems-role-functions", "allow", true],
    ["ems-role-diagnostics-0", "allow", true],
  ]);
  assert.deepEqual(all[2]!.rule.functions, [17, 43]);
});

Deno.test("modbus propose: every id is a rule's and its own, whatever clients are called", () => {
  const names = ["EMS", "ems", "ems!", "漢字", "", "x".repeat(64), "-", "a b"];
  const ids = proposed(
    ...names.map((role) =>
      client([request(write(0, 6, { point: { name: "p".repeat(64), class: "commanded" } }))], { role })
    ),
  )
    .map(({ rule }) => rule.id);
  assert.ok(ids.every((id) => /^[a-z0-9][a-z0-9-]{0,47}$/.test(id)), ids.join());
  assert.equal(new Set(ids).size, names.length);
});

Deno.test("modbus propose: active rules allow what was seen of what they are about, with its values", () => {
  const seen = client([
    request(read("power"), read("current-limit", "commanded")),
    request(write(0, 16)),
    request(read("session-badge", "personal")),
  ]);
  const rules = proposed(seen).filter(({ isActive }) => isActive).map(({ rule }) => rule);
  for (const { functionCode, targets } of seen.requests) {
    for (const end of [0, 1] as const) {
      const facts = {
        principal: { role: seen.role, client: seen.client, listener: "ems", networks: [] },
        functionCode,
        unit: seen.unit,
        minuteOfWeek: 0,
        targets: targets.map(({ values, ...rest }) => ({ ...rest, point: rest.point, value: values?.[end] })),
      };
      assert.equal(decideModbus(facts, rules).effect, "allow");
    }
  }
});
