import assert from "node:assert/strict";
import { MODBUS_RULES } from "../../policies/modbus.ts";
import { type ModbusRequest } from "./codec.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { Asker, Forward } from "./policy.ts";
import { EMS, policyConfig, PolicyRig, rule } from "./testing/policy_rig.ts";

const READS = rule({ id: "reads", access: "read" });
const LIMIT = rule({ id: "limit", access: "write", points: ["current-limit"], roles: ["EnergyManager"] });
const HIDE = rule({ id: "hide", effect: "mask", classes: ["personal"] });
const read = (address: number, quantity = 1): ModbusRequest => ({ function: 3, address, quantity });
const write = (address: number, ...registers: number[]): ModbusRequest => ({ function: 16, address, registers });

const TOUCHED: readonly [string, ModbusRequest, string][] = [
  ["a set point by function code 6", { function: 6, address: 1000, value: 16 }, "allow"],
  ["a set point by function code 16", write(1000, 16), "allow"],
  ["a set point as a mask that replaces it", { function: 22, address: 1000, and: 0, or: 16 }, "allow"],
  [
    "a set point within function code 23",
    { function: 23, read: { address: 200, quantity: 2 }, write: { address: 1000, registers: [16] } },
    "allow",
  ],
  ["a value that the maker does not allow", { function: 6, address: 1000, value: 33 }, MODBUS_RULES.illegalValue],
  ["some bits of a set point", { function: 22, address: 1000, and: 0xff00, or: 1 }, MODBUS_RULES.partialWrite],
  ["a set point and its neighbour", write(1000, 16, 160), MODBUS_RULES.default],
  ["a set point and registers that nobody knows", write(999, 0, 16), MODBUS_RULES.default],
  ["a failsafe", { function: 6, address: 131, value: 6 }, MODBUS_RULES.default],
  ["presenting a badge", write(1110, ...Array(10).fill(0x4141)), MODBUS_RULES.default],
  ["a part of presenting a badge", write(1112, 0x4141), MODBUS_RULES.default],
  [
    "a write hidden in a read",
    { function: 23, read: { address: 200, quantity: 2 }, write: { address: 131, registers: [6] } },
    MODBUS_RULES.default,
  ],
  [
    "a badge read beside an allowed write",
    { function: 23, read: { address: 720, quantity: 10 }, write: { address: 1000, registers: [16] } },
    MODBUS_RULES.default,
  ],
  ["what the profile says the device does not know", { function: 4, address: 200, quantity: 2 }, "modbus.unsupported"],
];
for (const [name, request, wanted] of TOUCHED) {
  Deno.test(`modbus policy of a site: ${name} is ${wanted === "allow" ? "allowed" : `refused by ${wanted}`}`, () => {
    assert.equal(new PolicyRig([READS, LIMIT]).decided(request), wanted);
  });
}

Deno.test("modbus policy of a site: a value over two registers is judged whole, in the profile's word order", () => {
  // EVlink Pro AC has no commanded float; Mennekes has one with the most significant register first.
  const units = [{ unit: 11, line: "l", device: 1, profile: "mennekes-compact" }];
  const rig = new PolicyRig([rule({ access: "write", points: ["current-limit"], values: [[6, 16]] })], { units });
  assert.equal(rig.decided(write(0x0302, 0x4180, 0)), "allow"); // 16.0
  assert.equal(rig.decided(write(0x0302, 0x4188, 0)), MODBUS_RULES.default); // 17.0
  assert.equal(rig.decided(write(0x0302, 0, 0x4180)), MODBUS_RULES.default); // 16.0 in the other order
  assert.equal(rig.decided(write(0x0302, 0x7fc0, 0)), MODBUS_RULES.default); // no number
  assert.equal(rig.decided({ function: 6, address: 0x0302, value: 0x4180 }), MODBUS_RULES.default); // a half of it
});

Deno.test("modbus policy of a site: a refusal names the point that decided, not all that were touched", () => {
  const verdict = new PolicyRig([READS, LIMIT]).judge(write(1000, 16, 160));
  assert.ok(verdict.do === "refuse");
  assert.deepEqual([verdict.points, verdict.exception], [["current-limit-fine"], 1]);
  const [unknown] = [new PolicyRig([READS]).judge(read(99, 3))];
  assert.deepEqual(unknown?.do === "refuse" && unknown.points, ["firmware"]);
});

Deno.test("modbus policy of a site: badges are zeroed in the answer, whole and cut, and nothing else is", () => {
  const rig = new PolicyRig([READS, HIDE]);
  const answer = Uint8Array.of(3, 26, ...Array(26).fill(7));
  // 718 and 719 are the session's duration, 720 to 729 the badge, 730 the charge level of the vehicle
  const shown = rig.served(read(718, 13), answer);
  assert.deepEqual([...shown], [3, 26, 7, 7, 7, 7, ...Array(22).fill(0)]);
  assert.deepEqual([...answer.slice(2)], Array(26).fill(7), "others may see more of the same answer");
  assert.deepEqual([...rig.served(read(729, 1), Uint8Array.of(3, 2, 9, 9))], [3, 2, 0, 0]);
  assert.deepEqual([...rig.served(read(720, 1), Uint8Array.of(0x83, 2))], [0x83, 2]);
});

