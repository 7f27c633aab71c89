import { deepStrictEqual as equal } from "node:assert/strict";
import { holdingBack, type Plan, type Row, splitWaves, stateOf } from "./plan.ts";

const ids = (count: number) => Array.from({ length: count }, (_, at) => `CP${at}`);
const sizes = (count: number, size?: number) => splitWaves(ids(count), size).map(({ length }) => length);

Deno.test("migration plan: waves of a size, or one, ten and the rest; nobody is left out or twice in", () => {
  equal([sizes(200), sizes(11), sizes(12), sizes(1)], [[1, 10, 189], [1, 10], [1, 10, 1], [1]]);
  equal([sizes(200, 200), sizes(5, 2), sizes(2, 5), sizes(0)], [[200], [2, 2, 1], [2], []]);
  equal(splitWaves(ids(57), 10).flat(), ids(57));
});

const row = (changes: Partial<Row>): Row => ({
  station: "CP1",
  wave: 1,
  at: "from",
  wanted: "from",
  failures: 0,
  ...changes,
});

Deno.test("migration plan: what a station is up to", () => {
  equal(stateOf(row({})), "planned");
  equal(stateOf(row({ wanted: "to" })), "waiting");
  equal(stateOf(row({ at: "to", wanted: "to" })), "moved");
  equal(stateOf(row({ at: "to", wanted: "to", acceptedAt: 1 })), "accepted");
  equal(stateOf(row({ at: "to", wanted: "from", acceptedAt: 1 })), "returning");
  equal(stateOf(row({ fault: "refused" })), "failed");
});

Deno.test("migration plan: the next wave waits for every station of the started ones, and for no other", () => {
  const plan: Plan = {
    from: "a",
    to: "b",
    started: 1,
    waves: 2,
    isShadowing: false,
    isReturning: false,
    madeAt: 0,
    madeBy: "eva",
  };
  const rows = [
    row({ station: "A", at: "to", wanted: "to", acceptedAt: 1 }),
    row({ station: "B", at: "to", wanted: "to" }),
    row({ station: "C", wanted: "to" }),
    row({ station: "D", fault: "x" }),
    row({ station: "E", wave: 2 }),
  ];
  equal(holdingBack(plan, rows).map(({ station }) => station), ["B", "C", "D"]);
});
