import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { CountedStore } from "../../../tests/support/counted_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { StorageError } from "../../core/errors.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { openStore } from "../../store/kv_store.ts";
import type { SealedValue } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import { createLedgerFeature } from "./feature.ts";
import { LedgerBook } from "./ledger_book.ts";
import { type LedgerRecord, stateOf } from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

type Feature = Awaited<ReturnType<typeof createLedgerFeature>>;

/** The ledger on a store in memory; `waiting` is what store-and-forward still holds. */
async function ledgerRig(store?: Store, time = new ManualTime()) {
  const kept = new CountedStore(store ?? await openStore({ path: ":memory:", clock: time, timers: time }));
  const raised: string[] = [], cleared: string[] = [], audited: string[] = [];
  const commits: number[] = [];
  const counting: Store = {
    ...bind(kept),
    commit: (mutations, checks) => (commits.push(mutations.length), kept.commit(mutations, checks)),
  };
  const waiting = { messages: 0, refused: 0, transactions: [] as { local: number; csms?: number }[] };
  const context = {
    store: counting,
    clock: time,
    timers: time,
    log: nullLogger,
    metrics: nullMetrics,
    site: { audit: { retentionDays: 400, retention: {} }, stations: [{ id: "CP001" }] },
    // reversed bytes: readable in a test, and never the text itself
    sealer: {
      seal: (bytes: Uint8Array) => Promise.resolve(bytes.toReversed()),
      unseal: (bytes: Uint8Array) => Promise.resolve(bytes.toReversed()),
    },
    alarms: {
      raise: ({ kind, subject, detail }: { kind: string; subject: string; detail: string }) =>
        Promise.resolve(void raised.push(`${kind} ${subject} ${detail}`)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
    audit: { record: ({ event }: { event: string }) => Promise.resolve({ sequence: audited.push(event) }) },
  } as unknown as ControlContext;
  const feature: Feature = await createLedgerFeature({
    context,
    pseudonym: (station, badge) => Promise.resolve(`p-${station}-${badge.length}`),
    outage: () => Promise.resolve(waiting),
  });
  const record = (...facts: LedgerFact[]) => feature.handlers!["ledger.record"]!({ facts });
  const command = (name: string, args: Record<string, string | boolean> = {}) => feature.commands![name]!(args, "eva");
  const rows = async (args: Record<string, string> = {}) =>
    (await command("ledger list", args)).data as unknown as Record<string, unknown>[];
  return { time, store: kept, feature, record, command, rows, raised, cleared, audited, commits, waiting };
}

function bind(store: Store): Store {
  return Object.fromEntries(
    ["get", "list", "commit", "snapshot", "close"].map((
      name,
    ) => [
      name,
      (store as never)[name as never] &&
      ((store as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!).bind(store),
    ]),
  ) as unknown as Store;
}

const at = 1_767_225_600_000, T0 = "2026-01-01T00:00:00Z";
const base = { stationId: "CP001", protocol: "ocpp1.6", at } as const;
const begin = (connector = 1, time = T0, wh = 0): LedgerFact => ({
  ...base,
  kind: "begin",
  key: `${connector}@${time}`,
  connector,
  time,
  badge: "04A1B2C3",
  readings: [{ time, wh }],
});
const begun = (transactionId: string, connector = 1, time = T0): LedgerFact => ({
  ...base,
  kind: "ack",
  of: "begin",
  outcome: "accepted",
  key: `${connector}@${time}`,
  transactionId,
  connector,
  detail: "Accepted",
});
const sample = (transactionId: string, wh: number): LedgerFact => ({
  ...base,
  kind: "sample",
  transactionId,
  readings: [{ wh }],
});
const end = (transactionId: string, wh: number): LedgerFact => ({
  ...base,
  kind: "end",
  transactionId,
  time: T0,
  reason: "Local",
  readings: [{ wh }],
});
const ended = (transactionId: string): LedgerFact => ({
  ...base,
  kind: "ack",
  of: "end",
  outcome: "accepted",
  transactionId,
});

Deno.test("ledger: a transaction stands with begin, end, energy, pseudonym and its answers, and its badge nowhere", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(), begun("7"), sample("7", 500), end("7", 2_000), ended("7"));
  const [row, ...more] = await rig.rows();
  equal(more, []);
  equal([row!.state, row!.transactionId, row!.measuredWh, row!.unacknowledgedWh, row!.badge, row!.reason], [
    "closed",
    "7",
    2_000,
    0,
    "p-CP001-8",
    "Local",
  ]);
  match((await rig.command("ledger list")).text, /CP001 +1@2026-01-01T00:00:00Z +closed +7 .* 2\.000 +0\.000/);
  for await (const { value } of rig.store.list(["ledger"])) ok(!JSON.stringify(value).includes("04A1B2C3"));
  match((await rig.command("ledger show", { station: "CP001", id: "7" })).text, /measuredWh +2000/);
  await rejects(rig.command("ledger show", { station: "CP001", id: "8" }), /no transaction "8" of station "CP001"/);
  await rig.store.close();
});

Deno.test("ledger: a begin that is sent again is the same transaction, an end after a restart finds its begin", async () => {
  const first = await ledgerRig();
  await first.record(begin(), begin(), begun("7"));
  const second = await ledgerRig(first.store, first.time);
  await second.record(sample("7", 900), end("7", 1_000), ended("7"));
  const rows = await second.rows();
  equal(rows.map(({ begins, state, measuredWh, partial }) => [begins, state, measuredWh, partial]), [[
    2,
    "closed",
    1_000,
    false,
  ]]);
  const third = await ledgerRig(first.store, first.time);
  await third.record(begin());
  equal((await third.rows()).map(({ begins, state }) => [begins, state]), [[3, "closed"]]);
  await first.store.close();
});

Deno.test("ledger: an id of 1.6 that comes again is another transaction", async () => {
  const rig = await ledgerRig();
  const later = "2026-02-01T00:00:00Z";
  await rig.record(begin(), begun("7"), end("7", 1_000), ended("7"));
  await rig.record(begin(1, later, 1_000), begun("7", 1, later), sample("7", 1_500));
  equal((await rig.rows()).map(({ state, measuredWh }) => [state, measuredWh]), [["closed", 1_000], ["open", 500]]);
  await rig.store.close();
});

Deno.test("ledger: a new begin on the same connector ends the older one as superseded, another connector's goes on", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(1), begun("7"), begin(2), begun("8", 2), begin(1, "2026-01-02T00:00:00Z"));
  equal((await rig.rows()).map(({ id, state, superseded }) => [id, state, superseded]).sort(), [
    ["1@2026-01-01T00:00:00Z", "unacknowledged", true],
    ["1@2026-01-02T00:00:00Z", "open", false],
    ["2@2026-01-01T00:00:00Z", "open", false],
  ]);
  await rig.store.close();
});

