import { deepStrictEqual as equal } from "node:assert/strict";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("token bucket: so many at once and not one more; what is refused takes nothing", () => {
  const bucket = new TokenBucket(10, 2, 0);
  equal([bucket.take(0, 7), bucket.take(0, 4), bucket.take(0, 3), bucket.take(0)], [true, false, true, false]);
});

Deno.test("token bucket: fills by its rate up to its size, and never by a clock that goes back", () => {
  const bucket = new TokenBucket(10, 2, 0);
  bucket.take(0, 10);
  equal([bucket.take(1_999, 4), bucket.take(2_000, 4)], [false, true]);
  equal([bucket.take(60_000, 11), bucket.take(60_000, 10), bucket.take(0, 1)], [false, true, false]);
  equal([bucket.waitSeconds(60_000), bucket.has(60_500), bucket.isFull(65_000)], [1, true, true]);
});
