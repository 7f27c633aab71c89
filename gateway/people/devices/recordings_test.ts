import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { DeviceRig } from "../testing/device_rig.ts";
import { DEVICE_LIMITS } from "./limits.ts";
import { RecordingFiles } from "./recording_file.ts";

const DAY = 86_400_000;
const REQUEST: DeviceRequestRecord = {
  ...{ at: 0, method: "POST", page: "write /v1/app_settings", capability: "edit", decision: "allowed" },
  ...{ rule: "field-7", status: 200, count: 1, bytesIn: 40, bytesOut: 10, settings: ["OperatorCurrentLimit_er"] },
  fields: [{ name: "OperatorCurrentLimit_er", value: "16" }, { name: "UserPassword", value: "hunter2" }],
};

/** A site that records, with its folder. */
async function withRecording(
  test: (rig: DeviceRig, folder: string) => Promise<void>,
  recordings: Record<string, unknown> | undefined = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-recordings-" });
  try {
    const people = recordings ? { recordings } : {};
    await using rig = await DeviceRig.open({}, () => [], { dataDir: folder, people });
    await test(rig, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const replay = (rig: DeviceRig, recording: string, by = rig.eva) => rig.people.call("device.replay", { by, recording });

Deno.test("BC-11 recordings: requests and fields of a session, secrets masked, sealed on the disk, replayed and audited", () =>
  withRecording(async (rig, folder) => {
    const { session } = await rig.enter();
    equal(session.recorded, true);
    await rig.ask("device.requests", { session: session.id, requests: [{ ...REQUEST, method: "GET" }] });
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST, { ...REQUEST, status: 500 }] });
    const [row] = await rig.people.call("device.recordings", { by: rig.eva });
    deepEqual([row!.id, row!.person, row!.station, row!.deviceRole], [session.id, "anna", "CP001", "installer"]);
    const { requests } = await replay(rig, session.id);
    deepEqual(requests.map(({ method, status }) => `${method} ${status}`), ["GET 200", "POST 200", "POST 500"]);
    deepEqual(requests[1]!.fields, [
      { name: "OperatorCurrentLimit_er", value: "16" },
      { name: "UserPassword", value: "••••" },
    ]);
    const { who, target, detail } = rig.people.events("device.recording.replayed").at(-1)!;
    deepEqual([who, target, detail!["person"]], ["eva", "CP001", "anna"]);
    const file = await Deno.readTextFile(`${folder}/recordings/${session.id}.sealed`);
    equal(file.trim().split("\n").length, 2);
    equal(/hunter2|OperatorCurrentLimit|POST/.test(file), false);
    equal(JSON.stringify(rig.people.audited).includes("hunter2"), false);
  }));

Deno.test("recordings: fields are for the recording alone, never for audit or who watches", () =>
  withRecording(async (rig) => {
    const { session } = await rig.enter();
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    const { events } = await rig.people.call("device.watch", { by: rig.eva, session: session.id, after: 0 });
    equal("fields" in events[0]!.request, false);
    equal(JSON.stringify(rig.people.events("device.request.made")).includes('"16"'), false);
  }));

Deno.test("recordings: technicians see none, and looking needs a fresh proof", () =>
  withRecording(async (rig) => {
    const { session } = await rig.enter();
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    await rejects(rig.people.call("device.recordings", { by: rig.anna }), { code: "PERSON_FORBIDDEN" });
    await rejects(replay(rig, session.id, rig.anna), { code: "PERSON_FORBIDDEN" });
    await rejects(replay(rig, "nothing"), { code: "RECORDING_UNKNOWN" });
    await rejects(replay(rig, "../../data/store"), { code: "RECORDING_UNKNOWN" });
    rig.people.time.advance(6 * 60_000);
    await rejects(replay(rig, session.id), { code: "STEP_UP_NEEDED" });
  }));

