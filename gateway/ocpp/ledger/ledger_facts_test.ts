import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { parseFrame } from "../codec.ts";
import { factOfAnswer, factOfCall, LEDGER_ACTIONS } from "./ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";
import { readMeterValues } from "./meter_values.ts";

const T0 = "2026-01-01T00:00:00Z", T1 = "2026-01-01T01:00:00Z";
const OCMF = 'OCMF|{"FV":"1.0","GI":"ABL","ID":"1F2D3A4F"}|{"SD":"3045\\u0022"}';
const call = (action: string, payload: unknown) => factOfCall(parseFrame(JSON.stringify([2, "1", action, payload])));
const answer = (payload: unknown) => parseFrame(JSON.stringify([3, "1", payload]));
const error = parseFrame('[4,"1","InternalError","no",{}]');

Deno.test("ledger facts: a transaction of 1.6", () => {
  const begin = call("StartTransaction", { connectorId: 2, idTag: "04A1", meterStart: 1_000, timestamp: T0 });
  equal(begin, {
    kind: "begin",
    key: `2@${T0}`,
    connector: 2,
    time: T0,
    badge: "04A1",
    readings: [{ time: T0, wh: 1_000 }],
  });
  equal(factOfAnswer(begin!, answer({ transactionId: 7, idTagInfo: { status: "Accepted" } }), false), {
    kind: "ack",
    of: "begin",
    outcome: "accepted",
    key: `2@${T0}`,
    transactionId: "7",
    connector: 2,
    detail: "Accepted",
    readings: [{ time: T0, wh: 1_000 }],
  });
  const sampledValue = [{ value: "1.5", unit: "kWh" }, { value: "230", measurand: "Voltage", unit: "V" }];
  equal(call("MeterValues", { connectorId: 2, transactionId: 7, meterValue: [{ timestamp: T1, sampledValue }] }), {
    kind: "sample",
    connector: 2,
    transactionId: "7",
    readings: [{ time: T1, wh: 1_500 }],
  });
  const transactionData = [{
    timestamp: T1,
    sampledValue: [{ value: OCMF, format: "SignedData", context: "Transaction.End" }],
  }];
  equal(
    call("StopTransaction", { transactionId: 7, meterStop: 2_000, timestamp: T1, reason: "Local", transactionData }),
    {
      kind: "end",
      transactionId: "7",
      time: T1,
      reason: "Local",
      readings: [{ time: T1, wh: 2_000 }],
      signed: [{ time: T1, context: "Transaction.End", value: OCMF }],
    },
  );
});

Deno.test("ledger facts: a transaction of 2.x", () => {
  const event = (eventType: string, seqNo: number, more: Record<string, unknown> = {}) =>
    call("TransactionEvent", {
      eventType,
      seqNo,
      timestamp: T0,
      transactionInfo: { transactionId: "t-1", stoppedReason: "EVDisconnected" },
      ...more,
    });
  const meterValue = [{
    timestamp: T0,
    sampledValue: [
      {
        value: 1.25,
        unitOfMeasure: { unit: "kWh" },
        signedMeterValue: { signedMeterData: OCMF, signingMethod: "", encodingMethod: "OCMF", publicKey: "" },
      },
      { value: 5, unitOfMeasure: { multiplier: 2 }, phase: "L1" },
    ],
  }];
  equal(
    event("Started", 0, {
      evse: { id: 1, connectorId: 2 },
      idToken: { idToken: "04A1", type: "ISO14443" },
      meterValue,
    }),
    {
      kind: "begin",
      transactionId: "t-1",
      seqNo: 0,
      time: T0,
      evse: 1,
      connector: 2,
      badge: "04A1",
      badgeType: "ISO14443",
      reason: "EVDisconnected",
      readings: [{ time: T0, wh: 1_250 }],
      signed: [{ time: T0, value: OCMF }],
    },
  );
  equal([event("Updated", 1)!.kind, event("Ended", 2)!.kind, event("Paused", 3)], ["sample", "end", undefined]);
  equal(factOfAnswer(event("Ended", 2)!, error, false), {
    kind: "ack",
    of: "end",
    outcome: "error",
    transactionId: "t-1",
    seqNo: 2,
    detail: "InternalError",
  });
  equal(factOfAnswer(event("Ended", 2)!, answer({ idTokenInfo: { status: "Blocked" } }), true).outcome, "kept");
});

Deno.test("ledger facts: what is none is left out, and nothing of any form makes it throw", () => {
  const payloads = [
    undefined,
    null,
    1,
    "x",
    [],
    {},
    { connectorId: "1" },
    { transactionId: 1.5 },
    { transactionInfo: null },
    { connectorId: 0, meterValue: [] },
    { connectorId: 1, meterValue: [null, { sampledValue: [1, null] }] },
    { eventType: "constructor" },
  ];
  for (
    const action of [
      "StartTransaction",
      "StopTransaction",
      "MeterValues",
      "TransactionEvent",
      "Heartbeat",
      "MeterValues-Signed",
    ]
  ) {
    for (const payload of payloads) call(action, payload);
  }
  equal(call("Heartbeat", {}), undefined);
  equal(call("StartTransaction", { connectorId: 1 }), undefined);
  for (const action of LEDGER_ACTIONS) equal(call(action, undefined), undefined);
});

Deno.test("ledger facts: only the register that bills is read, in its unit", () => {
  const wh = (sample: unknown) => readMeterValues([{ sampledValue: [sample] }]).readings[0]?.wh;
  equal([wh({ value: "5" }), wh({ value: "5", unit: "kWh" }), wh({ value: 5, unitOfMeasure: { multiplier: 3 } })], [
    5,
    5_000,
    5_000,
  ]);
  equal([wh({ value: "12.300000190734863", unit: "kWh" }), wh({ value: "-0.00000000000000000001" })], [
    12_300.000191,
    -0,
  ]);
  equal(wh({ value: `1.${"1".repeat(21)}` }), undefined);
  for (
    const odd of [
      { value: "5", phase: "L1" },
      { value: "5", location: "Inlet" },
      { value: "5", unit: "kvarh" },
      { value: "x" },
      { value: "5", measurand: "Power.Active.Import" },
      { value: Infinity },
      { value: "1e9" },
      { value: 5, unitOfMeasure: { multiplier: 99 } },
    ]
  ) {
    equal(wh(odd), undefined, JSON.stringify(odd));
  }
});

Deno.test("ledger facts: a signed value is kept to the character at its limit, and not past it", () => {
  const signed = (length: number) =>
    readMeterValues([{ sampledValue: [{ format: "SignedData", value: "s".repeat(length) }] }]).signed;
  equal(signed(LEDGER_FEED_LIMITS.signedChars)[0]!.value.length, LEDGER_FEED_LIMITS.signedChars);
  equal(signed(LEDGER_FEED_LIMITS.signedChars + 1), []);
  const many = Array.from({ length: LEDGER_FEED_LIMITS.valuesPerMessage + 1 }, (_, i) => ({ value: String(i) }));
  equal(readMeterValues([{ sampledValue: many }]).readings.length, LEDGER_FEED_LIMITS.valuesPerMessage);
  ok(
    call("StopTransaction", { transactionId: 1, reason: "r".repeat(100) })!.reason!.length ===
      LEDGER_FEED_LIMITS.textChars,
  );
});
