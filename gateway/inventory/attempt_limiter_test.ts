import { equal } from "node:assert/strict";
import { AttemptLimiter } from "./attempt_limiter.ts";

const make = (tracked = 3) => new AttemptLimiter({ limit: 3, windowSeconds: 30, tracked });

Deno.test("attempt limiter: allows up to the limit and refuses one past it", () => {
  const limiter = make();
  limiter.fail("a", 0);
  limiter.fail("a", 0);
  equal(limiter.isLimited("a", 0), false);
  limiter.fail("a", 0);
  equal(limiter.isLimited("a", 0), true);
  equal(limiter.isLimited("b", 0), false);
});

Deno.test("attempt limiter: one attempt is free again after its share of the window", () => {
  const limiter = make();
  for (let i = 0; i < 9; i++) limiter.fail("a", 0);
  equal(limiter.retryAfterSeconds("a", 0), 10);
  equal(limiter.isLimited("a", 9_999), true);
  equal(limiter.isLimited("a", 10_001), false);
});

Deno.test("attempt limiter: remembers at most the tracked keys and forgets the oldest first", () => {
  const limiter = make();
  for (const key of ["a", "b", "c"]) for (let i = 0; i < 3; i++) limiter.fail(key, 0);
  equal(limiter.size, 3);
  limiter.fail("a", 0);
  limiter.fail("d", 0);
  equal(limiter.size, 3);
  equal(limiter.isLimited("b", 0), false);
  equal(limiter.isLimited("a", 0), true);
});
