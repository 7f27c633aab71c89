import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { CallQueue } from "./call_queue.ts";
import { GraceBuffer } from "./grace_buffer.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { PendingCalls } from "./pending_calls.ts";
import { RecentIds } from "./recent_ids.ts";

const queued = (id: string, bytes = 1, dueAt = 100) => ({ id, action: "A", bytes: new Uint8Array(bytes), dueAt });

Deno.test("call queue: holds its number of calls and not one more, in order", () => {
  const queue = new CallQueue();
  for (let i = 0; i < OCPP_LIMITS.csmsQueueMessages; i++) equal(queue.push(queued(`${i}`)), true);
  equal(queue.push(queued("past")), false);
  equal([queue.shift()?.id, queue.shift()?.id, queue.length], ["0", "1", OCPP_LIMITS.csmsQueueMessages - 2]);
});

Deno.test("call queue: holds its bytes and not one more, and gives them back", () => {
  const queue = new CallQueue();
  equal([queue.push(queued("a", OCPP_LIMITS.csmsQueueBytes)), queue.push(queued("b"))], [true, false]);
  queue.shift();
  equal(queue.push(queued("b", OCPP_LIMITS.csmsQueueBytes)), true);
  queue.clear();
  equal([queue.length, queue.shift(), queue.push(queued("c", OCPP_LIMITS.csmsQueueBytes))], [0, undefined, true]);
});

Deno.test("call queue: expired calls leave, also from the middle, with their bytes", () => {
  const queue = new CallQueue();
  queue.push(queued("a", 10, 100));
  queue.push(queued("b", OCPP_LIMITS.csmsQueueBytes - 20, 50));
  queue.push(queued("c", 10, 100));
  equal(queue.expire(49), []);
  equal(queue.expire(50).map(({ id }) => id), ["b"]);
  equal([queue.push(queued("d", OCPP_LIMITS.csmsQueueBytes - 20)), queue.length], [true, 3]);
});

Deno.test("pending calls: an answer takes its call once, a repeated call has as many answers", () => {
  const calls = new PendingCalls(4);
  calls.add("1", "A");
  calls.add("1", "A");
  equal([calls.take("1")?.action, calls.take("1")?.action, calls.take("1")], ["A", "A", undefined]);
  calls.add("2", "A");
  calls.add("2", "B");
  equal([calls.take("2")?.action, calls.take("2")], ["B", undefined], "an id used for another call is that call");
});

Deno.test("pending calls: full, the oldest is forgotten and nothing else", () => {
  const calls = new PendingCalls(2);
  for (const id of ["1", "2"]) calls.add(id, "A");
  equal([calls.isFull, calls.size], [true, 2]);
  calls.add("3", "A");
  equal([calls.take("1"), calls.take("2")?.action, calls.take("3")?.action], [undefined, "A", "A"]);
});

Deno.test("recent ids: remembers the last ones only", () => {
  const recent = new RecentIds();
  for (let i = 0; i < OCPP_LIMITS.recentIds; i++) recent.add(`${i}`);
  ok(recent.seen("0") && recent.seen(`${OCPP_LIMITS.recentIds - 1}`));
  recent.add("0");
  ok(recent.seen("0") && recent.seen("1"), "a known id costs no place");
  recent.add("past");
  ok(!recent.seen("0") && recent.seen("1") && recent.seen("past"), "the oldest makes room");
  for (let i = 1; i < OCPP_LIMITS.recentIds; i++) recent.add(`p${i}`);
  ok(recent.seen("past") && recent.seen("p1"));
  recent.add("one more");
  ok(!recent.seen("past") && recent.seen("p1") && recent.seen("one more"));
  recent.clear();
  ok(!recent.seen("past"));
});

Deno.test("recent ids: an id that was never added is never seen, however much it looks like one that was", () => {
  const recent = new RecentIds();
  ok(!recent.seen("") && !recent.seen("a"), "nothing was added yet");
  for (const id of ["", "a", "ab", "1"]) recent.add(id);
  for (const id of ["", "a", "ab", "1"]) ok(recent.seen(id), id);
  for (const id of ["ba", "b", "aa", "11", "\u0000", "A", "ab ", "\u0161"]) ok(!recent.seen(id), id);
  for (let i = 0; i < 100_000; i++) ok(!recent.seen(`id ${i}`));
});

Deno.test("grace buffer: holds its messages and bytes and not one more, and empties in order", () => {
  const buffer = new GraceBuffer();
  for (let i = 0; i < OCPP_LIMITS.graceMessages; i++) equal(buffer.push(`${i}`), true);
  equal(buffer.push("past"), false);
  equal(buffer.drain().slice(0, 2), ["0", "1"]);
  equal(buffer.length, 0);
  equal([buffer.push(new Uint8Array(OCPP_LIMITS.graceBytes)), buffer.push("x")], [true, false]);
});
