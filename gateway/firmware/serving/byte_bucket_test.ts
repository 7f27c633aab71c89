import { equal, ok } from "node:assert/strict";
import { ByteBucket, Pacing, Slowness } from "./byte_bucket.ts";

Deno.test("firmware pacing: a second's worth goes at once, what follows waits for its turn", () => {
  const bucket = new ByteBucket(1_000, 0);
  equal(bucket.take(1_000, 0), 0);
  equal(bucket.take(500, 0), 0, "the burst is paid for afterwards");
  equal(bucket.take(500, 0), 500);
  equal(bucket.take(1, 0), 1_000);
});

Deno.test("firmware pacing: over time no more goes than the rate", () => {
  const bucket = new ByteBucket(10_000, 0);
  let now = 0, sent = 0;
  while (now < 60_000) {
    now += bucket.take(2_500, now);
    sent += 2_500;
  }
  ok(sent <= 10_000 * 62 && sent >= 10_000 * 59, `${sent}`);
});

Deno.test("firmware pacing: a pause saves up no more than a second", () => {
  const bucket = new ByteBucket(1_000, 0);
  bucket.take(5_000, 0);
  equal(bucket.isFull(4_999), false);
  equal(bucket.isFull(1_000_000), true);
  equal(bucket.take(1_000, 1_000_000), 0);
  equal(bucket.take(1_000, 1_000_000), 0);
  equal(bucket.take(1, 1_000_000), 1_000);
});

Deno.test("firmware pacing: each station has its rate, and all together that of the site", () => {
  const pacing = new Pacing({ site: 2_000, station: 1_000 }, 0);
  equal(pacing.take("A", 2_000, 0), 0);
  equal(pacing.take("A", 1, 0), 1_000, "its own rate holds A back");
  equal(pacing.take("B", 999, 0), 1, "B waits for the site alone");
  equal(pacing.take("C", 2_000, 0), 500);
  equal(pacing.take("C", 1, 0), 1_500, "the site's rate, by what all took");
});

Deno.test("firmware pacing: stations that have gone quiet are forgotten without a change of their rate", () => {
  const pacing = new Pacing({ site: 1e9, station: 1_000 }, 0);
  for (let index = 0; index < 100; index++) pacing.take(`CP${index}`, 3_000, 0);
  equal(pacing.take("CP1", 1, 1_000), 1_000, "still owed");
  equal(pacing.take("NEW", 1, 10_000), 0);
  equal(pacing.take("CP1", 1, 10_000), 0);
});

const LIMITS = { slowestBytesPerSecond: 1_000, slowWindowMs: 10_000 };

Deno.test("firmware slow retrieval: a peer at the limit stays, one byte a second less is cut off", () => {
  const fair = new Slowness(LIMITS), slow = new Slowness(LIMITS);
  for (let second = 1; second < 10; second++) {
    equal(fair.note(1_000, 1_000), false);
    equal(slow.note(999, 1_000), false, "not judged before the window is over");
  }
  equal(fair.note(1_000, 1_000), false);
  equal(slow.note(999, 1_000), true);
});

Deno.test("firmware slow retrieval: each window is judged by itself, and time that we let it wait does not count", () => {
  const peer = new Slowness(LIMITS);
  equal(peer.note(1_000_000, 10_000), false);
  equal(peer.note(0, 9_999), false);
  equal(peer.note(0, 1), true, "what it did before does not help it");
  const paced = new Slowness(LIMITS);
  for (let index = 0; index < 1_000; index++) equal(paced.note(1, 0), false);
});
