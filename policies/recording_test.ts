import { deepStrictEqual as equal } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import type { RecordedMessage, RecordedStation } from "./recorded_message.ts";
import { lastTime, mergeStations, stationKey } from "./recording.ts";

const one = (action: string, count: number, times: number[]): RecordedMessage => ({
  from: "csms",
  action,
  count,
  times,
});
function station(...messages: RecordedMessage[]): RecordedStation {
  return { resource: { station: { id: "CP001" }, csms: "main" }, version: "ocpp1.6", messages, missed: 0 };
}

Deno.test("recording: what came later adds to what is known, kind by kind", () => {
  const merged = mergeStations(
    station(one("A", 2, [1, 2]), one("B", 1, [3])),
    station(one("A", 3, [4, 5, 6]), one("C", 1, [7])),
  );
  equal(merged.messages, [one("C", 1, [7]), one("A", 5, [1, 2, 4, 5, 6]), one("B", 1, [3])]);
  equal(mergeStations(undefined, station(one("A", 1, [1]))), station(one("A", 1, [1])));
});

Deno.test("recording: kinds with different fields stay apart", () => {
  const fields = { hosts: ["a"], schemes: ["https"], keys: [], vendorIds: [], messageIds: [], fields: {} };
  const merged = mergeStations(station({ ...one("A", 1, [1]), fields }), station(one("A", 1, [2])));
  equal(merged.messages.length, 2);
});

Deno.test("recording: as many times as the limit are kept, the newest ones", () => {
  const { recordedTimes } = POLICY_LIMITS;
  const times = Array.from({ length: recordedTimes }, (_, i) => i);
  equal(mergeStations(station(one("A", recordedTimes, times)), station(one("A", 1, [99]))).messages[0], {
    ...one("A", recordedTimes + 1, [...times.slice(1), 99]),
  });
});

Deno.test("recording: at the limit of kinds all are kept, with one more the longest unseen goes and is counted", () => {
  const { recordedKinds } = POLICY_LIMITS;
  const full = station(...Array.from({ length: recordedKinds }, (_, i) => one(`A${i}`, 5, [i])));
  const same = mergeStations(full, station(one("A0", 1, [999])));
  equal([same.messages.length, same.missed], [recordedKinds, 0]);
  const more = mergeStations(same, station(one("new", 1, [1000])));
  equal([more.messages.length, more.missed, more.messages.some(({ action }) => action === "A1")], [
    recordedKinds,
    5,
    false,
  ]);
  equal(more.messages[0]?.action, "new");
});

Deno.test("recording: a station is known by id, version and CSMS; the last time of a kind orders it", () => {
  equal(stationKey(station()), "CP001\nocpp1.6\nmain");
  equal([lastTime(one("A", 1, [3, 4])), lastTime(one("A", 0, []))], [4, 0]);
});
