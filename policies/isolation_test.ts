import { strict as assert } from "node:assert";
import { type IsolationFacts, judgeIsolation } from "./isolation.ts";

const CASES: readonly (readonly [what: string, facts: IsolationFacts, verdict: string, why: RegExp])[] = [
  ["nothing claimed, nothing tried", { claimed: "shared" }, "none", /claims none, nothing was tried/],
  ["claimed and not tried", { claimed: "private-vlan" }, "switch-claimed", /says private-vlan, nothing was tried/],
  [
    "claimed and heard only the box",
    { claimed: "private-vlan", probe: { boxHeard: true, others: [] } },
    "proven",
    /nobody else/,
  ],
  [
    "claimed and heard nobody",
    { claimed: "protected-ports", probe: { boxHeard: false, others: [] } },
    "switch-claimed",
    /is its port/,
  ],
  [
    "nothing claimed and heard nobody",
    { claimed: "shared", probe: { boxHeard: false, others: [] } },
    "none",
    /claims none/,
  ],
  [
    "nothing claimed, yet only the box is heard",
    { claimed: "shared", probe: { boxHeard: true, others: [] } },
    "proven",
    /this box/,
  ],
  [
    "claimed and a neighbour is heard",
    { claimed: "private-vlan", probe: { boxHeard: true, others: ["a"] } },
    "none",
    /hears a$/,
  ],
  [
    "a neighbour is heard and the box is not",
    { claimed: "vlan-per-station", probe: { boxHeard: false, others: ["a"] } },
    "none",
    /hears a$/,
  ],
  [
    "many neighbours are counted",
    { claimed: "shared", probe: { boxHeard: true, others: ["a", "b", "c", "d", "e"] } },
    "none",
    /hears a, b, c and 2 more$/,
  ],
];

for (const [what, facts, verdict, why] of CASES) {
  Deno.test(`isolation: ${what}: ${verdict}`, () => {
    const judged = judgeIsolation(facts);
    assert.equal(judged.verdict, verdict);
    assert.match(judged.why, why);
  });
}

Deno.test("isolation: whatever is claimed, one neighbour that is heard is the end of it", () => {
  for (const claimed of ["private-vlan", "protected-ports", "shared", "vlan-per-station"] as const) {
    for (const boxHeard of [true, false]) {
      assert.equal(judgeIsolation({ claimed, probe: { boxHeard, others: ["x"] } }).verdict, "none");
    }
  }
});

Deno.test("isolation: silence proves nothing", () => {
  for (const claimed of ["private-vlan", "protected-ports", "shared", "vlan-per-station"] as const) {
    assert.notEqual(judgeIsolation({ claimed, probe: { boxHeard: false, others: [] } }).verdict, "proven");
    assert.notEqual(judgeIsolation({ claimed }).verdict, "proven");
  }
});