Deno.test("recordings: without people.recordings, and for other accounts, nothing is kept", async () => {
  for (const recordings of [undefined, { deviceRoles: ["manufacturer"] }]) {
    const folder = await Deno.makeTempDir();
    await using rig = await DeviceRig.open({}, () => [], { dataDir: folder, people: recordings ? { recordings } : {} });
    const { session } = await rig.enter();
    equal(session.recorded, undefined);
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    deepEqual(await rig.people.call("device.recordings", { by: rig.eva }), []);
    deepEqual([...Deno.readDirSync(folder)], []);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("recordings: one that cannot be stored lets nothing through: the Worker is told", () =>
  withRecording(async (rig, folder) => {
    const { session } = await rig.enter();
    await Deno.writeTextFile(`${folder}/recordings`, "a file where the folder should be");
    const told = rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    await rejects(told, { code: "RECORDING_FAILED" });
    await Deno.remove(`${folder}/recordings`);
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    equal((await replay(rig, session.id)).requests.length, 1);
  }));

Deno.test("recordings: after its days one is removed with its file, and that is audited", () =>
  withRecording(async (rig, folder) => {
    const { session } = await rig.enter();
    await rig.ask("device.requests", { session: session.id, requests: [REQUEST] });
    const files = () => [...Deno.readDirSync(`${folder}/recordings`)].length;
    rig.people.time.advance(7 * DAY - 60_000);
    await rig.people.feature.stop?.();
    equal(files(), 1);
    rig.people.time.advance(2 * 60_000);
    await using again = await rig.restart();
    const removed = await waitFor("the recording to be removed", () => {
      again.people.time.advance(1_000);
      return again.people.events("device.recording.removed")[0];
    });
    deepEqual([removed.rule, files()], ["recording.time", 0]);
  }, { days: 7 }));

/** Files alone, under a seal that shows what it was given. */
async function withFiles(test: (open: () => RecordingFiles, path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-recordings-" });
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  const sealer = {
    seal: (plain: Uint8Array, context: string) =>
      Promise.resolve(encoder.encode(JSON.stringify([context, decoder.decode(plain)]))),
    unseal: (sealed: Uint8Array, context: string) => {
      const [under, plain] = sealed.length === 0 ? [] : JSON.parse(decoder.decode(sealed)) as string[];
      return under === context
        ? Promise.resolve(encoder.encode(plain))
        : Promise.reject(new Error(`sealed as ${under}`));
    },
  };
  try {
    await test(() => new RecordingFiles(folder, sealer as never), `${folder}/recordings/s1.sealed`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ...REQUEST, at }));

Deno.test("recording files: a line that a crash cut off is dropped, and the next one counts on", () =>
  withFiles(async (open, path) => {
    const files = open();
    ok(await files.append("s1", many(2)));
    ok(await files.append("s1", many(1)));
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, whole.slice(0, -20));
    equal((await open().read("s1")).length, 2);
    const after = open(); // kill -9: nothing but the file is left
    ok(await after.append("s1", many(3)));
    equal((await open().read("s1")).length, 5);
  }));

Deno.test("recording files: lines that were changed, swapped or taken from elsewhere do not open", () =>
  withFiles(async (open, path) => {
    const files = open();
    for (let at = 0; at < 3; at++) await files.append("s1", many(1));
    const [a, b, c] = (await Deno.readTextFile(path)).trim().split("\n");
    for (const changed of [[b, a, c], [a, c], [a, b, "AAAA"], [a, "no base64 !", c]]) {
      await Deno.writeTextFile(path, `${changed.join("\n")}\n`);
      await rejects(open().read("s1"));
    }
    deepEqual(await open().read("s2"), []);
  }));

Deno.test("recording files: a recording up to its bytes, and not one line more", () =>
  withFiles(async (open) => {
    const files = open();
    const batch = many(1_500);
    let lines = 0;
    while (await files.append("s1", batch)) lines++;
    ok(lines > 3 && lines < 40, `${lines}`);
    equal((await open().read("s1")).length, lines * batch.length);
    equal(await open().append("s1", batch), false, "also after a restart");
    ok(await open().append("s2", batch));
    equal(DEVICE_LIMITS.recordingBytes > 0, true);
  }));

Deno.test("recording files: batches that come at once keep their order", () =>
  withFiles(async (open) => {
    const files = open();
    await Promise.all([1, 2, 3, 4, 5].map((at) => files.append("s1", [{ ...REQUEST, at }])));
    deepEqual((await open().read("s1")).map(({ at }) => at), [1, 2, 3, 4, 5]);
  }));