Deno.test("ledger: what runs already when the gateway comes stands as partial; meter values of no transaction do not", async () => {
  const rig = await ledgerRig();
  await rig.record(
    sample("9", 700),
    { ...base, kind: "sample", connector: 3, readings: [{ wh: 1 }] },
    end("9", 900),
    ended("9"),
  );
  equal((await rig.rows()).map(({ partial, state, measuredWh }) => [partial, state, measuredWh]), [[
    true,
    "closed",
    200,
  ]]);
  await rig.store.close();
});

Deno.test("ledger: samples without an id belong to what runs on their connector", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(1), begun("7"), { ...base, kind: "sample", connector: 1, readings: [{ wh: 400 }] });
  equal((await rig.rows()).map(({ measuredWh }) => measuredWh), [400]);
  await rig.store.close();
});

Deno.test("ledger: signed values are kept to the byte, sealed, up to the limit, and reading them is recorded", async () => {
  const rig = await ledgerRig();
  const OCMF = 'OCMF|{"FV":"1.0","ID":"1F2D3A4F"}|{"SD":"30\\u0045"}\n\u00e4';
  const signed = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ context: "Transaction.End", value: `${OCMF}${i}` }));
  await rig.record(begin(), begun("7"), { ...end("7", 5), signed: signed(LEDGER_LIMITS.signed) });
  const shown = await rig.command("ledger show", { station: "CP001", id: "7", signed: true });
  const values = (shown.data as { signed: { value: string }[] }).signed.map(({ value }) => value);
  equal(values.sort(), signed(LEDGER_LIMITS.signed).map(({ value }) => value).sort());
  equal(rig.audited, ["ledger.signed.read"]);
  await rig.record({ ...end("7", 5), signed: signed(1) });
  equal((await rig.rows()).map(({ signedValues, signedDropped }) => [signedValues, signedDropped]), [[
    LEDGER_LIMITS.signed,
    1,
  ]]);
  for await (const { value } of rig.store.list<SealedValue>(["ledgerSigned"])) {
    ok(!new TextDecoder().decode(value.sealed).includes("1F2D3A4F"));
  }
  const line = JSON.parse((await rig.command("ledger export", { signed: true })).text);
  equal(line.signed[0].value, `${OCMF}0`);
  equal(JSON.parse((await rig.command("ledger export")).text).signed, undefined);
  await rig.store.close();
});

