import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { applyFact, newRecord } from "../../inventory/ledger/ledger_record.ts";
import { foldInto, isFoldable, isSameKind, type OpenFact, openFact } from "./fact_fold.ts";
import type { BareFact } from "./ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

const BASE = { stationId: "CP001", protocol: "ocpp1.6", at: 1_000 } as const;
const sample = (wh: number, more: Partial<BareFact> = {}): BareFact => ({
  ...{ kind: "sample", connector: 1, transactionId: "7", readings: [{ wh }] },
  ...more,
});
const ack = (wh: number, more: Partial<BareFact> = {}): BareFact => ({
  ...{ kind: "ack", of: "sample", outcome: "accepted", connector: 1, transactionId: "7", readings: [{ wh }] },
  ...more,
});
const open = (fact: BareFact): OpenFact => openFact({ ...BASE, ...fact });

Deno.test("ledger fold: samples of one transaction become one fact, with all readings and the time of the last", () => {
  const into = open(sample(10));
  ok(foldInto(into, sample(20), 2_000) && foldInto(into, sample(20), 3_000));
  equal(into.fact, { ...BASE, ...sample(10), at: 3_000, messages: 3, readings: [{ wh: 10 }, { wh: 20 }, { wh: 20 }] });
});

Deno.test("ledger fold: answers to them become one, with the highest register", () => {
  const into = open(ack(10));
  ok(foldInto(into, ack(30), 2_000) && foldInto(into, ack(20), 3_000));
  equal(into.fact, { ...BASE, ...ack(30), at: 3_000, messages: 3 });
});

const APART: readonly (readonly [string, BareFact, BareFact])[] = [
  ["another transaction", sample(1), sample(2, { transactionId: "8" })],
  ["another connector", sample(1), sample(2, { connector: 2 })],
  ["another EVSE", sample(1, { evse: 1 }), sample(2, { evse: 2 })],
  ["a sample and an answer", sample(1), ack(1)],
  ["a register that went back: the message came late", sample(5), sample(4)],
  ["a gap in the numbers", sample(1, { seqNo: 4 }), sample(2, { seqNo: 6 })],
  ["a number that was there already", sample(1, { seqNo: 4 }), sample(2, { seqNo: 4 })],
  ["a number and none", sample(1, { seqNo: 4 }), sample(2)],
  ["a badge that came in between", sample(1), sample(2, { badge: "04A1" })],
  ["another outcome", ack(1), ack(2, { outcome: "kept" })],
  ["another detail", ack(1), ack(2, { detail: "Invalid" })],
];
for (const [name, first, second] of APART) {
  Deno.test(`ledger fold: ${name} stays apart`, () => {
    const into = open(first), before = structuredClone(into.fact);
    equal(foldInto(into, second, 2_000), false);
    equal(into.fact, before);
  });
}

Deno.test("ledger fold: begins, ends, their answers and signed values are never put together", () => {
  const signed = [{ value: "OCMF|{}" }];
  const facts = [sample(1), ack(1), sample(1, { signed }), ack(1, { of: "end" }), sample(1, { kind: "end" })];
  equal(facts.map(isFoldable), [true, true, false, false, false]);
});

Deno.test("ledger fold: messages of one fact up to the limit, readings thinned past theirs", () => {
  const into = open(sample(0));
  for (let i = 1; i < LEDGER_FEED_LIMITS.readingsPerFact; i++) ok(foldInto(into, sample(i), i));
  equal(into.fact.readings!.length, LEDGER_FEED_LIMITS.readingsPerFact);
  ok(foldInto(into, sample(LEDGER_FEED_LIMITS.readingsPerFact), 0));
  equal(into.fact.readings!.length, LEDGER_FEED_LIMITS.readingsPerFact / 2 + 1);
  equal([into.fact.readings![0]!.wh, into.fact.readings!.at(-1)!.wh], [0, LEDGER_FEED_LIMITS.readingsPerFact]);
  while (into.fact.messages! < LEDGER_FEED_LIMITS.messagesPerFact) ok(foldInto(into, sample(1e6), 0));
  equal(foldInto(into, sample(1e6), 0), false);
});

/** A pseudo-random number generator whose sequence is the same on every machine. */
function numbers(seed: number): (below: number) => number {
  return (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
}

Deno.test("ledger fold: a record of put-together facts is the record of the messages themselves", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const draw = numbers(seed), story: LedgerFact[] = [], folded: LedgerFact[] = [];
    let folds: OpenFact[] = [], seqNo = 0, wh = 0;
    for (let i = 0; i < 30; i++) {
      seqNo += draw(10) === 0 ? 2 : 1;
      wh += draw(50) - (draw(10) === 0 ? 60 : 0);
      const fact = [
        sample(wh, { seqNo }),
        ack(wh),
        ack(wh, { outcome: "error", detail: String(draw(3)) }),
        sample(wh, { kind: "end", seqNo }),
      ][
        draw(20) === 0 ? 3 : draw(3)
      ]!;
      const at = 1_000 + i;
      story.push({ ...BASE, ...fact, at });
      if (isFoldable(fact) && folds.some((one) => foldInto(one, fact, at))) continue;
      if (isFoldable(fact)) {
        const begun = openFact({ ...BASE, ...fact, at });
        folds = [...folds.filter((one) => !isSameKind(one, fact)), begun];
        folded.push(begun.fact);
      } else {
        folds = [];
        folded.push({ ...BASE, ...fact, at });
      }
    }
    const recordOf = (facts: readonly LedgerFact[]) => facts.reduce(applyFact, newRecord(facts[0]!, "7"));
    const { seenAt: _seen, changedAt: _changed, ...expected } = recordOf(story);
    const { seenAt, changedAt, ...actual } = recordOf(folded);
    equal(actual, expected, `seed ${seed}`);
    ok(folded.length <= story.length && seenAt <= changedAt);
  }
});
