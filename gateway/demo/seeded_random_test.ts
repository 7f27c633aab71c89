import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { seededRandom } from "./seeded_random.ts";

Deno.test("demo randomness: the same seed gives the same bytes and fractions", () => {
  const [a, b] = [seededRandom(7), seededRandom(7)];
  deepEqual(a.bytes(32), b.bytes(32));
  equal(a.fraction(), b.fraction());
});

Deno.test("demo randomness: another seed gives other bytes", () => {
  notDeepEqual(seededRandom(7).bytes(32), seededRandom(8).bytes(32));
});

Deno.test("demo randomness: fractions stay in [0, 1) and spread over it", () => {
  const random = seededRandom(1);
  const tenths = new Set<number>();
  for (let i = 0; i < 1_000; i++) {
    const value = random.fraction();
    ok(value >= 0 && value < 1);
    tenths.add(Math.floor(value * 10));
  }
  equal(tenths.size, 10);
});
