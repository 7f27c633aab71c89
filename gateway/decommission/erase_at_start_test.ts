import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import { KEYS } from "../store/keys.ts";
import { openStore } from "../store/kv_store.ts";
import { eraseAgain, stationMark } from "../store/revocations.ts";
import { createSealer, putSealed } from "../store/sealer.ts";
import { atKey, entryEraser, type StationEraser } from "../store/station_eraser.ts";
import type { OpenedStore, Store } from "../store/store.ts";
import { eraseAtStart, type EraseStart } from "./erase_at_start.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { DecommissionRecord } from "./record.ts";
import { searchFiles } from "./search.ts";
import { DecommissionRig } from "./testing/decommission_rig.ts";

const ERASERS: readonly StationEraser[] = [
  entryEraser({ name: "facts", holds: "what it told", prefix: "stationFacts", isOf: atKey(1) }),
  entryEraser({ name: "upstream", holds: "secrets, sealed", prefix: "upstream", isOf: atKey(1) }),
];

async function withStore(run: (store: OpenedStore, start: EraseStart) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(), path = `${folder}/kv`, time = new ManualTime();
  const store = await openStore({ path, clock: time, timers: time });
  const sealer = await createSealer(new Uint8Array(32).fill(1), store);
  try {
    await run(store, {
      ...{ place: { store, sealer, dataDir: folder }, erasers: ERASERS, clock: time, log: nullLogger },
      ...{ storeFiles: [path, `${path}-wal`], known: () => ({}) },
    });
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const run = (station: string, phase?: "erasing"): DecommissionRecord => ({
  ...{
    number: 1,
    station,
    reason: "sold",
    by: "eva",
    startedAt: 1,
    needsApprovals: 0,
    approvals: [],
    steps: {},
    cleared: [],
  },
  ...{ known: { id: station, macs: [], addresses: [] }, label: {}, files: [], ...phase ? { phase } : {} },
});

async function plant(store: Store, { place }: EraseStart, id: string): Promise<void> {
  await store.commit([{ set: [...KEYS.stationFacts, id], value: { vendor: `MAKER-OF-${id}-` } }]);
  await putSealed(store, place.sealer as never, [...KEYS.upstream, id, "main"], Buffer.from(`secret of ${id}`));
}

const recordOf = async (store: Store, id: string) =>
  (await store.get<DecommissionRecord>([...KEYS.decommission, "run", id]))?.value;
const put = (store: Store, record: DecommissionRecord) =>
  store.commit([{ set: [...KEYS.decommission, "run", record.station], value: record }]);

Deno.test("erase at start: only what is to be erased goes, and its bytes are in the store's files no more", () =>
  withStore(async (store, start) => {
    for (const id of ["CP001", "CP0011", "CP002"]) await plant(store, start, id);
    await put(store, run("CP001", "erasing"));
    await put(store, run("CP002")); // it is still asked whether it may
    equal(await inFiles(start, "MAKER-OF-CP001-"), true);
    await eraseAtStart(start);
    equal(await inFiles(start, "MAKER-OF-CP001-"), false);
    for (const id of ["CP0011", "CP002"]) {
      ok(await store.get([...KEYS.stationFacts, id]), id);
      ok(await store.get([...KEYS.upstream, id, "main"]), id);
    }
    const { phase, erased, search } = (await recordOf(store, "CP001"))!;
    equal(phase, "erased");
    deepEqual(erased!.map(({ name, entries, files }) => [name, entries, files]), [["facts", 1, 0], ["upstream", 1, 0]]);
    deepEqual([search!.left, search!.pieces, search!.found, search!.scrubbed], [[], 1, 0, true]);
    equal((await recordOf(store, "CP002"))!.phase, undefined);
  }));

Deno.test("erase at start: with nothing to erase nothing is written", () =>
  withStore(async (store, start) => {
    await plant(store, start, "CP001");
    await put(store, run("CP001"));
    const { size, mtime } = Deno.statSync(start.storeFiles[0]!);
    await eraseAtStart(start);
    ok(await store.get([...KEYS.stationFacts, "CP001"]));
    const after = Deno.statSync(start.storeFiles[0]!);
    deepEqual([after.size, after.mtime], [size, mtime], "the file is not written anew");
  }));

Deno.test("erase at start: an end in the middle is gone on with, and what was erased before is counted once", () =>
  withStore(async (store, start) => {
    await plant(store, start, "CP001");
    await put(store, run("CP001", "erasing"));
    const [facts, upstream] = ERASERS;
    const failing = [facts!, { ...upstream!, erase: () => Promise.reject(new Error("kill -9")) }];
    await rejects(eraseAtStart({ ...start, erasers: failing }), /kill -9/);
    equal((await recordOf(store, "CP001"))!.phase, "erasing");
    await eraseAtStart(start);
    const { phase, erased } = (await recordOf(store, "CP001"))!;
    equal(phase, "erased");
    deepEqual(erased!.map(({ name, entries }) => [name, entries]), [["facts", 1], ["upstream", 1]]);
  }));

Deno.test("erase at start: an eraser that leaves something is told of in the record", () =>
  withStore(async (store, start) => {
    await put(store, run("CP001", "erasing"));
    const [facts] = ERASERS;
    await eraseAtStart({ ...start, erasers: [{ ...facts!, leftOf: () => Promise.resolve(3) }] });
    deepEqual((await recordOf(store, "CP001"))!.search!.left, [{ name: "facts", left: 3 }]);
  }));

Deno.test("erase at start: a restored backup does not bring a decommissioned station back", () =>
  withStore(async (store, start) => {
    for (const id of ["CP001", "CP002"]) await plant(store, start, id);
    await store.commit([{ set: [...KEYS.deviceLogin, "CP001\noperator"], value: {} }]);
    await store.commit([{ set: [...KEYS.revocations, "station", stationMark("CP001")], value: { at: 2_000 } }]);
    await store.commit([{ set: [...KEYS.revocations, "station", stationMark("CP002")], value: { at: 500 } }]);
    equal(await eraseAgain(store, 1_000), 1); // CP002 was erased before the backup: what is there now is another device's
    await eraseAtStart(start);
    equal(await store.get([...KEYS.stationFacts, "CP001"]), undefined);
    ok(await store.get([...KEYS.stationFacts, "CP002"]));
    const told = await Array.fromAsync(store.list([...KEYS.decommission]));
    deepEqual(told.map(({ key }) => key), [["decommission", "erased-again", "CP001"]]);
  }));

Deno.test("erase at start: what came back is told in the audit, and that site.yaml names it", async () => {
  await using rig = await DecommissionRig.up();
  await rig.store.commit([{ set: ["stationFacts", "CP001"], value: {} }]);
  await rig.store.commit([{ set: [...KEYS.revocations, "station", stationMark("CP001")], value: { at: 2_000 } }]);
  await eraseAgain(rig.store, 1_000);
  await rig.start();
  deepEqual(rig.events("station.decommission.again").map(({ target }) => target), ["CP001"]);
  ok(rig.alarms.has("station.decommissioned.named CP001"));
  await rig.start();
  equal(rig.events("station.decommission.again").length, 1, "told once");
});

Deno.test("search: a piece is found wherever it stands, across the border of two reads too; others are not", async () => {
  const folder = await Deno.makeTempDir(), { searchBytes } = DECOMMISSION_LIMITS;
  const piece = (text: string) => new TextEncoder().encode(text);
  try {
    const bytes = new Uint8Array(searchBytes + 100);
    bytes.set(piece("across-the-border"), searchBytes - 5);
    bytes.set(piece("at-the-end"), bytes.length - 10);
    bytes.set(piece("at-the-front"), 0);
    await Deno.writeFile(`${folder}/a`, bytes);
    const pieces = ["across-the-border", "at-the-end", "at-the-front", "nowhere"].map(piece);
    equal(await searchFiles([`${folder}/a`, `${folder}/none`], pieces), 3);
    equal(await searchFiles([`${folder}/none`], pieces), 0);
    equal(await searchFiles([`${folder}/a`], []), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function inFiles({ storeFiles }: EraseStart, text: string): Promise<boolean> {
  return await searchFiles(storeFiles, [new TextEncoder().encode(text)]) > 0;
}
