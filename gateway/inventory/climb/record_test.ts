import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { openStore } from "../../store/kv_store.ts";
import { type ClimbRecord, ClimbRecords, hasEnded } from "./record.ts";

const RECORD: ClimbRecord = {
  ...{ stationId: "CP100", who: "eva", version: "ocpp1.6", url: "wss://gw.example/ocpp", minutes: 10, force: false },
  ...{ hops: [], hop: 0, step: 0, state: "running", pending: [], notes: [], startedAt: 0 },
} as unknown as ClimbRecord;

Deno.test("climb records: what a step, a proven password and a person change at one moment is all kept", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const records = await ClimbRecords.open(store);
  await records.put({ ...RECORD, pending: [{ id: 1 }, { id: 2 }] as never });
  await Promise.all([
    records.change("CP100", (now) => ({ ...now, step: now.step + 1 })),
    records.change("CP100", (now) => ({ ...now, pending: [] })),
    records.change("CP100", (now) => ({ ...now, certificate: "aa" })),
    records.change("CP100", () => undefined),
    records.change("CP999", () => RECORD),
  ]);
  const standing = ({ step, pending, certificate }: ClimbRecord) => [step, pending.length, certificate];
  deepEqual(standing(records.get("CP100")!), [1, 0, "aa"]);
  const again = await ClimbRecords.open(store);
  deepEqual(standing(again.get("CP100")!), [1, 0, "aa"]);
  equal(again.get("CP999"), undefined);
  await store.close();
});

Deno.test("climb records: one that a person has ended is not begun again by a step that was under way", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const records = await ClimbRecords.open(store);
  await records.put(RECORD);
  const unlessEnded = (how: (now: ClimbRecord) => ClimbRecord) =>
    records.change("CP100", (now) => hasEnded(now) ? undefined : how(now));
  await Promise.all([
    unlessEnded((now) => ({ ...now, state: "cancelled" })),
    unlessEnded((now) => ({ ...now, state: "running", step: 3 })),
  ]);
  deepEqual([records.get("CP100")!.state, records.get("CP100")!.step], ["cancelled", 0]);
  await store.close();
});
