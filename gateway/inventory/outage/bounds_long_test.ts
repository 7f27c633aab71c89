import { deepEqual, equal, rejects } from "node:assert/strict";
import { BadgeBook } from "./badge_book.ts";
import { BADGE_LIMITS, OUTAGE_LIMITS } from "./limits.ts";
import { OutageQueue } from "./outage_queue.ts";
import { meter, outageBox, outageRig } from "./testing/outage_rig.ts";

const WIDE = { messages: 50_000, bytes: 2 ** 30, ageMs: 1e12 };
const random = { bytes: (length: number) => new Uint8Array(length), fraction: () => 0 };

Deno.test("badge lists: take as many badges as the limit, and say what to do about one more", async () => {
  const box = await outageBox();
  const book = await BadgeBook.open(box.store, box.sealer);
  const entry = { note: "x", at: 0 };
  for (let from = 0; from < BADGE_LIMITS.entries; from += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, i) => book.add("blocked", `B${from + i}`, entry)));
  }
  equal(book.isFull("blocked"), true);
  equal(book.isFull("listed"), false);
  const rig = await outageRig(box);
  await rejects(rig.command("badge block", { badge: "past", reason: "x" }), /list of blocked badges is full/);
  equal((await rig.command("badge block", { badge: "B0", reason: "again" })).ok, undefined);
  await box.store.close();
});

Deno.test("badge cache: remembers as many answers as the limit, of one more the oldest gives way", async () => {
  const box = await outageBox();
  const book = await BadgeBook.open(box.store, box.sealer);
  const learn = (badge: string, at: number) => book.learn(badge, { status: "Accepted", at, info: "{}" });
  for (let from = 0; from < BADGE_LIMITS.cached; from += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => learn(`B${from + i}`, from + i)));
  }
  equal((await book.cached("B0"))?.status, "Accepted");
  await learn("past", 1e9);
  deepEqual(
    await Promise.all(["B0", "B1", "past"].map(async (badge) => (await book.cached(badge))?.status)),
    [undefined, "Accepted", "Accepted"],
  );
  await box.store.close();
});

Deno.test("outage queue: keeps as many refused messages as the limit; the next one stays in its place", async () => {
  const box = await outageBox();
  const queue = await OutageQueue.open({ ...box, clock: box.time, random, boundsOf: () => WIDE });
  const refusal = { code: "InternalError", description: "", at: 0 };
  for (let i = 0; i <= OUTAGE_LIMITS.refused; i++) {
    await queue.keep({ stationId: "CP001", csms: "main", action: "MeterValues", text: meter(`${i}`, i) });
    const next = await queue.next("CP001 main");
    const head = await queue.refused("CP001 main", next!.sequence, refusal);
    equal(head !== undefined, i < OUTAGE_LIMITS.refused);
  }
  const [view] = queue.views();
  deepEqual([view!.refused, view!.messages], [OUTAGE_LIMITS.refused, 1]);
  await box.store.close();
});

Deno.test("outage queue: a message that is repeated is looked for among as many as the limit", async () => {
  const box = await outageBox();
  const queue = await OutageQueue.open({ ...box, clock: box.time, random, boundsOf: () => WIDE });
  const keep = (value: number) =>
    queue.keep({ stationId: "CP001", csms: "main", action: "MeterValues", text: meter("1", value) });
  for (let i = 0; i < OUTAGE_LIMITS.duplicatesLookedAt; i++) await keep(i);
  deepEqual(await keep(0), { kept: true, isRepeated: true });
  await keep(99);
  deepEqual(await keep(0), { kept: true });
  await box.store.close();
});