Deno.test("ledger: begins, ends and answers are stored before the answer; samples together, within their budget", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(), begun("7"));
  const before = rig.commits.length;
  equal(before, 1);
  for (let i = 1; i <= 50; i++) await rig.record(sample("7", i));
  equal(rig.commits.length, before);
  rig.time.advance(LEDGER_LIMITS.sampleFlushMs);
  await rig.store.idle();
  equal(rig.commits.length, before + 1);
  const stored = await rig.store.get<LedgerRecord>(["ledger", "CP001", `1@${T0}`]);
  equal([stored!.value.lastWh, stateOf(stored!.value)], [50, "open"]);
  equal(stored!.expiresAt, at + 400 * 86_400_000);
  await rig.store.close();
});

Deno.test("ledger: within the day's budget samples are written at their time, beyond it once an hour", async () => {
  const rig = await ledgerRig();
  const book = await LedgerBook.open({
    ...{
      store: rig.store,
      clock: rig.time,
      log: nullLogger,
      pseudonym: () => Promise.resolve("p"),
      retentionDays: () => 400,
    },
    sealer: {
      seal: (bytes) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>),
      unseal: (bytes) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>),
    },
  });
  await book.record([begin(), begun("7")]);
  const storedWh = async () => (await rig.store.get<LedgerRecord>(["ledger", "CP001", `1@${T0}`]))!.value.lastWh;
  const write = async (wh: number, waitMs: number) => {
    await book.record([sample("7", wh)]);
    rig.time.advance(waitMs);
    await book.flush(waitMs === 0);
    return await storedWh();
  };
  for (let i = 1; i < LEDGER_LIMITS.sampleCommitsPerDay; i++) await write(i, 0);
  equal(await write(10_000, LEDGER_LIMITS.sampleFlushMs), 10_000);
  equal(await write(20_000, LEDGER_LIMITS.sampleFlushMs), 10_000);
  equal(await write(30_000, LEDGER_LIMITS.slowFlushMs), 30_000);
  await rig.store.close();
});

Deno.test("ledger: whoever reads it sees what store-and-forward has delivered, without waiting for the next look", async () => {
  for (const command of ["ledger list", "ledger export", "ledger show"]) {
    const rig = await ledgerRig();
    await rig.record(begin(), begun("7"), end("7", 100), { ...ended("7"), outcome: "kept" });
    rig.waiting.messages = 1;
    equal((await rig.rows())[0]!.state, "unacknowledged");
    rig.waiting.messages = 0;
    const { text } = await rig.command(command, command === "ledger show" ? { station: "CP001", id: "7" } : {});
    ok(/closed/.test(text), `${command}: ${text}`);
    await rig.store.close();
  }
});

