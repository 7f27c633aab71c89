import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { openStore } from "../../../store/kv_store.ts";
import { CampaignBook } from "./book.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { readPlan } from "./plan_input.ts";
import type { CampaignRecord, UnitRecord } from "./record.ts";

const time = new ManualTime();
const memory = () => openStore({ path: ":memory:", clock: time, timers: time });

function record(id: string, changes: Partial<CampaignRecord> = {}): CampaignRecord {
  return {
    ...{ id, name: id, sha256: "ab", vendor: "bender", plan: readPlan({}, "1"), state: "draft", madeBy: "eva" },
    ...{ madeAt: 1, approvals: [], needsApprovals: 1, ring: 0, released: false, notes: [] },
    ...changes,
  };
}

function unit(campaign: string, id: string): UnitRecord {
  return { campaign, id, ring: 0, state: "pending", since: 1, attempts: 0, parts: [], notes: [] };
}

Deno.test("campaign book: what is stored is read again, units in the order of their rings and names", async () => {
  const store = await memory(), book = await CampaignBook.open(store);
  await book.add(record("fw-1"), [unit("fw-1", "b"), { ...unit("fw-1", "c"), ring: 1 }, unit("fw-1", "a")]);
  await book.put(record("fw-1", { state: "running" }), [{ ...unit("fw-1", "a"), state: "confirmed" }]);
  await book.putUnit({ ...unit("fw-1", "b"), attempts: 2 });
  for (const one of [book, await CampaignBook.open(store)]) {
    equal(one.get("fw-1")!.state, "running");
    deepEqual(one.units("fw-1").map(({ id, state, attempts }) => [id, state, attempts]), [
      ["a", "confirmed", 0],
      ["b", "pending", 2],
      ["c", "pending", 0],
    ]);
  }
  await store.close();
});

Deno.test("campaign book: numbers are never given twice, not after a restart and not to two who ask at once", async () => {
  const store = await memory(), book = await CampaignBook.open(store);
  const ids = await Promise.all([book.nextRequestId(), book.nextRequestId(), book.nextRequestId()]);
  const again = await CampaignBook.open(store);
  ids.push(await again.nextRequestId());
  deepEqual(ids, [1, 2, 3, 4].map((at) => CAMPAIGN_LIMITS.firstRequestId + at));
  deepEqual([await again.nextId(), await again.nextId()], ["fw-1", "fw-2"]);
  equal(await (await CampaignBook.open(store)).nextId(), "fw-3");
  await store.close();
});

Deno.test("campaign book: a request id stays within 32 bits", async () => {
  const store = await memory();
  const most = 2 ** 31 - 1 - CAMPAIGN_LIMITS.firstRequestId;
  await store.commit([{ set: ["firmwareCampaign", "counter"], value: { campaign: 0, request: most - 1 } }]);
  const book = await CampaignBook.open(store);
  deepEqual([await book.nextRequestId(), await book.nextRequestId()], [
    2 ** 31 - 1,
    CAMPAIGN_LIMITS.firstRequestId + 1,
  ]);
  await store.close();
});

Deno.test("campaign book: a campaign of many units is whole or absent: the record is stored last", async () => {
  const store = await memory(), book = await CampaignBook.open(store);
  const units = Array.from({ length: 1_001 }, (_, at) => unit("fw-1", `u${at}`));
  await book.add(record("fw-1"), units);
  equal((await CampaignBook.open(store)).units("fw-1").length, 1_001);
  await store.commit([{ delete: ["firmwareCampaign", "record", "fw-1"] }]);
  const half = await CampaignBook.open(store);
  deepEqual([half.get("fw-1"), half.units("fw-1").length], [undefined, 0]);
  await store.close();
});

Deno.test("campaign book: the oldest that ended makes room, one that has not never does", async () => {
  const store = await memory(), book = await CampaignBook.open(store), most = CAMPAIGN_LIMITS.campaigns;
  await book.add(record("fw-0", { state: "running", madeAt: 0 }), [unit("fw-0", "a")]);
  for (let at = 1; at < most; at++) await book.add(record(`fw-${at}`, { state: "completed", madeAt: at }), []);
  equal(book.all().length, most);
  await book.add(record(`fw-${most}`, { madeAt: most }), []);
  equal(book.all().length, most);
  deepEqual([book.get("fw-0")?.state, book.get("fw-1"), book.get("fw-2")?.state], ["running", undefined, "completed"]);
  equal((await CampaignBook.open(store)).all().length, most);
  await store.close();
});

Deno.test("campaign book: a removed campaign leaves no unit behind", async () => {
  const store = await memory(), book = await CampaignBook.open(store);
  await book.add(record("fw-1"), [unit("fw-1", "a")]);
  await book.remove("fw-1");
  deepEqual([book.all(), book.units("fw-1")], [[], []]);
  const left = await Array.fromAsync(store.list(["firmwareCampaign", "unit"]));
  equal(left.length, 0);
  await store.close();
});
