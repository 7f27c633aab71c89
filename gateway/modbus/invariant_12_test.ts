import assert from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import type { ModbusRequest } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { accessesOf } from "./profile.ts";
import { PolicyRig, rule } from "./testing/policy_rig.ts";
import type { Asker } from "./policy.ts";

const READER: Asker = { client: "scada", role: "ReadOnlySunSpec", source: "10.0.0.5", listener: "ems" };
/** As wide as a role that only reads can be made, beside one that may write everything. */
const RULES = [
  rule({ id: "reads", access: "read", roles: ["ReadOnlySunSpec"] }),
  rule({ id: "badges", access: "read", classes: ["personal", "credential"], roles: ["ReadOnlySunSpec"] }),
  rule({ id: "raw", access: "read", unknown: true, roles: ["ReadOnlySunSpec"] }),
  rule({ id: "broadcast", access: "read", units: [0], roles: ["ReadOnlySunSpec"] }),
  rule({ id: "look", functions: [7, 8, 11, 12, 17, 20, 24, 43], roles: ["ReadOnlySunSpec"] }),
  rule({ id: "all", access: "write", roles: ["GridServiceSunSpec"] }),
  rule({ id: "all-files", functions: [21], roles: ["GridServiceSunSpec"] }),
];
const UNITS = [0, 1, 9, 11, 12, 255];
/** Subfunctions of diagnostics that change nothing at the device (V1.1b3 section 6.8). */
const LOOKS = [0, 2, 11, 12, 13, 14, 15, 16, 17, 18];

/** Whether a request can change anything at a device. */
function changes(request: ModbusRequest): boolean {
  if (request.function === 8) return !LOOKS.includes(request.subfunction);
  return request.function === 21 || accessesOf(request).some(({ values }) => values !== undefined);
}

/** Requests that write, by each function code that can: single, many, masked, mixed with reads, files and diagnostics. */
function writes(address: number): ModbusRequest[] {
  const registers = [16, 160, 0];
  return [
    { function: 5, address, on: true },
    { function: 6, address, value: 16 },
    { function: 15, address, bits: [true, false, true] },
    { function: 16, address, registers },
    { function: 21, records: [{ file: 1, record: 1, length: 1, registers: [1] }] },
    { function: 22, address, and: 0, or: 16 },
    { function: 22, address, and: 0xffff, or: 0 }, // changes nothing, and is a write all the same
    { function: 23, read: { address, quantity: 2 }, write: { address, registers } },
    { function: 23, read: { address: 200, quantity: 2 }, write: { address, registers: [16] } },
    ...[1, 3, 4, 10, 20, 21, 0xffff].map((subfunction) =>
      ({ function: 8, subfunction, data: new Uint8Array(2) }) as const
    ),
  ];
}

Deno.test("invariant 12: a role that only reads cannot write by any function code, broadcast, mask or multi-register trick", () => {
  const rig = new PolicyRig(RULES);
  let tried = 0;
  for (const unit of UNITS) {
    for (const address of [0, 124, 131, 199, 720, 1000, 1001, 1110, 4000, 4001, 4004, 0xfffd - 3]) {
      for (const request of writes(address)) {
        assert.ok(changes(request) || request.function === 22);
        assert.notEqual(rig.decided(request, unit, READER), "allow", `${JSON.stringify(request)} at unit ${unit}`);
        tried++;
      }
    }
  }
  assert.equal(tried, 6 * 12 * 16);
  // The other role is let through: the refusals above come from the role.
  const grid = { ...READER, role: "GridServiceSunSpec" };
  assert.equal(rig.decided({ function: 6, address: 1000, value: 16 }, 11, grid), "allow");
});

Deno.test("invariant 12: whatever bytes a role that only reads sends, nothing that changes a device is let through", () => {
  const rig = new PolicyRig(RULES);
  let seed = 20261121;
  const random = (most: number) => (seed = (seed * 48271) % 2147483647) % most;
  const passed = new Set<number>();
  for (let count = 0; count < 4_000; count++) {
    const start = random(3) === 0
      ? encodeRequest(writes(random(2) === 0 ? 1000 : random(0xfff0))[random(16)]!)
      : undefined;
    const pdu = start ?? Uint8Array.from({ length: 1 + random(12) }, () => random(256));
    pdu[0] = count % 128;
    if (start) pdu[random(pdu.length)] = random(256);
    let request: ModbusRequest;
    try {
      request = decodeRequest(pdu);
    } catch (error) {
      assert.ok(error instanceof ProtocolError);
      continue; // answered here, and never forwarded
    }
    const unit = UNITS[random(UNITS.length)]!;
    const verdict = rig.policy.judge({ asker: READER, unit, request, pdu }, rig.now);
    if (verdict.do === "refuse") continue;
    assert.ok(!changes(verdict.request), `${JSON.stringify(verdict.request)} at unit ${unit}`);
    assert.deepEqual(verdict.pdu, pdu);
    passed.add(request.function);
  }
  assert.ok(passed.size >= 6, `only function codes ${[...passed]} were let through: the test tries too little`);
});
