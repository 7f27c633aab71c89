import { deepEqual, equal, ok } from "node:assert/strict";
import { OUTAGE_LIMITS } from "./limits.ts";
import { OutageQueue, type QueueBounds } from "./outage_queue.ts";
import { meter, type OutageBox, outageBox, start } from "./testing/outage_rig.ts";

const WIDE: QueueBounds = { messages: 1_000, bytes: 8_388_608, ageMs: 3_600_000 };
const random = { bytes: (length: number) => new Uint8Array(length), fraction: () => 0 };

const openQueue = (box: OutageBox, bounds = WIDE) =>
  OutageQueue.open({ ...box, clock: box.time, random, boundsOf: () => bounds });

const keep = (queue: OutageQueue, action: string, text: string, more: Record<string, unknown> = {}) =>
  queue.keep({ stationId: "CP001", csms: "main", action, text, ...more });

/** Takes all waiting messages out, as a CSMS that answers everything would. */
async function drain(queue: OutageQueue): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await queue.next("CP001 main"); next; next = await queue.next("CP001 main")) {
    texts.push(next.text);
    await queue.delivered("CP001 main", next.sequence);
  }
  return texts;
}

Deno.test("outage queue: hands out what it kept in order, byte for byte, and nothing after the answer", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const texts = [start("1"), meter("2", 1), meter("3", 2)];
  deepEqual(await keep(queue, "StartTransaction", texts[0]!), { kept: true, transactionId: 2_000_000_000 });
  for (const text of texts.slice(1)) deepEqual(await keep(queue, "MeterValues", text), { kept: true });
  equal((await queue.state("CP001 main")).messages, 3);
  deepEqual(await drain(queue), texts);
  deepEqual(queue.views(), []);
  await box.store.close();
});

Deno.test("outage queue: a new process finds everything that was acknowledged, and nothing in clear in the store", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  await keep(queue, "StartTransaction", start("1", "BADGE-IN-CLEAR"));
  await keep(queue, "MeterValues", meter("2", 5));
  const raw: string[] = [];
  for await (const { key, value } of box.store.list([])) raw.push(JSON.stringify([key, value]), String(value));
  ok(!raw.join().includes("BADGE-IN-CLEAR"), "a badge stands in the store");
  deepEqual(await drain(await openQueue(box)), [start("1", "BADGE-IN-CLEAR"), meter("2", 5)]);
  await box.store.close();
});

Deno.test("outage queue: a message that is sent again, with another id or after a restart, is kept once with one id", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const first = await keep(queue, "StartTransaction", start("1"));
  const again = await keep(await openQueue(box), "StartTransaction", start("99"));
  deepEqual(again, { ...first, isRepeated: true });
  equal((await queue.state("CP001 main")).messages, 1);
  await box.store.close();
});

Deno.test("outage queue: a message that the CSMS answered already is not kept once more", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const first = await keep(queue, "StartTransaction", start("1"));
  await drain(queue);
  deepEqual(await keep(queue, "StartTransaction", start("2")), { ...first, isRepeated: true });
  equal((await queue.state("CP001 main")).messages, 0);
  await box.store.close();
});

Deno.test("outage queue: the CSMS's transaction id is stored with the removal of its start", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  await keep(queue, "StartTransaction", start("1"));
  const next = await queue.next("CP001 main");
  await queue.delivered("CP001 main", next!.sequence, 42);
  deepEqual((await (await openQueue(box)).state("CP001 main")).transactions, [{ local: 2_000_000_000, csms: 42 }]);
  await box.store.close();
});

Deno.test("outage queue: of a slot only the newest is kept, and the boot goes first", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  await keep(queue, "StatusNotification", `[2,"1","StatusNotification",{"n":1}]`, { slot: "status 1" });
  await keep(queue, "StatusNotification", `[2,"2","StatusNotification",{"n":2}]`, { slot: "status 1" });
  await keep(queue, "BootNotification", `[2,"3","BootNotification",{}]`, { slot: "boot" });
  const texts = await drain(queue);
  deepEqual(texts, [`[2,"3","BootNotification",{}]`, `[2,"2","StatusNotification",{"n":2}]`]);
  await box.store.close();
});

Deno.test("outage queue: a late answer never removes another message, also when the queue was empty between", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  await keep(queue, "MeterValues", meter("1", 1));
  const first = await queue.next("CP001 main");
  await queue.delivered("CP001 main", first!.sequence);
  await keep(queue, "MeterValues", meter("2", 2));
  await queue.delivered("CP001 main", first!.sequence);
  equal((await queue.state("CP001 main")).messages, 1);
  await box.store.close();
});

Deno.test("outage queue: takes messages up to its number and not one more, and keeps those it has", async () => {
  const box = await outageBox();
  const queue = await openQueue(box, { ...WIDE, messages: 2 });
  for (const id of [1, 2]) equal((await keep(queue, "MeterValues", meter(`${id}`, id))).kept, true);
  deepEqual(await keep(queue, "MeterValues", meter("3", 3)), { kept: false, why: "full" });
  equal((await queue.state("CP001 main")).isFull, true);
  deepEqual(await drain(queue), [meter("1", 1), meter("2", 2)]);
  equal((await queue.state("CP001 main")).isFull, false);
  await box.store.close();
});

