import { deepEqual, equal } from "node:assert/strict";
import type { RecordedClient } from "../../../policies/modbus_recording.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { KeptLease } from "../../core/modbus_api.ts";
import { openStore } from "../../store/kv_store.ts";
import { KeptLeases } from "./kept_leases.ts";
import { MODBUS_CONTROL_LIMITS } from "./limits.ts";
import { ModbusRecording } from "./modbus_recording.ts";

const lease = (part: Partial<KeptLease> = {}): KeptLease => ({
  unit: 11,
  point: "current-limit",
  owner: "ems-1 at ems",
  priority: 0,
  ttlMs: 60_000,
  ...part,
});

async function withStore(test: (kept: KeptLeases) => Promise<void>): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(new KeptLeases(store));
  } finally {
    await store.close();
  }
}
const everywhere = () => true;

Deno.test("modbus kept leases: the last commander of each point, and nothing of units that are gone", () =>
  withStore(async (kept) => {
    await kept.keep([lease(), lease({ unit: 12 })]);
    await kept.keep([lease({ owner: "grid at ems", priority: 5 })]);
    deepEqual(await kept.all(everywhere), [lease({ owner: "grid at ems", priority: 5 }), lease({ unit: 12 })]);
    deepEqual((await kept.all((unit) => unit === 12)).map(({ unit }) => unit), [12]);
    deepEqual((await kept.all(everywhere)).map(({ unit }) => unit), [12], "it was forgotten for good");
  }));

Deno.test("modbus kept leases: as many as the limit, and not one more", () =>
  withStore(async (kept) => {
    const { keptLeases } = MODBUS_CONTROL_LIMITS;
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => lease({ point: `p${from + at}` }));
    for (let from = 0; from <= keptLeases; from += 512) {
      await kept.keep(many(from, Math.min(512, keptLeases + 1 - from)));
    }
    equal((await kept.all(everywhere)).length, keptLeases);
  }));

const client = (unit: number, part: Partial<RecordedClient> = {}): RecordedClient => ({
  conduit: "modbus",
  client: "ems-1",
  listener: "ems",
  source: "10.0.0.5",
  unit,
  requests: [{ functionCode: 43, targets: [], count: 1, times: [1] }],
  missed: 0,
  ...part,
});

Deno.test("modbus recording: what comes later adds up, in the order of units", () => {
  const recording = new ModbusRecording();
  recording.add([client(12), client(11)]);
  recording.add([client(12, { missed: 3 })]);
  deepEqual(recording.all().map(({ unit, requests, missed }) => [unit, requests[0]?.count, missed]), [[11, 1, 0], [
    12,
    2,
    3,
  ]]);
});

Deno.test("modbus recording: as many clients as the limit, and the one longest unseen makes room", () => {
  const recording = new ModbusRecording(), { recordedClients } = MODBUS_CONTROL_LIMITS;
  recording.add(Array.from({ length: recordedClients }, (_, at) => client(1, { client: `c${at}` })));
  recording.add([client(1, { client: "c0" })]);
  equal(recording.all().length, recordedClients);
  recording.add([client(1, { client: "more" })]);
  const names = recording.all().map((each) => each.client);
  deepEqual([names.length, names.includes("c1"), names.includes("c0")], [recordedClients, false, true]);
});
