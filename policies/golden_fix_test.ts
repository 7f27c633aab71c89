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

const WAYS = ["ocpp1.6", "ocpp2", "driver"] as const;
const OUTCOMES: readonly (FixOutcome | undefined)[] = [
  ...["same", "applied", "written", "restart", "rejected", "refused", "differs", "unknown"] as const,
  undefined,
];

Deno.test("golden fix: what puts it back names each setting once, by its own way, and never what was not written", () => {
  for (const way of WAYS) {
    for (const outcome of OUTCOMES) {
      for (const before of [undefined, "", "old"]) {
        const one: FixItem = { ...item("A", outcome, before), way };
        const back = undoOf([one]);
        const wasWritten = outcome === "applied" || outcome === "differs" || outcome === "unknown";
        const wanted = wasWritten && before !== undefined ? [{ setting: "a", way, name: "A", value: before }] : [];
        deepEqual(back, wanted, `${way} ${outcome} ${before}`);
      }
    }
  }
});

Deno.test("golden fix: taking back what was taken back wants nothing that was never there", () => {
  const first = [item("A", "applied", "1"), item("B", "applied", "2")];
  const back = undoOf(first).map((one): FixItem => ({ ...one, outcome: "applied", before: "new" }));
  deepEqual(undoOf(back).map(({ name, value }) => [name, value]), [["A", "new"], ["B", "new"]]);
  deepEqual(undoOf(undoOf(first)), [], "what was not carried out yet is not taken back");
});

Deno.test("golden fix: an end is never done while one setting is not proven, whatever the others are", () => {
  for (const bad of OUTCOMES.filter((outcome) => outcome !== "applied" && outcome !== "same")) {
    for (const at of [0, 1, 2]) {
      const items = ["A", "B", "C"].map((name, own) => item(name, own === at ? bad : "applied"));
      const { state, why } = endOfFix(items);
      equal(state, "failed", `${bad} at ${at}`);
      match(why, new RegExp(`^2 of 3 settings are as wanted\\. ${"ABC"[at]}: `));
    }
  }
  deepEqual(endOfFix([]), { state: "done", why: "0 of 0 settings are as wanted" });
});

for (
  const [madeBy, by, rule] of [
    ["eva", "eva", "golden.fix.own"],
    ["Eva", "eVA", "golden.fix.own"],
    ["eva", "break-glass", "golden.fix.break-glass"],
    ["break-glass", "break-glass", "golden.fix.own"],
    ["break-glass", "otto", undefined],
    ["eva", "eva2", undefined],
    ["eva", "ev", undefined],
  ] as const
) {
  Deno.test(`golden fix: what ${madeBy} asked for ${by} ${rule ? `may not approve: ${rule}` : "may approve"}`, () => {
    const decision = decideFixApproval(madeBy, by);
    equal(decision?.effect === "deny" ? decision.rule : undefined, rule);
    if (decision?.effect === "deny") match(decision.reason + (decision.hint ?? ""), /\S/);
  });
}
