import { strict as assert } from "node:assert";
import type { RecordedClient, RecordedRequest } from "./modbus_recording.ts";
import { type ModbusRuleSet, replayModbus, type ReplayWorld, touchesOf } from "./modbus_replay.ts";
import type { ModbusRule } from "./modbus_rule.ts";

const WORLD: ReplayWorld = {
  minuteOfWeek: (wallMs) => wallMs,
  networksOf: (source, networks) => networks.filter((network) => network.startsWith(source)),
};
const rule = (part: Partial<ModbusRule>): ModbusRule => ({ id: "r", effect: "allow", because: "x", ...part });
const rules = (...parts: Partial<ModbusRule>[]): ModbusRuleSet => ({ rules: parts.map(rule), mode: "enforce" });
const write: RecordedRequest = {
  functionCode: 16,
  targets: [{
    access: "write",
    point: { name: "current-limit", class: "commanded" },
    isPartial: false,
    limits: { isWritable: true, step: 1 },
    values: [0, 16],
  }],
  count: 40,
  times: [600, 660],
};
const badge: RecordedRequest = {
  functionCode: 3,
  targets: [{ access: "read", point: { name: "session-badge", class: "personal" }, isPartial: false }],
  count: 3,
  times: [1],
};
const client = (...requests: RecordedRequest[]): RecordedClient => ({
  conduit: "modbus",
  client: "ems-1",
  role: "ems",
  listener: "ems",
  source: "10.0.0.5",
  unit: 11,
  requests,
  missed: 2,
});

/** "before -> after, changed of judged" of each change. */
function changes(before: ModbusRuleSet, after: ModbusRuleSet, ...requests: RecordedRequest[]): string[] {
  return replayModbus([client(...requests)], before, after, WORLD).changes
    .map((change) => `${change.before} -> ${change.after}, ${change.changed} of ${change.judged}`);
}

const ALL = rules({ id: "all" });
const CASES: readonly [string, ModbusRuleSet, ModbusRuleSet, RecordedRequest, string[]][] = [
  ["nothing changes under the same rules", ALL, ALL, write, []],
  ["a new refusal", ALL, rules({ access: "read" }), write, ["passes -> refused by modbus.default-deny, 2 of 2"]],
  [
    "a new refusal that is only tried out",
    ALL,
    { ...rules({ access: "read" }), mode: "observe" },
    write,
    ["passes -> passes, noted as modbus.default-deny, 2 of 2"],
  ],
  [
    "bounds that only the highest value breaks",
    ALL,
    rules({ values: [[0, 10]] }),
    write,
    ["passes -> lowest value passes, highest refused by modbus.default-deny, 2 of 2"],
  ],
  [
    "a clamp",
    ALL,
    rules({ clamp: { max: 10 } }),
    write,
    ["passes -> lowest value passes, highest passes, clamped to 10, 2 of 2"],
  ],
  [
    "hours that hold at some of the times",
    ALL,
    rules({ hours: { from: "10:00", to: "11:00" } }),
    write,
    ["passes -> refused by modbus.default-deny, 1 of 2"],
  ],
  [
    "networks are looked up for the rules that are asked",
    rules({ sources: ["10.0.0.5/32"] }),
    rules({ sources: ["10.9.9.9/32"] }),
    write,
    ["passes -> refused by modbus.default-deny, 2 of 2"],
  ],
  [
    "a point that is masked from now on",
    rules({ points: ["session-badge"] }),
    rules({ effect: "mask", points: ["session-badge"] }),
    badge,
    ["passes -> passes, session-badge masked, 1 of 1"],
  ],
];
for (const [name, before, after, request, wanted] of CASES) {
  Deno.test(`modbus replay: ${name}`, () => assert.deepEqual(changes(before, after, request), wanted));
}

Deno.test("modbus replay: says how much it judged and what was not kept", () => {
  const { clients, kinds, requests, missed } = replayModbus([client(write, badge), client(write)], ALL, ALL, WORLD);
  assert.deepEqual([clients, kinds, requests, missed], [1, 3, 83, 4]);
});

Deno.test("modbus replay: requests in words", () => {
  const target = write.targets[0]!;
  const said = (part: Partial<RecordedRequest>) => touchesOf({ ...write, ...part });
  assert.equal(said({}), "current-limit=0 to 16");
  assert.equal(said({ targets: [{ ...target, values: [7, 7] }] }), "current-limit=7");
  assert.equal(said({ targets: [{ access: "read", isPartial: false }] }), "unknown registers");
  assert.equal(
    said({ targets: [{ access: "write", point: target.point!, isPartial: true }] }),
    "current-limit (a part)",
  );
  assert.match(said({ targets: Array(8).fill(target) }), /, 2 more$/);
  assert.equal(said({ targets: [], functionCode: 43 }), "function 43");
  assert.equal(said({ targets: [], functionCode: 8, subfunction: 4 }), "diagnostics 4");
});