Deno.test("modbus policy of a site: a badge is zeroed in a read that comes with an allowed write, too", () => {
  const rig = new PolicyRig([READS, HIDE, LIMIT]);
  const both: ModbusRequest = {
    function: 23,
    read: { address: 720, quantity: 2 },
    write: { address: 1000, registers: [16] },
  };
  assert.deepEqual([...rig.served(both, Uint8Array.of(23, 4, 9, 9, 9, 9))], [23, 4, 0, 0, 0, 0]);
});

Deno.test("modbus policy of a site: what is read again and again is decided once, until rules, hours or units change", () => {
  const hours = { from: "08:00", to: "18:00" };
  const rig = new PolicyRig([rule({ id: "day", access: "read", hours }), HIDE]);
  assert.deepEqual([1, 2, 3].map(() => rig.decided(read(731))), Array(3).fill(MODBUS_RULES.default));
  const first = rig.judge(read(200, 2)), again = rig.judge(read(200, 2));
  assert.deepEqual(again, first);
  rig.later(6 * 3_600); // 18:00
  assert.equal(rig.decided(read(200, 2)), MODBUS_RULES.default);
  rig.policy.configure(policyConfig([READS]));
  assert.equal(rig.decided(read(200, 2)), "allow");
  rig.policy.configure(policyConfig([READS], { units: [] }));
  assert.equal(rig.decided(read(200, 2)), MODBUS_RULES.default, "without its profile nobody knows the register");
});

Deno.test("modbus policy of a site: as many reads are remembered as the limit, and one more is decided all the same", () => {
  const rig = new PolicyRig([rule({ id: "raw", unknown: true })]);
  for (let at = 0; at <= MODBUS_LIMITS.rememberedReads; at++) assert.equal(rig.decided(read(at, 1), 9), "allow");
  assert.equal(rig.decided(read(0, 1), 9), "allow");
});

Deno.test("modbus policy of a site: sources are the networks of the rules that hold the client's address", () => {
  const rig = new PolicyRig([rule({ access: "read", sources: ["10.0.0.0/24"] })]);
  const far: Asker = { ...EMS, source: "10.0.1.5" };
  assert.deepEqual([rig.decided(read(200, 2)), rig.decided(read(200, 2), 11, far)], ["allow", MODBUS_RULES.default]);
});

Deno.test("modbus policy of a site: how a request is served follows from what it touches", () => {
  const rig = new PolicyRig([
    READS,
    rule({ id: "w", access: "write" }),
    rule({ id: "raw", unknown: true, access: "read" }),
  ]);
  const served = (request: ModbusRequest, unit = 11) => {
    const { serviceClass, mayRetry, maxAgeMs } = rig.judge(request, unit) as Forward;
    return [serviceClass, mayRetry, maxAgeMs];
  };
  assert.deepEqual(served(read(200, 2)), ["read", true, 500]);
  assert.deepEqual(served(read(1000)), ["read", true, 0]);
  assert.deepEqual(served(read(218, 8)), ["read", true, 500]);
  assert.deepEqual(served(read(228, 2)), ["read", true, 0]);
  assert.deepEqual(served({ function: 6, address: 1000, value: 6 }), ["write", false, 0]);
  assert.deepEqual(served({ function: 6, address: 4000, value: 1 }, 12), ["heartbeat", false, 0]);
  const both: ModbusRequest = {
    function: 23,
    read: { address: 200, quantity: 2 },
    write: { address: 1000, registers: [6] },
  };
  assert.deepEqual(served(both), ["write", false, 0]);
});

Deno.test("modbus policy of a site: observe refuses, masks, clamps and leases nothing, and says what it would refuse", () => {
  const rules = [HIDE, { ...LIMIT, clamp: { max: 10 } }];
  const rig = new PolicyRig(rules, { mode: "observe" });
  for (
    const request of [
      read(200, 2),
      write(1110, ...Array(10).fill(1)),
      write(131, 6),
      { function: 8, subfunction: 4, data: new Uint8Array(2) } as const,
    ]
  ) {
    const verdict = rig.judge(request);
    assert.ok(verdict.do === "forward");
    assert.equal(verdict.wouldRefuse?.rule, MODBUS_RULES.default);
    assert.equal(verdict.pdu[0], request.function);
  }
  const badge = Uint8Array.of(3, 2, 9, 9);
  assert.equal(rig.served(read(720, 1), badge), badge);
  assert.deepEqual([...rig.served({ function: 6, address: 1000, value: 32 })], [6, 1000 >> 8, 1000 & 0xff, 0, 32]);
  assert.deepEqual([rig.policy.leases(rig.now), rig.leased], [[], []]);
});

Deno.test("modbus policy of a site: equal names of another authority, and other addresses of a plaintext listener, are others", () => {
  const rig = new PolicyRig([rule({ access: "write", points: ["current-limit"] })]);
  const plain: Asker = { client: "legacy", listener: "legacy", source: "10.0.0.6" };
  assert.equal(rig.decided({ function: 6, address: 1000, value: 6 }), "allow");
  for (const other of [{ ...EMS, listener: "other" }, plain]) {
    assert.equal(rig.decided({ function: 6, address: 1000, value: 6 }, 11, other), MODBUS_RULES.lease);
  }
  assert.equal(rig.decided({ function: 6, address: 1000, value: 6 }, 11, { ...EMS, source: "10.0.0.77" }), "allow");
});
