import { deepEqual, equal } from "node:assert/strict";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { readFields } from "../../policies/ocpp_fields.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { MessageRecorder } from "./message_recorder.ts";

const at = (id: string) => ({ station: { id }, csms: "main" });
const firmware = (location: string) => readFields("csms", "UpdateFirmware", { location });

Deno.test("message recorder: counts kinds of messages with their last times, and nothing else of them", () => {
  const time = new ManualTime(1_000);
  const recorder = new MessageRecorder(time);
  const record = recorder.of(at("CP001"), "ocpp1.6");
  for (let i = 0; i < 3; i++) {
    record("station", "Heartbeat", undefined);
    time.advance(1_000);
  }
  record("csms", "UpdateFirmware", firmware("https://user:secret@fw.example/path/a.bin?token=1"));
  record("csms", "UpdateFirmware", firmware("https://evil.example/"));
  const [station] = recorder.take(0, 10);
  deepEqual(station?.messages.map(({ action, count, times, fields }) => [action, count, times, fields?.hosts]), [
    ["Heartbeat", 3, [1_000, 2_000, 3_000], undefined],
    ["UpdateFirmware", 1, [4_000], ["fw.example"]],
    ["UpdateFirmware", 1, [4_000], ["evil.example"]],
  ]);
  const text = JSON.stringify(station);
  for (const secret of ["user", "secret", "path", "token"]) equal(text.includes(secret), false, secret);
});

Deno.test("message recorder: values of settings, badges and vendor data are not kept", () => {
  const recorder = new MessageRecorder(new ManualTime());
  const record = recorder.of(at("CP001"), "ocpp1.6");
  const keep = (action: string, payload: unknown) => record("csms", action, readFields("csms", action, payload));
  keep("ChangeConfiguration", { key: "AuthorizationKey", value: "0123456789abcdef" });
  keep("RemoteStartTransaction", { idTag: "BADGE77", connectorId: 1 });
  keep("DataTransfer", { vendorId: "com.example", messageId: "m", data: "private" });
  const text = JSON.stringify(recorder.take(0, 10));
  for (const secret of ["0123456789abcdef", "BADGE77", "private"]) equal(text.includes(secret), false, secret);
  equal(text.includes("authorizationkey"), true);
});

Deno.test("message recorder: of more times than the limit the newest are kept, in order", () => {
  const time = new ManualTime(0);
  const recorder = new MessageRecorder(time);
  const record = recorder.of(at("CP001"), "ocpp1.6");
  const { recordedTimes } = POLICY_LIMITS;
  for (let i = 0; i < recordedTimes + 3; i++) {
    record("station", "Heartbeat", undefined);
    time.advance(1);
  }
  const [message] = recorder.take(0, 1)[0]!.messages;
  deepEqual(message!.times, Array.from({ length: recordedTimes }, (_, i) => i + 3));
  equal(message!.count, recordedTimes + 3);
});

Deno.test("message recorder: at the limit of kinds all are kept, further ones are counted", () => {
  const recorder = new MessageRecorder(new ManualTime());
  const record = recorder.of(at("CP001"), "ocpp1.6");
  const { recordedKinds } = POLICY_LIMITS;
  for (let i = 0; i < recordedKinds; i++) record("station", `A${i}`, undefined);
  record("station", "A0", undefined);
  record("station", "beyond", undefined);
  record("csms", "UpdateFirmware", firmware("https://beyond.example"));
  const [station] = recorder.take(0, 1);
  deepEqual([station?.messages.length, station?.missed], [recordedKinds, 2]);
});