Deno.test("ledger: energy that the CSMS never acknowledged is an alarm, and clears when it does", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(), begun("7"), end("7", 4_200));
  rig.time.advance(LEDGER_LIMITS.unacknowledgedMs - LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal(rig.raised, []);
  rig.time.advance(2 * LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal(rig.raised[0], "ledger.energy.unacknowledged CP001 4.200 kWh of transaction 7");
  rig.cleared.length = 0;
  await rig.record(ended("7"));
  rig.time.advance(LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal(rig.cleared, ["ledger.energy.unacknowledged CP001"]);
  await rig.store.close();
});

Deno.test("ledger: an alarm of before a restart is cleared by the first look, when it does not stand any more", async () => {
  const rig = await ledgerRig();
  await rig.record(begin(), begun("7"), end("7", 4_200), ended("7"));
  rig.time.advance(LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal(rig.cleared, ["ledger.energy.unacknowledged CP001"]);
  rig.time.advance(LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal(rig.cleared.length, 1, "and not at every look");
  await rig.store.close();
});

Deno.test("ledger: what store-and-forward kept is acknowledged when nothing of it waits, with the CSMS's own id", async () => {
  const rig = await ledgerRig();
  const keep = (fact: LedgerFact): LedgerFact => ({ ...fact, outcome: "kept" });
  rig.waiting.messages = 2;
  await rig.record(begin(), keep(begun("2000000001")), end("2000000001", 100), keep(ended("2000000001")));
  rig.time.advance(LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  equal((await rig.rows())[0]!.state, "unacknowledged");
  rig.waiting.messages = 0;
  rig.waiting.transactions = [{ local: 2_000_000_001, csms: 4_711 }];
  rig.time.advance(LEDGER_LIMITS.lookMs);
  await rig.store.idle();
  const [row] = await rig.rows();
  equal([row!.state, row!.transactionId, row!.csmsTransactionId, row!.unacknowledgedWh], [
    "closed",
    "2000000001",
    "4711",
    0,
  ]);
  await rig.store.close();
});

Deno.test("ledger: a station may have as many open transactions as the limit, one more ends the oldest as superseded", async () => {
  const rig = await ledgerRig();
  for (let i = 0; i < LEDGER_LIMITS.openPerStation; i++) await rig.record(begin(i + 1));
  equal((await rig.rows({ state: "open" })).length, LEDGER_LIMITS.openPerStation);
  await rig.record(begin(99));
  equal((await rig.rows({ state: "open" })).length, LEDGER_LIMITS.openPerStation);
  equal((await rig.rows({ state: "unacknowledged" })).map(({ connector }) => connector), [1]);
  await rig.store.close();
});

Deno.test("ledger: commands say what they want", async () => {
  const rig = await ledgerRig();
  await rejects(rig.command("ledger export", { format: "xml" }), /Cannot export as "xml"/);
  await rejects(rig.command("ledger list", { state: "lost" }), /There is no state "lost"/);
  await rejects(rig.command("ledger list", { from: "yesterday" }), /--from "yesterday" is no time/);
  equal((await rig.command("ledger list")).text, "No transaction stands in the ledger for that.");
  await rig.record(begin(), begun("7"));
  equal((await rig.rows({ from: "2027-01-01" })).length, 0);
  equal((await rig.rows({ station: "CP002" })).length, 0);
  match(
    (await rig.command("ledger export", { format: "csv" })).text,
    /^station,id,state,[^\r]*\r\nCP001,1@2026-01-01T00:00:00Z,open,/,
  );
  await rig.store.close();
});

Deno.test("ledger: a disk that takes nothing loses no transaction and counts none twice; it is written when it can be", async () => {
  const rig = await ledgerRig();
  let isFull = true;
  const commits: number[] = [];
  const store: Store = {
    ...bind(rig.store),
    commit: (mutations, checks) => {
      if (isFull) return Promise.reject(new StorageError("STORE_FULL", "The disk is full"));
      commits.push(mutations.length);
      return rig.store.commit(mutations, checks);
    },
  };
  const same = (bytes: Uint8Array) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>);
  const book = await LedgerBook.open({
    ...{ store, clock: rig.time, log: nullLogger, pseudonym: () => Promise.resolve("p"), retentionDays: () => 1 },
    sealer: { seal: same, unseal: same },
  });
  const signed = Array.from({ length: 3 }, (_, i) => ({ value: `OCMF${i}` }));
  await book.record([begin(), begun("7"), { ...end("7", 900), signed }, ended("7")]);
  equal(book.unsettled().map((record) => [stateOf(record), record.begins, record.ends]), [["closed", 1, 1]]);
  isFull = false;
  await book.flush(true);
  equal(commits.length, 1);
  const [record] = await book.list();
  equal([record!.endWh, (await book.signedOf(record!)).map(({ value }) => value)], [900, ["OCMF0", "OCMF1", "OCMF2"]]);
  await rig.store.close();
});
