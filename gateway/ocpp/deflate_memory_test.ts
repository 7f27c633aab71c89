import { deepStrictEqual as equal } from "node:assert/strict";
import { DeflateMemory } from "./deflate_memory.ts";
import { OCPP_LIMITS } from "./limits.ts";

const { deflateMemoryMs, dialTimeoutMs, upstreamContexts } = OCPP_LIMITS;

Deno.test("deflate memory: one asks, the others go without until the answer is known", () => {
  const memory = new DeflateMemory();
  equal([memory.shouldOffer("a", 0), memory.shouldOffer("a", 1), memory.shouldOffer("b", 1)], [true, false, true]);
  memory.learned("a", true, 2);
  equal([memory.shouldOffer("a", 3), memory.shouldOffer("a", 4)], [true, true]);
});

Deno.test("deflate memory: a no holds for its time, then one asks again while the others still go without", () => {
  const memory = new DeflateMemory();
  memory.shouldOffer("a", 0);
  memory.learned("a", false, 10);
  equal(memory.shouldOffer("a", 10 + deflateMemoryMs - 1), false);
  equal(memory.shouldOffer("a", 10 + deflateMemoryMs), true);
  equal(memory.shouldOffer("a", 10 + deflateMemoryMs), false);
});

Deno.test("deflate memory: when asking failed, or never ended, the next one asks", () => {
  const memory = new DeflateMemory();
  memory.shouldOffer("a", 0);
  memory.learned("a", undefined, 1);
  equal(memory.shouldOffer("a", 2), true);
  equal(memory.shouldOffer("a", 2 + dialTimeoutMs - 1), false);
  equal(memory.shouldOffer("a", 2 + dialTimeoutMs), true);
});

Deno.test("deflate memory: at its limit the oldest CSMS is forgotten, no more", () => {
  const memory = new DeflateMemory();
  for (let n = 0; n < upstreamContexts; n++) {
    memory.shouldOffer(`c${n}`, 0);
    memory.learned(`c${n}`, false, 0);
  }
  equal(memory.shouldOffer("c0", 1), false);
  equal(memory.shouldOffer("one more", 1), true);
  equal([memory.shouldOffer("c1", 1), memory.shouldOffer("c0", 1)], [false, true]);
});
