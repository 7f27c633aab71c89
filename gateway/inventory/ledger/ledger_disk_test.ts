import { deepEqual } from "node:assert/strict";
import { HeldStore } from "../../../tests/support/held_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { StorageError } from "../../core/errors.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { nullLogger } from "../../core/log.ts";
import { openStore } from "../../store/kv_store.ts";
import { LedgerBook, type LedgerBookOptions } from "./ledger_book.ts";
import { stateOf } from "./ledger_record.ts";

const T0 = "2026-01-01T00:00:00Z";
const base = { protocol: "ocpp1.6", at: Date.parse(T0) } as const;
const begun = (stationId: string): LedgerFact[] => [
  { ...base, stationId, kind: "begin", key: "1@t", connector: 1, time: T0, readings: [] } as unknown as LedgerFact,
  { ...base, stationId, kind: "ack", of: "begin", key: "1@t", outcome: "accepted", transactionId: "7" } as LedgerFact,
];
const sample = (stationId: string): LedgerFact =>
  ({ ...base, stationId, kind: "sample", transactionId: "7", readings: [] }) as unknown as LedgerFact;
const ended = (stationId: string): LedgerFact[] => [
  { ...base, stationId, kind: "end", transactionId: "7", time: T0, readings: [] } as unknown as LedgerFact,
  { ...base, stationId, kind: "ack", of: "end", transactionId: "7", outcome: "accepted" } as LedgerFact,
];

/** A book on a disk that the test makes slow or full; `open` reads it, as after a restart. */
async function withDisk(test: (store: HeldStore, open: () => Promise<LedgerBook>) => Promise<void>): Promise<void> {
  const time = new ManualTime();
  const store = new HeldStore(await openStore({ path: ":memory:", clock: time, timers: time }));
  const same = (bytes: Uint8Array) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>);
  const options: LedgerBookOptions = {
    ...{ store, clock: time, log: nullLogger, pseudonym: () => Promise.resolve("p"), retentionDays: () => 400 },
    sealer: { seal: same, unseal: same },
  };
  await test(store, () => LedgerBook.open(options));
  await store.close();
}

Deno.test("ledger: an end that is stored while readings wait for a slow disk is not written over by them", () =>
  withDisk(async (store, open) => {
    const book = await open(), stations = Array.from({ length: 150 }, (_, at) => `CP${at}`), last = stations.at(-1)!;
    for (const id of stations) await book.record(begun(id));
    await book.record(stations.map(sample));
    store.hold();
    const flushed = book.flush(true), done = book.record(ended(last));
    store.release();
    await Promise.all([flushed, done]);
    deepEqual((await (await open()).list(last)).map((record) => [stateOf(record), record.ends]), [["closed", 1]]);
  }));

Deno.test("ledger: what a look settled while the disk was full is written when it can be", () =>
  withDisk(async (store, open) => {
    const book = await open();
    await book.record(begun("CP1"));
    store.fault = new StorageError("STORE_FULL", "The disk is full");
    await book.revise("CP1", (record) => ({ ...record, transactionId: "77" }));
    store.fault = undefined;
    await book.flush(true);
    deepEqual((await (await open()).list("CP1")).map(({ transactionId }) => transactionId), ["77"]);
  }));