Deno.test("outage queue: takes bytes up to its limit and not one more", async () => {
  const box = await outageBox();
  const queue = await openQueue(box, { ...WIDE, bytes: 2 * meter("1", 1).length });
  for (const id of [1, 2]) equal((await keep(queue, "MeterValues", meter(`${id}`, id))).kept, true);
  equal((await keep(queue, "MeterValues", meter("3", 3))).kept, false);
  await box.store.close();
});

Deno.test("outage queue: once the oldest is too old no more are taken, and nothing is dropped", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  await keep(queue, "MeterValues", meter("1", 1));
  box.time.advance(WIDE.ageMs);
  equal((await keep(queue, "MeterValues", meter("2", 2))).kept, true);
  box.time.advance(1);
  deepEqual(await keep(queue, "MeterValues", meter("3", 3)), { kept: false, why: "full" });
  equal((await drain(queue)).length, 2);
  await box.store.close();
});

Deno.test("outage queue: a message at the size limit is kept in parts and comes back whole, one byte more is not kept", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const frame = `[2,"1","MeterValues",{"x":""}]`;
  const text = (bytes: number) => frame.replace(`""`, `"${"é".repeat(1)}${"x".repeat(bytes - frame.length - 2)}"`);
  equal((await keep(queue, "MeterValues", text(OUTAGE_LIMITS.messageBytes))).kept, true);
  deepEqual(await keep(queue, "MeterValues", text(OUTAGE_LIMITS.messageBytes + 1)), {
    kept: false,
    why: "message-too-large",
  });
  deepEqual(await drain(await openQueue(box)), [text(OUTAGE_LIMITS.messageBytes)]);
  await box.store.close();
});

Deno.test("outage queue: remembers as many given transactions as its limit, then forgets those the CSMS knows", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  for (let i = 0; i < OUTAGE_LIMITS.transactions; i++) {
    equal((await keep(queue, "StartTransaction", start(`${i}`, "A", i))).kept, true);
  }
  equal((await keep(queue, "StartTransaction", start("past", "A", 9_999))).kept, false);
  const first = await queue.next("CP001 main");
  await queue.delivered("CP001 main", first!.sequence, 1);
  equal((await keep(queue, "StartTransaction", start("past", "A", 9_999))).kept, true);
  equal((await queue.state("CP001 main")).transactions.length, OUTAGE_LIMITS.transactions);
  await box.store.close();
});

Deno.test("outage queue: what the CSMS refused waits for a person, who sends it again or gives it up", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  for (const id of [1, 2]) await keep(queue, "MeterValues", meter(`${id}`, id));
  const first = await queue.next("CP001 main");
  await queue.refused("CP001 main", first!.sequence, { code: "InternalError", description: "no", at: 1 });
  equal((await queue.next("CP001 main"))?.text, meter("2", 2));
  const again = await openQueue(box);
  deepEqual(
    (await again.list("CP001 main", ({ refusal }) => refusal !== undefined, 9)).map((
      { head, text },
    ) => [head.refusal?.code, text]),
    [
      ["InternalError", meter("1", 1)],
    ],
  );
  equal(await again.retry("CP001 main"), 1);
  deepEqual((await again.next("CP001 main"))?.text, meter("1", 1));
  equal((await again.discard("CP001 main", "refused")).length, 0);
  equal((await again.discard("CP001 main", "all")).length, 2);
  deepEqual((await openQueue(box)).views(), []);
  await box.store.close();
});

Deno.test("outage queue: what the CSMS agreed to with a station survives, sealed", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const boot = { text: `[2,"1","BootNotification",{"iccid":"8949"}]`, intervalSeconds: 300 };
  await queue.learn("CP001 main", { protocol: "ocpp1.6" });
  await queue.learn("CP001 main", { boot });
  await queue.learn("CP001 main", { boot });
  const state = await (await openQueue(box)).state("CP001 main");
  deepEqual([state.protocol, state.boot], ["ocpp1.6", boot]);
  await box.store.close();
});

Deno.test("outage queue: ids go round at the end of their range", async () => {
  const box = await outageBox();
  const nearEnd = { ...random, fraction: () => 1 - 1e-12 };
  const queue = await OutageQueue.open({ ...box, clock: box.time, random: nearEnd, boundsOf: () => WIDE });
  const { firstTransactionId, transactionIds } = OUTAGE_LIMITS;
  const ids: unknown[] = [];
  for (const id of [1, 2]) {
    const kept = await keep(queue, "StartTransaction", start(`${id}`, "A", id));
    ids.push(kept.kept && kept.transactionId);
  }
  deepEqual(ids, [firstTransactionId + transactionIds - 1, firstTransactionId]);
  ok(firstTransactionId + transactionIds < 2 ** 31, "transaction ids are int32");
  await box.store.close();
});

Deno.test("outage queue: what was kept for one CSMS never goes to another that the station is moved to", async () => {
  const box = await outageBox();
  const queue = await openQueue(box);
  const first = await keep(queue, "StartTransaction", start("1"));
  await queue.learn("CP001 main", { protocol: "ocpp1.6" });
  equal(await queue.next("CP001 other"), undefined);
  const { protocol, transactions, delivered, messages } = await queue.state("CP001 other");
  deepEqual([protocol, transactions, delivered, messages], [undefined, [], [], 0]);
  const again = await openQueue(box);
  deepEqual(again.views().map(({ station, csms, messages }) => [station, csms, messages]), [["CP001", "main", 1]]);
  equal((await again.waiting("CP001")).messages, 1);
  equal((await again.waiting("CP00")).messages, 0);
  equal((await again.next("CP001 main"))?.transactionId, first.kept && first.transactionId);
  await box.store.close();
});
