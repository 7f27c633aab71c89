import assert from "node:assert/strict";
import { MODBUS_RULES } from "../../policies/modbus.ts";
import type { ModbusRequest } from "./codec.ts";
import { decodeRequest } from "./codec_request.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { LastValues } from "./policy_past.ts";
import type { Asker, Forward } from "./policy.ts";
import { EMS, policyConfig, PolicyRig, rule } from "./testing/policy_rig.ts";

const GRID: Asker = { client: "grid", role: "Grid", source: "10.0.0.9", listener: "ems" };
const SCADA: Asker = { client: "scada", role: "Scada", source: "10.0.0.8", listener: "ems" };
const limit = (value: number): ModbusRequest => ({ function: 6, address: 1000, value });
const RULES = [
  rule({
    id: "grid",
    access: "write",
    points: ["current-limit"],
    roles: ["Grid"],
    lease: { seconds: 30, priority: 5 },
  }),
  rule({ id: "ems", access: "write", classes: ["commanded"] }),
];
const REFUSED = Uint8Array.of(0x86, 3), NO_ANSWER = Uint8Array.of(0x86, 0x0b), NO_PATH = Uint8Array.of(0x86, 0x0a);

Deno.test("modbus leases of a site: the first client commands, the second is told who does, the grid takes over", () => {
  const rig = new PolicyRig(RULES);
  assert.equal(rig.decided(limit(16)), "allow");
  const second = rig.judge(limit(6), 11, SCADA);
  assert.ok(second.do === "refuse");
  assert.deepEqual([second.rule, second.reason], [MODBUS_RULES.lease, "ems-1 at ems commands current-limit for now"]);
  assert.equal(rig.decided(limit(6), 11, GRID), "allow");
  assert.equal(rig.decided(limit(16)), MODBUS_RULES.lease);
  rig.later(30);
  assert.equal(rig.decided(limit(16)), "allow");
  const told = rig.leased.map(({ lease, from }) => `${lease.owner} from ${from ?? "nobody"}`);
  assert.deepEqual(told, ["ems-1 at ems from nobody", "grid at ems from ems-1 at ems", "ems-1 at ems from nobody"]);
});

Deno.test("modbus leases of a site: other points and units stay free; reads need no lease", () => {
  const rig = new PolicyRig([...RULES, rule({ id: "reads", access: "read" })]);
  rig.served(limit(16));
  assert.equal(rig.decided({ function: 6, address: 1002, value: 0 }, 11, SCADA), "allow");
  assert.equal(rig.decided({ function: 6, address: 4004, value: 6 }, 12, SCADA), "allow");
  assert.equal(rig.decided({ function: 3, address: 1000, quantity: 1 }, 11, SCADA), "allow");
});

Deno.test("modbus leases of a site: a write over several points takes all of them, or none", () => {
  const rig = new PolicyRig(RULES);
  rig.served({ function: 6, address: 1001, value: 60 }, undefined, 11, SCADA);
  assert.equal(rig.decided({ function: 16, address: 1000, registers: [16, 160, 0] }), MODBUS_RULES.lease);
  assert.deepEqual(rig.policy.leases(rig.now).map(({ point }) => point), ["current-limit-fine"]);
});

Deno.test("modbus leases of a site: what the device or the line refused brings none; without an answer it stays", () => {
  for (const [answer, holder] of [[REFUSED, "allow"], [NO_PATH, "allow"], [NO_ANSWER, MODBUS_RULES.lease]] as const) {
    const rig = new PolicyRig(RULES);
    rig.served(limit(16), answer);
    assert.equal(rig.decided(limit(16), 11, SCADA), holder);
  }
  const rig = new PolicyRig(RULES);
  rig.served(limit(16));
  rig.served(limit(6), REFUSED); // a refused renewal does not end what stands
  assert.equal(rig.decided(limit(16), 11, SCADA), MODBUS_RULES.lease);
});

