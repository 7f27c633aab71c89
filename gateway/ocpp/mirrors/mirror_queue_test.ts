import { deepStrictEqual as equal } from "node:assert/strict";
import { MIRROR_LIMITS } from "./limits.ts";
import { MirrorBudget, type MirrorMessage, MirrorQueue } from "./mirror_queue.ts";

const message = (id: string, bytes = 1): MirrorMessage => ({
  id,
  action: "Heartbeat",
  wantsAnswer: true,
  bytes: new Uint8Array(bytes),
  sendings: 0,
});

Deno.test("mirror queue: at the limit all are kept, with one more the oldest is dropped", () => {
  const queue = new MirrorQueue(new MirrorBudget());
  for (let i = 0; i < MIRROR_LIMITS.queueMessages; i++) equal(queue.push(message(String(i))), 0);
  equal(queue.push(message("last")), 1);
  equal([queue.length, queue.shift()?.id], [MIRROR_LIMITS.queueMessages, "1"]);
});

Deno.test("mirror queue: bytes are bounded, and a message that fits nowhere is dropped itself", () => {
  const budget = new MirrorBudget();
  const queue = new MirrorQueue(budget);
  equal(queue.push(message("whole", MIRROR_LIMITS.queueBytes)), 0);
  equal(queue.push(message("one more")), 1);
  equal([queue.length, budget.bytes], [1, 1]);
  equal(queue.push(message("too large", MIRROR_LIMITS.queueBytes + 1)), 1);
  equal([queue.length, budget.bytes], [1, 1]);
});

Deno.test("mirror queue: all mirrors of an isolate share one budget and give it back", () => {
  const budget = new MirrorBudget(100);
  const one = new MirrorQueue(budget), other = new MirrorQueue(budget);
  equal(one.push(message("a", 100)), 0);
  equal(other.push(message("b", 1)), 0, "its own newest message stays");
  equal(other.push(message("c", 1)), 1);
  one.clear();
  equal(budget.bytes, 1);
  equal(other.push(message("d", 99)), 0);
  other.unshift(message("again", 1));
  equal([other.shift()?.id, other.shift()?.id, other.shift()?.id, other.shift()], ["again", "c", "d", undefined]);
  equal(budget.bytes, 0);
});
