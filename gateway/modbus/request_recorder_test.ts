import assert from "node:assert/strict";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import type { ModbusTarget } from "../../policies/modbus_rule.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { countRequest, RequestRecorder } from "./request_recorder.ts";

const principal = (client = "ems-1", unit = 11) => ({ client, role: "Ems", listener: "ems", source: "10.0.0.5", unit });
const target = (part: Partial<ModbusTarget> = {}): ModbusTarget => ({
  access: "write",
  point: { name: "current-limit", class: "commanded" },
  isPartial: false,
  value: 16,
  ...part,
});

Deno.test("modbus recorder: a client's requests at a unit, taken out after a while, oldest first", () => {
  const recorder = new RequestRecorder();
  for (const [unit, at] of [[11, 0], [12, 5]] as const) {
    const kinds = recorder.of(principal("ems-1", unit), at)!;
    countRequest(recorder.kind(kinds, { function: 6 }, [target()])!, [target()], 7);
  }
  assert.deepEqual(recorder.take(10, 9, 9), []);
  assert.deepEqual(recorder.take(10, 9, 10).map(({ unit }) => unit), [11]);
  assert.deepEqual(recorder.take(0, 9, 10), [{
    ...{ conduit: "modbus", ...principal("ems-1", 12), missed: 0 },
    requests: [{
      functionCode: 6,
      targets: [{
        access: "write",
        isPartial: false,
        point: { name: "current-limit", class: "commanded" },
        values: [16, 16],
      }],
      count: 1,
      times: [7],
    }],
  }]);
});

Deno.test("modbus recorder: values of badges, vehicles and unknown registers are not kept", () => {
  for (const point of [{ name: "b", class: "credential" }, { name: "v", class: "personal" }, undefined] as const) {
    const recorder = new RequestRecorder(), kinds = recorder.of(principal(), 0)!;
    const asked = [target({ point })];
    countRequest(recorder.kind(kinds, { function: 6 }, asked)!, asked, 0);
    assert.doesNotMatch(JSON.stringify(recorder.take(0, 9, 0)), /values|16/);
  }
});

Deno.test("modbus recorder: the last times are kept, at their limit and past it", () => {
  const recorder = new RequestRecorder(), kinds = recorder.of(principal(), 0)!, { recordedTimes } = POLICY_LIMITS;
  const kind = recorder.kind(kinds, { function: 43 }, [])!;
  for (let at = 0; at <= recordedTimes; at++) countRequest(kind, [], at);
  const [request] = recorder.take(0, 9, 0)[0]!.requests;
  assert.deepEqual([request!.count, request!.times.length, request!.times[0]], [recordedTimes + 1, recordedTimes, 1]);
});

Deno.test("modbus recorder: kinds of one client at their limit, one more is only counted", () => {
  const recorder = new RequestRecorder(), kinds = recorder.of(principal(), 0)!;
  for (let at = 0; at < POLICY_LIMITS.recordedKinds; at++) assert.ok(recorder.kind(kinds, { function: at }, []));
  assert.equal(recorder.kind(kinds, { function: 200 }, []), undefined);
  assert.ok(recorder.kind(kinds, { function: 1 }, []), "a known one goes on");
  assert.equal(kinds.missed, 1);
});

Deno.test("modbus recorder: kinds of all clients at their limit, and again once some were taken", () => {
  const recorder = new RequestRecorder(), { recordedRequests } = MODBUS_LIMITS, each = POLICY_LIMITS.recordedKinds;
  for (let at = 0; at < recordedRequests; at++) {
    const kinds = recorder.of(principal(`c${Math.floor(at / each)}`), 0)!;
    assert.ok(recorder.kind(kinds, { function: at % each }, []));
  }
  const late = recorder.of(principal("late"), 0)!;
  assert.equal(recorder.kind(late, { function: 1 }, []), undefined);
  recorder.take(0, 1, 0);
  assert.ok(recorder.kind(late, { function: 1 }, []));
});

Deno.test("modbus recorder: clients at their limit, one more is not recorded", () => {
  const recorder = new RequestRecorder();
  for (let at = 0; at < MODBUS_LIMITS.recordedClients; at++) assert.ok(recorder.of(principal(`c${at}`), 0));
  assert.equal(recorder.of(principal("more"), 0), undefined);
  assert.equal(recorder.size, MODBUS_LIMITS.recordedClients);
});

Deno.test("modbus recorder: a request that says more than the limit is only counted", () => {
  const recorder = new RequestRecorder(), kinds = recorder.of(principal(), 0)!;
  const empty = JSON.stringify([16, null, [["write", "", false]]]).length;
  const long = (chars: number) => [target({ point: { name: "p".repeat(chars), class: "commanded" } })];
  assert.ok(recorder.kind(kinds, { function: 16 }, long(MODBUS_LIMITS.recordedChars - empty)));
  assert.equal(recorder.kind(kinds, { function: 16 }, long(MODBUS_LIMITS.recordedChars - empty + 1)), undefined);
});

Deno.test("modbus recorder: what was handed over is begun anew", () => {
  const recorder = new RequestRecorder(), kinds = recorder.of(principal(), 0)!;
  recorder.take(0, 9, 0);
  assert.equal(kinds.isOpen, false);
  assert.notEqual(recorder.of(principal(), 0), kinds);
});