Deno.test("message recorder: hands over what is old enough, the oldest first; a station goes on anew", () => {
  const time = new ManualTime();
  const recorder = new MessageRecorder(time);
  const [first, second] = [recorder.of(at("CP001"), "ocpp1.6"), recorder.of(at("CP002"), "ocpp1.6")];
  first("station", "Heartbeat", undefined);
  time.advance(1_000);
  second("station", "Heartbeat", undefined);
  const ids = (stations: ReturnType<typeof recorder.take>) => stations.map(({ resource }) => resource.station.id);
  deepEqual(ids(recorder.take(1_000, 10)), ["CP001"]);
  deepEqual(ids(recorder.take(1_000, 10)), []);
  first("station", "Heartbeat", undefined);
  deepEqual(ids(recorder.take(0, 1)), ["CP002"]);
  deepEqual(recorder.take(0, 10).map(({ messages }) => messages[0]?.count), [1]);
  equal(recorder.size, 0);
});

Deno.test("message recorder: two sessions of a station in one conversation are one; another version is another", () => {
  const recorder = new MessageRecorder(new ManualTime());
  for (const version of ["ocpp1.6", "ocpp1.6", "ocpp2.0.1"] as const) {
    recorder.of(at("CP001"), version)("station", "Heartbeat", undefined);
  }
  deepEqual(recorder.take(0, 10).map(({ version, messages }) => [version, messages[0]?.count]), [
    ["ocpp1.6", 2],
    ["ocpp2.0.1", 1],
  ]);
});

Deno.test("message recorder: as many stations as the limit are recorded, one more is not until there is room", () => {
  const recorder = new MessageRecorder(new ManualTime());
  const { recordedStations } = OCPP_LIMITS;
  for (let i = 0; i < recordedStations; i++) recorder.of(at(`S${i}`), "ocpp1.6")("station", "Heartbeat", undefined);
  const late = recorder.of(at("late"), "ocpp1.6");
  late("station", "Heartbeat", undefined);
  equal(recorder.size, recordedStations);
  recorder.take(0, 1);
  late("station", "Heartbeat", undefined);
  equal(recorder.take(0, recordedStations).at(-1)?.resource.station.id, "late");
});

Deno.test("message recorder: what a message says is kept up to its limit; one that says more is only counted", () => {
  const recorder = new MessageRecorder(new ManualTime());
  const record = recorder.of(at("CP001"), "ocpp1.6");
  const keep = (chars: number) => {
    const fields = firmware("https://fw.example");
    const room = JSON.stringify(["csms", "UpdateFirmware", fields]).length - "fw.example".length;
    record("csms", "UpdateFirmware", { ...fields, hosts: ["h".repeat(chars - room)] });
  };
  keep(POLICY_LIMITS.recordedChars);
  keep(POLICY_LIMITS.recordedChars + 1);
  const [station] = recorder.take(0, 1);
  deepEqual([station?.messages.length, station?.missed], [1, 1]);
});

Deno.test("message recorder: at the limit of all kinds all are kept, one more is counted until some are handed over", () => {
  const recorder = new MessageRecorder(new ManualTime());
  const perStation = POLICY_LIMITS.recordedKinds;
  const stations = Math.floor(OCPP_LIMITS.recordedKinds / perStation);
  const rest = OCPP_LIMITS.recordedKinds - stations * perStation;
  for (let s = 0; s <= stations; s++) {
    const record = recorder.of(at(`S${s}`), "ocpp1.6");
    for (let i = 0; i < (s < stations ? perStation : rest); i++) record("station", `A${i}`, undefined);
  }
  const late = recorder.of(at("late"), "ocpp1.6");
  late("station", "Heartbeat", undefined);
  recorder.take(0, 1);
  late("station", "Heartbeat", undefined);
  const last = recorder.take(0, stations + 2).at(-1);
  deepEqual([last?.resource.station.id, last?.messages[0]?.count, last?.missed], ["late", 1, 1]);
});

Deno.test("message recorder: what stands in the place of an action and is no name is not handed over", () => {
  const time = new ManualTime(), recorder = new MessageRecorder(time);
  const record = recorder.of(at("CP001"), "ocpp1.6");
  record("station", "pin=1234", undefined);
  record("station", "Heartbeat", undefined);
  deepEqual(recorder.take(0, 9)[0]!.messages.map(({ action }) => action), ["[no action]", "Heartbeat"]);
});
