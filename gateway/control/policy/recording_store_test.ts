import { deepEqual, equal } from "node:assert/strict";
import type { RecordedMessage, RecordedStation } from "../../../policies/recorded_message.ts";
import { POLICY_RECORD_LIMITS } from "./limits.ts";
import { parseStation, RecordingStore } from "./recording_store.ts";

const message = (action: string, at: number): RecordedMessage => ({ from: "csms", action, count: 1, times: [at] });
function station(id: string, ...messages: RecordedMessage[]): RecordedStation {
  return { resource: { station: { id }, csms: "main" }, version: "ocpp1.6", messages, missed: 0 };
}

async function withFile(test: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "recording-" });
  try {
    await test(`${folder}/policy/recording.jsonl`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("recording store: what is saved is there again, readable by its owner only", () =>
  withFile(async (file) => {
    const store = new RecordingStore(file);
    store.add([station("CP002", message("Reset", 1)), station("CP001", message("GetLog", 2))]);
    store.add([station("CP002", message("Reset", 3))]);
    equal(await store.save(true), true);
    equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    const again = new RecordingStore(file);
    await again.load();
    deepEqual(again.all(), store.all());
    deepEqual(again.all().map(({ resource, messages }) => [resource.station.id, messages[0]?.count]), [
      ["CP001", 1],
      ["CP002", 2],
    ]);
  }));

Deno.test("recording store: nothing is written when nothing changed", () =>
  withFile(async (file) => {
    const store = new RecordingStore(file);
    equal(await store.save(true), false);
    store.add([station("CP001", message("Reset", 1))]);
    deepEqual([await store.save(false), await store.save(false), await store.save(true)], [true, false, false]);
    const again = new RecordingStore(file);
    await again.load();
    equal(await again.save(true), false);
  }));

Deno.test("recording store: a large recording is written at every sixth look only, and at the end", () =>
  withFile(async (file) => {
    const store = new RecordingStore(file);
    const change = (at: number) => store.add([station("CP001", message("Reset", at))]);
    store.add([station("big", { ...message("x".repeat(POLICY_RECORD_LIMITS.smallBytes), 1) })]);
    equal(await store.save(false), true);
    const written: number[] = [];
    for (let look = 2; look <= 13; look++) {
      change(look);
      if (await store.save(false)) written.push(look);
    }
    deepEqual(written, [POLICY_RECORD_LIMITS.largeEvery, 2 * POLICY_RECORD_LIMITS.largeEvery]);
    change(99);
    equal(await store.save(true), true);
  }));

Deno.test("recording store: lines that a power cut tore or another version wrote are left out", () =>
  withFile(async (file) => {
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")));
    const good = JSON.stringify(station("CP001", message("Reset", 1)));
    const bad = [
      "",
      "{",
      "7",
      "null",
      "{}",
      '{"resource":{"station":{}}}',
      good.replace("[1]", '["x"]'),
      good.slice(0, -3),
    ];
    await Deno.writeTextFile(file, [...bad, good].join("\n"));
    const store = new RecordingStore(file);
    await store.load();
    deepEqual(store.all().map(({ resource }) => resource.station.id), ["CP001"]);
    for (const line of bad) equal(parseStation(line), undefined, line);
  }));

Deno.test("recording store: a file at the limit is read, one past it begins anew", () =>
  withFile(async (file) => {
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")));
    const line = JSON.stringify(station("CP001", message("Reset", 1)));
    const kinds = async (bytes: number) => {
      await Deno.writeTextFile(file, `${line}\n`.padEnd(bytes));
      const store = new RecordingStore(file);
      await store.load();
      return store.kinds;
    };
    deepEqual([await kinds(POLICY_RECORD_LIMITS.fileBytes), await kinds(POLICY_RECORD_LIMITS.fileBytes + 1)], [1, 0]);
  }));

Deno.test("recording store: at the limit of kinds all are kept, one more drops the station longest unseen", () => {
  const store = new RecordingStore("unused", 4);
  const two = (id: string) => station(id, message("A", 1), message("B", 2));
  store.add([two("first"), two("second")]);
  equal(store.kinds, 4);
  store.add([station("first", message("A", 3))]); // seen again: "second" is the oldest now
  store.add([station("third", message("A", 1))]);
  deepEqual([store.kinds, store.all().map(({ resource }) => resource.station.id)], [3, ["first", "third"]]);
});