Deno.test("modbus leases of a site: they go on after a restart, of units that are still there", () => {
  const before = new PolicyRig(RULES);
  before.served(limit(16));
  before.served({ function: 6, address: 4004, value: 6 }, undefined, 12);
  const after = new PolicyRig(RULES, { units: policyConfig([]).units.filter(({ unit }) => unit === 11) });
  after.policy.restoreLeases(before.leased.map(({ lease }) => lease), after.now);
  assert.deepEqual(after.policy.leases(after.now).map(({ unit, owner }) => [unit, owner]), [[11, "ems-1 at ems"]]);
  assert.equal(after.decided(limit(6), 11, SCADA), MODBUS_RULES.lease);
  assert.equal(after.decided(limit(6)), "allow");
  after.policy.configure(policyConfig(RULES, { units: [] }));
  assert.deepEqual(after.policy.leases(after.now), []);
});

const CLAMP = [
  rule({ access: "write", points: ["current-limit", "current-limit-fine"], clamp: { max: 16, risePerMinute: 2 } }),
];

/** What reaches the device, as its registers. */
function forwarded(rig: PolicyRig, request: ModbusRequest): ModbusRequest {
  const { pdu, request: sent } = rig.judge(request) as Forward;
  assert.deepEqual(decodeRequest(pdu), sent);
  return sent;
}

Deno.test("modbus clamps of a site: a lower value goes to the device, and the client gets its own echo", () => {
  const rig = new PolicyRig(CLAMP);
  assert.deepEqual(forwarded(rig, limit(32)), limit(16));
  assert.deepEqual([...rig.served(limit(32))], [6, 1000 >> 8, 1000 & 0xff, 0, 32]);
  const mask: ModbusRequest = { function: 22, address: 1000, and: 0, or: 32 };
  assert.deepEqual(forwarded(rig, mask), { ...mask, or: 16 });
  assert.deepEqual([...rig.served(mask)], [22, 1000 >> 8, 1000 & 0xff, 0, 0, 0, 32]);
  const many: ModbusRequest = { function: 16, address: 1000, registers: [20, 320] };
  assert.deepEqual(forwarded(rig, many), { ...many, registers: [16, 160] });
  assert.deepEqual([...rig.served(many)], [16, 1000 >> 8, 1000 & 0xff, 0, 2]);
  assert.deepEqual([...rig.served(limit(32), REFUSED)], [...REFUSED]);
});

Deno.test("modbus clamps of a site: within a read and write only the written value changes", () => {
  const rig = new PolicyRig([...CLAMP, rule({ id: "reads", access: "read" })]);
  const both: ModbusRequest = {
    function: 23,
    read: { address: 200, quantity: 2 },
    write: { address: 1000, registers: [32] },
  };
  assert.deepEqual(forwarded(rig, both), { ...both, write: { address: 1000, registers: [16] } });
  const answer = Uint8Array.of(23, 4, 1, 2, 3, 4);
  assert.equal(rig.served(both, answer), answer);
});

Deno.test("modbus clamps of a site: a limit rises at its rate however often it is asked for, and falls at once", () => {
  const rig = new PolicyRig(CLAMP);
  rig.served(limit(6));
  const seen: number[] = [];
  for (let half = 0; half < 12; half++) {
    rig.later(30);
    seen.push((forwarded(rig, limit(16)) as { value: number }).value);
    rig.served(limit(16));
  }
  assert.deepEqual(seen, [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 16]);
  rig.served(limit(0));
  assert.deepEqual(forwarded(rig, limit(16)), limit(0));
  rig.later(180); // over the gap between 0 and 6
  assert.deepEqual(forwarded(rig, limit(16)), limit(6));
});

Deno.test("modbus clamps of a site: what the device refused was never in force", () => {
  const rig = new PolicyRig(CLAMP);
  rig.served(limit(6));
  rig.served(limit(0), REFUSED);
  rig.later(60);
  assert.deepEqual(forwarded(rig, limit(16)), limit(8));
});

