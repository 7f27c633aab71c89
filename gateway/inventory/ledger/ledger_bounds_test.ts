import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { StorageError } from "../../core/errors.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { nullLogger } from "../../core/log.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { LedgerBook } from "./ledger_book.ts";
import { type LedgerRecord, newRecord, stateOf } from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

/** A book over a store that only counts what it is given, or refuses it. */
async function boundsRig(kept: readonly LedgerRecord[] = []) {
  const disk = { isFull: false, written: [] as Mutation[], reads: 0 };
  const records = new Map(kept.map((record) => [record.stationId, record]));
  const store = {
    get: ([, stationId]: readonly string[]) => {
      disk.reads++;
      const value = records.get(stationId!);
      return Promise.resolve(value && { value });
    },
    list: async function* ([kind]: readonly string[], { limit }: { readonly limit: number }) {
      for (const record of kind === "ledgerOpen" ? kept.slice(0, limit) : []) {
        yield { key: ["ledgerOpen", record.stationId, record.id], value: stateOf(record) !== "closed" };
      }
    },
    commit: (mutations: readonly Mutation[]) => {
      if (disk.isFull) return Promise.reject(new StorageError("STORE_FULL", "full"));
      return Promise.resolve(void disk.written.push(...mutations));
    },
  } as unknown as Store;
  const same = (bytes: Uint8Array) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>);
  const clock = new ManualTime();
  const book = await LedgerBook.open({
    ...{ store, clock, log: nullLogger, pseudonym: () => Promise.resolve("p"), retentionDays: () => 1 },
    sealer: { seal: same, unseal: same },
  });
  return { book, disk };
}

const fact = (kind: "begin" | "end", stationId: string, transactionId: string, evse = 1): LedgerFact => ({
  ...{ kind, stationId, transactionId, evse, protocol: "ocpp2.0.1", at: 0 },
  readings: [{ wh: 1 }],
});
const ack = (of: "begin" | "end", stationId: string, transactionId: string): LedgerFact => ({
  ...{ kind: "ack", of, outcome: "accepted", stationId, transactionId, protocol: "ocpp2.0.1", at: 0 },
});

Deno.test("ledger bounds: settled transactions of a station stay in memory up to the limit, the oldest goes first", async () => {
  const { book } = await boundsRig();
  for (let i = 0; i <= LEDGER_LIMITS.closedPerStation; i++) {
    const id = `t${i}`;
    await book.record([fact("begin", "CP", id), ack("begin", "CP", id), fact("end", "CP", id), ack("end", "CP", id)]);
  }
  const kept = book.unsettled();
  equal(kept.map((record) => [record.id, stateOf(record)]), [1, 2, 3, 4].map((i) => [`t${i}`, "closed"]));
  equal(kept.length, LEDGER_LIMITS.closedPerStation);
});

Deno.test("ledger bounds: so many marks are read at a start, what runs behind them is left to the disk", async () => {
  const closed = { ...newRecord(fact("begin", "CP", "closed"), "closed"), ends: 1, endAnswer: "accepted" } as const;
  const running = newRecord(fact("begin", "CP0", "t"), "t");
  const found = async (before: number) => {
    const { book } = await boundsRig([...Array<LedgerRecord>(before).fill(closed), running]);
    return book.unsettled().some(({ stationId }) => stationId === "CP0");
  };
  equal([await found(LEDGER_LIMITS.marks - 1), await found(LEDGER_LIMITS.marks)], [true, false]);
});

Deno.test("ledger bounds: transactions in memory are bounded, the oldest is left to the disk", async () => {
  const { book, disk } = await boundsRig();
  for (let at = 0; at < LEDGER_LIMITS.unsettled; at += LEDGER_LIMITS.factsPerCall) {
    await book.record(Array.from({ length: LEDGER_LIMITS.factsPerCall }, (_, i) => fact("begin", `CP${at + i}`, "t")));
  }
  equal([book.unsettled().length, book.unsettled()[0]!.stationId], [LEDGER_LIMITS.unsettled, "CP0"]);
  await book.record([fact("begin", "ONE-MORE", "t")]);
  equal([book.unsettled().length, book.unsettled()[0]!.stationId], [LEDGER_LIMITS.unsettled, "CP1"]);
  equal(disk.written.filter((one) => "set" in one && one.set[0] === "ledger").length, LEDGER_LIMITS.unsettled + 1);
});

Deno.test("ledger bounds: of more transactions than there is room for, at a start and later, settled ones go first", async () => {
  const record = (stationId: string, isOpen: boolean) => ({
    ...newRecord({ kind: "begin", stationId, transactionId: "t", protocol: "ocpp2.0.1", at: 0 }, "t"),
    ...isOpen ? { begins: 1 } : { begins: 1, ends: 1, beginAnswer: "accepted", endAnswer: "accepted" } as const,
  });
  const kept = Array.from({ length: LEDGER_LIMITS.unsettled }, (_, i) => record(`CP${i}`, i === 0));
  const { book, disk } = await boundsRig([...kept, record("LAST", true)]);
  equal(disk.reads, LEDGER_LIMITS.unsettled, "records for which there is no room are not read");
  const open = () => book.unsettled().filter((one) => stateOf(one) === "open").map(({ stationId }) => stationId);
  equal([open(), book.unsettled().length], [["CP0", "LAST"], LEDGER_LIMITS.unsettled]);
  await book.record([fact("begin", "ONE-MORE", "t")]);
  equal([open(), book.unsettled().length], [["CP0", "LAST", "ONE-MORE"], LEDGER_LIMITS.unsettled]);
});

Deno.test("ledger bounds: signed values wait for a full disk up to the limit, the oldest makes room", async () => {
  const { book, disk } = await boundsRig();
  disk.isFull = true;
  const each = 10, stations = LEDGER_LIMITS.unstored / each;
  const signed = Array.from({ length: each }, (_, i) => ({ value: `v${i}` }));
  for (let i = 0; i < stations; i++) await book.record([{ ...fact("end", `CP${i}`, "t"), signed }]);
  await book.record([{ ...fact("end", "ONE-MORE", "t"), signed: [{ value: "last" }] }]);
  disk.isFull = false;
  for (let i = 0; i < 12; i++) await book.flush(true);
  const values = disk.written.filter((one) => "set" in one && one.set[0] === "ledgerSigned");
  equal(values.length, LEDGER_LIMITS.unstored);
});
