import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { AttemptLimits } from "./attempt_limits.ts";
import { KeyedLimiter } from "./keyed_limiter.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("token bucket: gives its burst, then its rate, and never more than its burst", () => {
  const bucket = new TokenBucket(3, 2, 0);
  equal([0, 0, 0, 0].map((now) => bucket.take(now)), [true, true, true, false]);
  equal([400, 500, 500].map((now) => bucket.take(now)), [false, true, false]);
  equal(bucket.waitSeconds(500), 1);
  equal(bucket.isFull(10_000), true);
  equal([0, 0, 0, 0].map(() => bucket.take(1e9)), [true, true, true, false]);
});

Deno.test("token bucket: a clock that does not move or goes back gives nothing", () => {
  const bucket = new TokenBucket(1, 1, 1_000);
  equal([bucket.take(1_000), bucket.take(0), bucket.take(1_500), bucket.take(2_000)], [true, false, false, true]);
});

Deno.test("keyed limiter: keys are apart, and the number of keys is bounded", () => {
  const limiter = new KeyedLimiter(1, 0.001, 3);
  equal(["a", "a", "b", "c"].map((key) => limiter.take(key, 0)), [true, false, true, true]);
  equal([limiter.size, limiter.has("a", 0)], [3, false]);
  limiter.take("d", 0);
  equal([limiter.size, limiter.has("a", 0)], [3, true], "the oldest key went");
  limiter.take("e", 1e9);
  equal(limiter.size, 1, "full buckets say nothing and go first");
});

Deno.test("invariant 9: attempts of one source are limited at the limit, others are not touched", () => {
  const limits = new AttemptLimits(0);
  for (let i = 0; i < OCPP_LIMITS.sourceAttemptsBurst; i++) equal(limits.fromSource("10.0.0.1", 0), undefined);
  const refused = limits.fromSource("10.0.0.1", 0);
  equal([refused?.status, refused?.rule, refused?.retryAfterSeconds], [429, "ocpp.limit.source", 1]);
  equal(limits.fromSource("10.0.0.2", 0), undefined);
  equal(limits.fromSource("10.0.0.1", 1_000), undefined);
});

Deno.test("invariant 9: failures at one identity are limited at the limit, from whatever source", () => {
  const limits = new AttemptLimits(0);
  for (let i = 0; i < OCPP_LIMITS.identityFailuresBurst; i++) {
    equal(limits.forIdentity("CP001", `10.0.0.${i}`, 0), undefined);
    limits.failed("CP001", `10.0.0.${i}`, 0);
  }
  equal(limits.forIdentity("CP001", "10.0.0.99", 0)?.rule, "ocpp.limit.identity");
  equal(limits.forIdentity("CP0011", "10.0.0.99", 0), undefined);
  equal(limits.forIdentity("CP001", "10.0.0.99", 5_000), undefined);
});

Deno.test("attempt limits: guessing at a station's password does not keep the station out", () => {
  const limits = new AttemptLimits(0);
  limits.succeeded("CP001", "10.0.0.11");
  for (let i = 0; i < 100; i++) limits.failed("CP001", "10.0.0.66", 0);
  ok(limits.forIdentity("CP001", "10.0.0.66", 0));
  equal(limits.forIdentity("CP001", "10.0.0.11", 0), undefined);
});

Deno.test("attempt limits: a storm of many sources is answered 503 with a time to come back (Q24)", () => {
  const limits = new AttemptLimits(0);
  for (let i = 0; i < OCPP_LIMITS.acceptsBurst; i++) equal(limits.fromSource(`s${i}`, 0), undefined);
  const refused = limits.fromSource("one more", 0);
  equal([refused?.status, refused?.rule], [503, "ocpp.limit.accepts"]);
});
