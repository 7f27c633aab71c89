import { deepStrictEqual as equal } from "node:assert/strict";
import { AnswerCache, type CachedAnswer } from "./cache.ts";
import { writeAnswer } from "./codec.ts";

function answer(more: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    template: writeAnswer({ name: "a", type: 1 }, { rcode: 0, answers: [] }),
    storedAt: 0,
    freshUntil: 100,
    staleUntil: 1_000,
    ...more,
  };
}

Deno.test("dns cache: an answer is there until it is too old even for staleness", () => {
  const cache = new AnswerCache();
  cache.set("a", answer());
  equal(cache.get("a", 999)?.freshUntil, 100);
  equal(cache.get("a", 1_000), undefined);
  equal([cache.size, cache.bytes], [0, 0]);
  equal(cache.get("b", 0), undefined);
});

Deno.test("dns cache: at the limit of entries all stay, with one more the one longest unused goes", () => {
  const cache = new AnswerCache(3);
  for (const key of ["a", "b", "c"]) cache.set(key, answer());
  cache.get("a", 0);
  equal(cache.size, 3);
  cache.set("d", answer());
  equal(["a", "b", "c", "d"].map((key) => cache.get(key, 0) !== undefined), [true, false, true, true]);
});

Deno.test("dns cache: at the limit of bytes all stay, with one byte less the oldest goes", () => {
  const measure = new AnswerCache();
  measure.set("a", answer());
  const each = measure.bytes;
  const enough = new AnswerCache(10, each * 2);
  const short = new AnswerCache(10, each * 2 - 1);
  for (const cache of [enough, short]) {
    cache.set("a", answer());
    cache.set("b", answer());
  }
  equal([enough.size, short.size], [2, 1]);
  const tiny = new AnswerCache(10, each - 1);
  tiny.set("a", answer());
  equal([tiny.size, tiny.bytes], [0, 0]);
});

Deno.test("dns cache: a newer answer takes the place of the old one, and all can be forgotten", () => {
  const cache = new AnswerCache();
  cache.set("a", answer());
  const { bytes } = cache;
  cache.set("a", answer({ freshUntil: 200 }));
  equal([cache.get("a", 0)?.freshUntil, cache.bytes], [200, bytes]);
  cache.clear();
  equal([cache.size, cache.bytes], [0, 0]);
});
