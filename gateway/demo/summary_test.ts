import { deepEqual, equal, match } from "node:assert/strict";
import type { StationView } from "./model.ts";
import { type Outcome, summarize } from "./summary.ts";

const VIEW = { id: "CP001", sessions: 2, deliveredWh: 1_500 } as StationView;
const GOOD: Outcome = {
  stations: [VIEW, { ...VIEW, id: "CP002" }],
  faults: [],
  lost: [],
  attacks: { count: 3, refused: 3, missed: [] },
  gatewayExit: 0,
};

Deno.test("demo summary: all is well only when all is well", () => {
  deepEqual(summarize(GOOD), {
    ok: true,
    lines: [
      "4 charging sessions at 2 stations, 3.00 kWh; every session reached the CSMS whole.",
      "3 attacks, 3 refused.",
      "All is well.",
    ],
  });
});

const missed = [{ title: "a trick", refused: false, seen: "HTTP 101" }];
const PROBLEMS: readonly { name: string; change: Partial<Outcome>; says: RegExp }[] = [
  {
    name: "a station that never charged",
    change: { stations: [{ ...VIEW, sessions: 0 }] },
    says: /never charged: CP001/,
  },
  { name: "a lost session", change: { lost: ["CP001: lost"] }, says: /PROBLEM: CP001: lost/ },
  { name: "a broken message", change: { faults: ["CP001: bad"] }, says: /PROBLEM: CP001: bad/ },
  {
    name: "an attack that got through",
    change: { attacks: { count: 3, refused: 2, missed } },
    says: /PROBLEM: NOT REFUSED {2}a trick: HTTP 101/,
  },
  { name: "a gateway that crashed", change: { gatewayExit: "SIGKILL" }, says: /ended with SIGKILL/ },
];
for (const { name, change, says } of PROBLEMS) {
  Deno.test(`demo summary: ${name} is a problem`, () => {
    const { ok, lines } = summarize({ ...GOOD, ...change });
    equal(ok, false);
    match(lines.join("\n"), says);
  });
}
