import { deepStrictEqual as equal } from "node:assert/strict";
import { RCODES, TYPES } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import { type LookupEffect, Lookups } from "./session_lookup.ts";
import { address, responseFor } from "./testing/messages.ts";

const { attemptMs, queryMs, upstreamPauseMaxMs } = DNS_LIMITS;
const GOOD = responseFor("a", [address("a", "203.0.113.7")]);

/** Which upstreams are to be asked. */
const asked = (effects: readonly LookupEffect[]) =>
  effects.flatMap((effect) => effect.do === "ask" ? [effect.upstream] : []);

function start(upstreams = 2): Lookups {
  const lookups = new Lookups(upstreams);
  equal(asked(lookups.start("1 a", "a", TYPES.A, 0)), upstreams === 0 ? [] : [0]);
  return lookups;
}

Deno.test("dns lookup: the first upstream's answer ends it", () => {
  const lookups = start();
  equal(lookups.answered("1 a", 0, GOOD, 5), [[], { response: GOOD }]);
  equal([lookups.size, lookups.has("1 a")], [0, false]);
});

Deno.test("dns lookup: an upstream that fails gives way to the next, the last one's failure ends it", () => {
  const lookups = start();
  const [effects, end] = lookups.failed("1 a", 0, "it closed the connection", 5);
  equal([asked(effects), end], [[1], undefined]);
  equal(lookups.failed("1 a", 1, "it answered with HTTP status 500", 6), [[], {
    failure: "it answered with HTTP status 500",
  }]);
  equal(lookups.size, 0);
});

Deno.test("dns lookup: a slow upstream has company after a while, and the first answer wins", () => {
  const lookups = start();
  equal(asked(lookups.tick(attemptMs - 1).effects), []);
  equal(asked(lookups.tick(attemptMs).effects), [1]);
  equal(lookups.answered("1 a", 0, GOOD, attemptMs + 1)[1], { response: GOOD });
  equal(lookups.answered("1 a", 1, GOOD, attemptMs + 2), [[]]);
});

Deno.test("dns lookup: when nobody answers it ends at the limit", () => {
  const lookups = start();
  lookups.tick(attemptMs);
  equal(lookups.tick(queryMs - 1).ended, []);
  equal(lookups.tick(queryMs).ended, [["1 a", { failure: "no upstream answered in time" }]]);
  equal(lookups.answered("1 a", 0, GOOD, queryMs + 1), [[]]);
});

const LIES: readonly [what: string, response: Partial<typeof GOOD>, why: string][] = [
  ["another name", { name: "b" }, "it answered another question"],
  ["another type", { type: TYPES.AAAA }, "it answered another question"],
  ["another class", { class: 3 }, "it answered another question"],
  ["a cut answer", { isTruncated: true }, "its answer is cut off"],
];

for (const [what, more, why] of LIES) {
  Deno.test(`dns lookup: an upstream that answers ${what} is not believed and rests`, () => {
    const lookups = start();
    const [effects, end] = lookups.answered("1 a", 0, { ...GOOD, ...more }, 5);
    equal([asked(effects), end], [[1], undefined]);
    equal(lookups.failed("1 a", 1, "gone", 6)[1], { failure: "gone" });
    const alone = start(1);
    equal(alone.answered("1 a", 0, { ...GOOD, ...more }, 5)[1], { failure: why });
    equal(alone.isHopeless(6), true);
  });
}

Deno.test("dns lookup: SERVFAIL and REFUSED are about the name: the next is asked, and the upstream does not rest", () => {
  for (const rcode of [RCODES.servFail, RCODES.refused, RCODES.notImp]) {
    const lookups = start();
    const [effects, end] = lookups.answered("1 a", 0, { ...GOOD, rcode }, 5);
    equal([asked(effects), end], [[1], undefined]);
    equal(lookups.answered("1 a", 1, { ...GOOD, rcode }, 6)[1], { failure: `it answered with code ${rcode}` });
    equal(asked(lookups.start("1 a", "a", TYPES.A, 7)), [0]);
  }
});

Deno.test("dns lookup: NXDOMAIN is an answer", () => {
  const none = { ...GOOD, rcode: RCODES.nxDomain, answers: [] };
  equal(start().answered("1 a", 0, none, 5)[1], { response: none });
});

Deno.test("dns lookup: an upstream that is away is told once, its return too", () => {
  const lookups = new Lookups(1);
  const told: string[] = [];
  const note = (effects: readonly LookupEffect[]) => {
    for (const effect of effects) if (effect.do === "upstream") told.push(`${effect.state}: ${effect.why}`);
  };
  let now = 0;
  for (let round = 0; round < 5; round++) {
    lookups.start("1 a", "a", TYPES.A, now);
    note(lookups.failed("1 a", 0, "refused", now)[0]);
    now += upstreamPauseMaxMs;
  }
  equal([told, lookups.isAway(0)], [["away: refused"], true]);
  lookups.start("1 a", "a", TYPES.A, now);
  note(lookups.answered("1 a", 0, GOOD, now)[0]);
  equal([told.at(-1), lookups.isAway(0)], ["back: it answers", false]);
});

Deno.test("dns lookup: answers of upstreams that were not asked, or twice, do nothing", () => {
  const lookups = start();
  equal(lookups.answered("1 a", 1, GOOD, 1), [[]]);
  equal(lookups.answered("1 b", 0, GOOD, 1), [[]]);
  equal(lookups.failed("1 b", 0, "x", 1), [[]]);
  lookups.failed("1 a", 0, "x", 1);
  equal(lookups.answered("1 a", 0, GOOD, 2), [[]]);
});

Deno.test("dns lookup: without any upstream it ends at the limit", () => {
  const lookups = start(0);
  equal(lookups.tick(queryMs).ended.length, 1);
});
