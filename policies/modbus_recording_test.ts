import { strict as assert } from "node:assert";
import { POLICY_LIMITS } from "./limits.ts";
import { clientKey, mergeClients, type RecordedClient, type RecordedRequest, widen } from "./modbus_recording.ts";

const request = (part: Partial<RecordedRequest> = {}): RecordedRequest => ({
  functionCode: 16,
  targets: [{
    access: "write",
    point: { name: "current-limit", class: "commanded" },
    isPartial: false,
    values: [6, 16],
  }],
  count: 1,
  times: [1],
  ...part,
});
const client = (...requests: RecordedRequest[]): RecordedClient => ({
  conduit: "modbus",
  client: "ems-1",
  role: "ems",
  listener: "ems",
  source: "10.0.0.5",
  unit: 11,
  requests,
  missed: 0,
});

Deno.test("modbus recording: the same request adds up, with the values of both", () => {
  const later = request({ count: 2, times: [5, 6], targets: [{ ...request().targets[0]!, values: [10, 20] }] });
  const merged = mergeClients(client(request()), client(later));
  assert.deepEqual(merged.requests, [
    { ...request(), count: 3, times: [1, 5, 6], targets: [{ ...request().targets[0]!, values: [6, 20] }] },
  ]);
});

Deno.test("modbus recording: other points, another function and a part of a point are other kinds", () => {
  const target = request().targets[0]!;
  const others = [
    request({ functionCode: 6 }),
    request({ targets: [{ ...target, isPartial: true }] }),
    request({ targets: [{ access: "write", isPartial: false }] }),
    request({ targets: [target, target] }),
    request({ functionCode: 8, subfunction: 1, targets: [] }),
    request({ functionCode: 8, subfunction: 2, targets: [] }),
  ];
  assert.equal(mergeClients(client(request()), client(...others)).requests.length, 7);
});

Deno.test("modbus recording: times at their limit, and kinds at theirs and one past it", () => {
  const { recordedKinds, recordedTimes } = POLICY_LIMITS;
  const many = mergeClients(
    client(request({ times: Array(recordedTimes).fill(1) })),
    client(request({ times: [2] })),
  );
  assert.deepEqual([many.requests[0]!.times.length, many.requests[0]!.times.at(-1)], [recordedTimes, 2]);
  const kinds = (count: number) =>
    Array.from({ length: count }, (_, at) => request({ functionCode: 200 + at, times: [at] }));
  assert.equal(mergeClients(client(request({ times: [999] })), client(...kinds(recordedKinds - 1))).missed, 0);
  const full = mergeClients(client(request({ times: [999] })), client(...kinds(recordedKinds)));
  assert.deepEqual([full.requests.length, full.missed], [recordedKinds, 1]);
  assert.ok(full.requests.every(({ functionCode }) => functionCode !== 200), "the oldest makes room");
});

Deno.test("modbus recording: a client is its name, role, address and unit", () => {
  const keys = [{}, { role: undefined }, { source: "10.0.0.6" }, { unit: 1 }, { client: "x" }].map((part) => {
    const { role, ...rest } = { ...client(), ...part };
    return clientKey(role === undefined ? rest : { ...rest, role });
  });
  assert.equal(new Set(keys).size, 5);
});

Deno.test("modbus recording: a range of values grows by what is outside of it", () => {
  assert.deepEqual([widen(undefined, 7), widen([6, 16], 0), widen([6, 16], 10)], [[7, 7], [0, 16], [6, 16]]);
});
