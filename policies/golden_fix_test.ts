import { deepEqual, equal, match } from "node:assert/strict";
import { answerToWrite, decideFixApproval, endOfFix, type FixItem, type FixOutcome, undoOf } from "./golden_fix.ts";

const item = (name: string, outcome?: FixOutcome, before?: string): FixItem => ({
  ...{ setting: name.toLowerCase(), way: "ocpp1.6", name, value: "new" },
  ...outcome === undefined ? {} : { outcome },
  ...before === undefined ? {} : { before },
});

const ANSWERS: readonly (readonly [status: unknown, outcome: FixOutcome])[] = [
  ["Accepted", "written"],
  ["RebootRequired", "restart"],
  ["Rejected", "rejected"],
  ["NotSupported", "rejected"],
  ["UnknownComponent", "rejected"],
  ["UnknownVariable", "rejected"],
  ["NotSupportedAttributeType", "rejected"],
  ["accepted", "unknown"],
  [undefined, "unknown"],
  [{}, "unknown"],
];
for (const [status, outcome] of ANSWERS) {
  Deno.test(`golden fix: a station that answers ${String(status)} is taken for ${outcome}`, () => {
    equal(answerToWrite(status).outcome, outcome);
  });
}

Deno.test("golden fix: an answer that nobody knows is quoted, and not whole when it is long", () => {
  match(answerToWrite("Later").why!, /Later/);
  equal(answerToWrite("x".repeat(500)).why!.length < 100, true);
});

Deno.test("golden fix: nobody approves the own one, in whatever case, nor does an account that nobody answers for", () => {
  const rule = (by: string) => {
    const decision = decideFixApproval("eva", by);
    return decision?.effect === "deny" ? decision.rule : undefined;
  };
  deepEqual(["eva", "EVA", "break-glass", "otto"].map(rule), [
    ...["golden.fix.own", "golden.fix.own", "golden.fix.break-glass", undefined],
  ]);
});

Deno.test("golden fix: it is done only when every setting is proven", () => {
  deepEqual(endOfFix([item("A", "applied"), item("B", "same")]), {
    ...{ state: "done", why: "2 of 2 settings are as wanted" },
  });
  for (const outcome of ["written", "restart", "rejected", "refused", "differs", "unknown", undefined] as const) {
    equal(endOfFix([item("A", "applied"), item("B", outcome)]).state, "failed", String(outcome));
  }
  const { why } = endOfFix([item("A", "applied"), { ...item("B", "rejected"), why: "no" }, item("C")]);
  equal(why, "1 of 3 settings are as wanted. B: no; C: not written");
});

Deno.test("golden fix: what puts it back is what was changed, the last first, with the value from before", () => {
  const items = [
    item("A", "applied", "old"),
    item("B", "same", "old"),
    item("C", "rejected", "old"),
    item("D", "unknown", "x"),
    item("E", "differs", ""),
    item("F", "applied"),
    item("G", undefined, "old"),
  ];
  deepEqual(undoOf(items).map(({ name, value, outcome }) => [name, value, outcome]), [
    ["E", "", undefined],
    ["D", "x", undefined],
    ["A", "old", undefined],
  ]);
});