Deno.test("the gateway never lifts a limit itself: no answer, no time and no end of a lease makes it write", () => {
  const rig = new PolicyRig(CLAMP);
  rig.served(limit(6));
  rig.later(3_600);
  // All that a policy can do is answer what clients ask: nothing is forwarded that is more than a client asked for.
  let seed = 3;
  const random = (most: number) => (seed = (seed * 16807) % 2147483647) % most;
  for (let count = 0; count < 2_000; count++) {
    const asked = random(40), verdict = rig.judge(limit(asked));
    rig.later(random(30));
    if (verdict.do === "refuse") continue;
    const { value } = verdict.request as { readonly value: number };
    assert.ok(value <= asked && value <= 16, `${value} for ${asked}`);
    rig.policy.seeResponse(rig.ask(limit(asked)), verdict, verdict.pdu, rig.now);
  }
});

Deno.test("modbus policy of a site: writes of failsafes and credentials are worth a record, those of limits are not", () => {
  const rig = new PolicyRig([rule({ access: "write", points: ["current-limit", "safe-current", "present-badge"] })]);
  const notable = (request: ModbusRequest) => (rig.judge(request) as Forward).granted?.notable;
  assert.deepEqual(notable(limit(6)), []);
  assert.deepEqual(notable({ function: 6, address: 131, value: 6 }), ["safe-current"]);
  assert.deepEqual(notable({ function: 16, address: 1110, registers: Array(10).fill(0x4141) }), ["present-badge"]);
});

Deno.test("modbus last values: as many as the limit, one more lets the oldest go; those of units that are gone, too", () => {
  const last = new LastValues();
  for (let at = 0; at < MODBUS_LIMITS.writeLeases; at++) last.forwarded(11, new Map([[`p${at}`, 6]]), 0);
  assert.equal(last.of(11, "p0", 60_000)?.minutesAgo, 1);
  last.forwarded(12, new Map([["more", 6]]), 0);
  assert.equal(last.of(11, "p0", 0), undefined);
  last.keepUnits((unit) => unit === 12);
  assert.deepEqual([last.of(11, "p1", 0), last.of(12, "more", 0)?.value], [undefined, 6]);
});

Deno.test("modbus recording of a site: what was asked, how often and between which values, never a badge's", () => {
  const rules = [
    ...RULES,
    rule({ id: "reads", access: "read" }),
    rule({ id: "kiosk", access: "write", points: ["present-badge"] }),
  ];
  const rig = new PolicyRig(rules);
  for (const value of [6, 16, 10]) rig.judge(limit(value));
  for (let count = 0; count < 20; count++) rig.judge({ function: 3, address: 200, quantity: 2 });
  rig.judge({ function: 16, address: 1110, registers: Array(10).fill(0x4141) });
  const [client, ...others] = rig.policy.takeRecording(0, 9, rig.now);
  assert.equal(others.length, 0);
  assert.deepEqual([client!.client, client!.role, client!.unit, client!.missed], ["ems-1", "EnergyManager", 11, 0]);
  const seen = client!.requests.map(({ functionCode, targets, count, times }) => [
    functionCode,
    targets.map(({ point, values }) => [point?.name, values]),
    count,
    times.length,
  ]);
  assert.deepEqual(seen, [
    [6, [["current-limit", [6, 16]]], 3, 3],
    [3, [["energy-l1", undefined]], 20, 16],
    [16, [["present-badge", undefined]], 1, 1],
  ]);
  assert.deepEqual(rig.policy.takeRecording(0, 9, rig.now), []);
  rig.judge({ function: 3, address: 200, quantity: 2 });
  assert.equal(rig.policy.takeRecording(0, 9, rig.now)[0]?.requests[0]?.count, 1, "it begins anew");
  assert.equal(EMS.client, "ems-1");
});
