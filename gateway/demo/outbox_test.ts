import { deepEqual, equal, throws } from "node:assert/strict";
import { DEMO_LIMITS } from "./limits.ts";
import { Outbox, type Queued } from "./outbox.ts";

const message = (kind: Queued["kind"], action = ""): Queued => ({ kind, build: () => ({ action, payload: {} }) });

Deno.test("demo outbox: keeps the order, and a message until it is taken off", () => {
  const outbox = new Outbox();
  outbox.push(message("start", "a"));
  outbox.push(message("stop", "b"));
  equal(outbox.first?.build().action, "a");
  equal(outbox.size, 2);
  outbox.shift();
  equal(outbox.first?.build().action, "b");
});

Deno.test("demo outbox: takes as many messages as its limit without dropping one", () => {
  const outbox = new Outbox();
  for (let i = 0; i < DEMO_LIMITS.outboxMessages; i++) outbox.push(message("meter"));
  deepEqual([outbox.size, outbox.dropped], [DEMO_LIMITS.outboxMessages, 0]);
});

Deno.test("demo outbox: one past the limit drops the oldest meter value that is not on its way", () => {
  const outbox = new Outbox();
  outbox.push(message("meter", "first"));
  outbox.push(message("meter", "second"));
  for (let i = 2; i < DEMO_LIMITS.outboxMessages; i++) outbox.push(message("stop", "stop"));
  outbox.push(message("stop", "last"));
  deepEqual([outbox.size, outbox.dropped], [DEMO_LIMITS.outboxMessages, 1]);
  equal(outbox.first?.build().action, "first");
  outbox.shift();
  equal(outbox.first?.build().action, "stop");
});

Deno.test("demo outbox: refuses to drop a start or a stop", () => {
  const outbox = new Outbox();
  for (let i = 0; i < DEMO_LIMITS.outboxMessages; i++) outbox.push(message("stop"));
  throws(() => outbox.push(message("meter")), RangeError);
});
