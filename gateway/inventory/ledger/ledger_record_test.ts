import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { LEDGER_COLUMNS, ledgerRow, toCsv } from "./ledger_export.ts";
import {
  applyFact,
  delivered,
  type LedgerRecord,
  measuredWh,
  newRecord,
  stateOf,
  unacknowledgedWh,
} from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

const BASE = { stationId: "CP001", protocol: "ocpp2.0.1", at: 1_000, transactionId: "t" } as const;
const begin = (wh = 100): LedgerFact => ({ ...BASE, kind: "begin", seqNo: 0, readings: [{ wh }] });
const sample = (wh: number, seqNo = 1): LedgerFact => ({ ...BASE, kind: "sample", seqNo, readings: [{ wh }] });
const end = (wh: number, seqNo = 2): LedgerFact => ({ ...BASE, kind: "end", seqNo, readings: [{ wh }] });
const ack = (of: "begin" | "sample" | "end", outcome: LedgerFact["outcome"] = "accepted", wh?: number): LedgerFact => ({
  ...BASE,
  kind: "ack",
  of,
  outcome: outcome!,
  ...wh === undefined ? {} : { readings: [{ wh }] },
});
const story = (...facts: LedgerFact[]): LedgerRecord => facts.reduce(applyFact, newRecord(facts[0]!, "t"));

const STATES:
  readonly (readonly [name: string, facts: LedgerFact[], state: string, measured: number, missing: number])[] = [
    ["runs", [begin(), sample(300)], "open", 200, 200],
    [
      "runs and is acknowledged",
      [begin(), ack("begin", "accepted", 100), sample(300), ack("sample", "accepted", 300)],
      "open",
      200,
      0,
    ],
    ["ended and acknowledged", [begin(), ack("begin"), end(500), ack("end")], "closed", 400, 0],
    ["ended, the end never acknowledged", [begin(), ack("begin"), end(500)], "unacknowledged", 400, 400],
    [
      "ended, part of it acknowledged",
      [begin(), ack("begin"), sample(300), ack("sample", "accepted", 300), end(500)],
      "unacknowledged",
      400,
      200,
    ],
    ["ended, the begin never acknowledged", [begin(), end(500), ack("end", "accepted", 500)], "unacknowledged", 400, 0],
    ["answered with an error", [begin(), ack("begin"), end(500), ack("end", "error")], "rejected", 400, 400],
    [
      "an error healed by a retry",
      [begin(), ack("begin"), end(500), ack("end", "error"), end(500), ack("end")],
      "closed",
      400,
      0,
    ],
    [
      "a late error of a repeated end",
      [begin(), ack("begin"), end(500), ack("end"), ack("end", "error")],
      "closed",
      400,
      0,
    ],
    ["kept by the gateway", [begin(), ack("begin", "kept"), end(500), ack("end", "kept")], "unacknowledged", 400, 400],
    ["seen from the middle on", [sample(300), end(500), ack("end")], "closed", 200, 0],
  ];

for (const [name, facts, state, measured, missing] of STATES) {
  Deno.test(`ledger record: a transaction that ${name} is ${state}`, () => {
    const record = story(...facts);
    equal([stateOf(record), measuredWh(record), unacknowledgedWh(record)], [state, measured, missing]);
  });
}

Deno.test("ledger record: what store-and-forward delivered is acknowledged, under the CSMS's own number", () => {
  const record = delivered(story(begin(), ack("begin", "kept"), end(500), ack("end", "kept")), "4711");
  equal([stateOf(record), record.csmsTransactionId, unacknowledgedWh(record)], ["closed", "4711", 0]);
});

Deno.test("ledger record: gaps in the numbers of events are seen, late ones close them, repeats are none", () => {
  const missing = (...numbers: number[]) => story(begin(), ...numbers.map((seqNo) => sample(1, seqNo))).sequence;
  equal(missing(1, 2, 3), { first: 0, last: 3, missing: [] });
  equal(missing(1, 4), { first: 0, last: 4, missing: [2, 3] });
  equal(missing(1, 4, 3, 3), { first: 0, last: 4, missing: [2] });
  equal(missing(LEDGER_LIMITS.missing + 1)!.missing.length, LEDGER_LIMITS.missing);
  equal(missing(LEDGER_LIMITS.missing + 2)!.missing.length, LEDGER_LIMITS.missing);
  equal(missing(2_000_000_000)!.missing.length, LEDGER_LIMITS.missing);
});

Deno.test("ledger record: readings are thinned past the limit, first and last stay", () => {
  const record = (count: number) =>
    story(begin(0), ...Array.from({ length: count - 1 }, (_, i) => sample(i + 1, i + 1)));
  equal(record(LEDGER_LIMITS.readings).readings.length, LEDGER_LIMITS.readings);
  const thin = record(LEDGER_LIMITS.readings + 1);
  ok(thin.readings.length <= LEDGER_LIMITS.readings / 2 + 1);
  equal([thin.readings[0]!.wh, thin.readings.at(-1)!.wh, thin.samples], [
    0,
    LEDGER_LIMITS.readings,
    LEDGER_LIMITS.readings,
  ]);
  const crowd: LedgerFact = { ...sample(1), readings: Array.from({ length: 500 }, (_, wh) => ({ wh })) };
  ok(story(begin(), crowd).readings.length <= LEDGER_LIMITS.readings);
});

Deno.test("ledger record: one fact stands for the messages that it says, with their numbers", () => {
  const record = story(begin(), { ...sample(5, 2), messages: 3 }, { ...ack("sample"), messages: 2 });
  equal([record.samples, record.acknowledgedSamples, record.sequence], [3, 2, { first: 0, last: 4, missing: [1] }]);
  const odd = [0, -1, 1.5, NaN].map((messages) => story(begin(), { ...sample(5), messages }).samples);
  equal(odd, [1, 1, 1, 1], "a figure that is none counts as one");
  const last = (messages: number) => story(begin(), { ...sample(5), messages }).sequence!.last;
  equal([last(LEDGER_LIMITS.messagesPerFact), last(LEDGER_LIMITS.messagesPerFact + 1)], [1_000, 1_000]);
});

Deno.test("ledger record: a message that comes late does not turn the register back", () => {
  equal(story(begin(), sample(900, 5), sample(300, 2)).lastWh, 900);
});

Deno.test("ledger export: every column has a value, and a text no spreadsheet runs", () => {
  const record = { ...story(begin(), ack("begin"), end(500)), reason: '=cmd|"x"', endedAt: "a,b" };
  const row = ledgerRow(record);
  equal(Object.keys(row), [...LEDGER_COLUMNS]);
  const [head, line, ...rest] = toCsv([row]).split("\r\n");
  equal([head, rest], [LEDGER_COLUMNS.join(","), [""]]);
  ok(line!.includes(`"'=cmd|""x"""`) && line!.includes('"a,b"'));
});
