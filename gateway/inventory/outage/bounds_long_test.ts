import { deepEqual, deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BadgeBook } from "./badge_book.ts";
import { BADGE_LIMITS, OUTAGE_LIMITS } from "./limits.ts";
import { OutageQueue } from "./outage_queue.ts";
import { meter, outageBox, outageRig, outageSite } from "./testing/outage_rig.ts";

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

Deno.test("outage queue: however many messages are refused, none blocks those behind it; as many as the limit are shown", async () => {
  const box = await outageBox();
  const rig = await outageRig(box, { site: outageSite("csms-only", { messages: OUTAGE_LIMITS.refusedShown + 2 }) });
  const outcome = { answered: false, code: "InternalError", description: "" } as const;
  const at = { stationId: "CP001", csms: "main" };
  const refuse = async (value: number) => {
    const kept = await rig.handlers["outage.keep"]!({ ...at, action: "MeterValues", text: meter("1", value) });
    const { message } = await rig.handlers["outage.next"]!(at);
    if (message) await rig.handlers["outage.delivered"]!({ ...at, sequence: message.sequence, outcome });
    return kept.kept;
  };
  const shown = async () => (await rig.command("outage refused", { station: "CP001" })).text.split("\n");
  for (let i = 0; i < OUTAGE_LIMITS.refusedShown; i++) equal(await refuse(i), true);
  equal([(await shown()).length, (await shown()).at(-1)!.includes("more")], [OUTAGE_LIMITS.refusedShown + 1, false]);
  equal(await refuse(OUTAGE_LIMITS.refusedShown), true);
  match((await shown()).at(-1)!, /There are more: `outage export`/);
  equal(
    (await rig.command("outage export", { station: "CP001" })).text.split("\n").length,
    OUTAGE_LIMITS.refusedShown + 1,
  );
  // the next one is kept, handed out, and nothing is left to hand out; with it the room of the queue is used up
  equal(await refuse(-1), true);
  deepEqual(await rig.handlers["outage.next"]!(at), {});
  equal(await refuse(-2), false);
  const { refused } = (await rig.handlers["outage.state"]!(at)) && rig.feature.status();
  equal(refused, OUTAGE_LIMITS.refusedShown + 2);
  // a person gets out of it by a documented command
  match((await rig.command("outage discard", { station: "CP001", reason: "settled" })).text, /^1002 messages/);
  equal(await refuse(-3), true);
  await box.store.close();
});

Deno.test("outage export: one part has as many bytes as the limit; what is beyond is named, and comes with --after", async () => {
  const box = await outageBox();
  const rig = await outageRig(box, { site: outageSite("csms-only", { megabytes: 64 }) });
  const keep = async (bytes: number, value: number) => {
    const text = meter("1", value);
    const padded = text.replace('"meterValue"', `"x":"${"y".repeat(bytes - text.length - 7)}","meterValue"`);
    equal(Buffer.byteLength(padded), bytes);
    await rig.handlers["outage.keep"]!({ stationId: "CP001", csms: "main", action: "MeterValues", text: padded });
  };
  const size = OUTAGE_LIMITS.exportBytes / 16;
  for (let i = 0; i < 16; i++) await keep(size, i);
  const lines = async (after = "0") =>
    (await rig.command("outage export", { station: "CP001", after })).text.split("\n").map((line) => JSON.parse(line));
  equal((await lines()).length, 16);
  await keep(300, 17);
  const first = await lines(), last = first.at(-1);
  equal([first.length, last.more], [17, 1]);
  const { more, after } = (await rig.command("outage export", { station: "CP001" })).data as Record<string, unknown>;
  equal({ more, after }, last); // for machines, too
  const second = await lines(String(last.after));
  equal([second.length, second[0].message.length], [1, 300]);
  await rejects(lines("x"), /--after "x" is no sequence number/);
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
