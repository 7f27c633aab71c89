import { deepEqual, equal, match, throws } from "node:assert/strict";
import { CsmsLedger, reconcile } from "./csms_ledger.ts";
import { DEMO_LIMITS } from "./limits.ts";

const START = { stationId: "CP001", badge: "AB", startWh: 100, startedAt: "2026-01-01T00:00:00Z" };
const SESSION = { stationId: "CP001", badge: "AB", startWh: 100, stopWh: 500 };

Deno.test("demo ledger: numbers 1.6 transactions and finds a start that was sent twice", () => {
  const ledger = new CsmsLedger();
  equal(ledger.open(START).transactionId, 1);
  equal(ledger.open(START).transactionId, 1);
  equal(ledger.open({ ...START, startWh: 200 }).transactionId, 2);
  equal(ledger.transactions.length, 2);
});

Deno.test("demo ledger: keeps the ids that 2.x stations make, apart per station", () => {
  const ledger = new CsmsLedger();
  ledger.open(START, "t1");
  ledger.open({ ...START, stationId: "CP002" }, "t1");
  equal(ledger.open(START, "t1"), ledger.find("CP001", "t1"));
  equal(ledger.transactions.length, 2);
});

Deno.test("demo ledger: is full one past its limit", () => {
  const ledger = new CsmsLedger();
  for (let i = 0; i < DEMO_LIMITS.transactions; i++) ledger.open({ ...START, stationId: `CP${i}` }, "t");
  equal(ledger.transactions.length, DEMO_LIMITS.transactions);
  throws(() => ledger.open({ ...START, stationId: "more" }, "t"), RangeError);
});

Deno.test("demo ledger: equal books have no differences", () => {
  const ledger = new CsmsLedger();
  const transaction = ledger.open(START, "t1");
  for (const seq of [0, 1, 2]) transaction.sequences.add(seq);
  transaction.stopWh = 500;
  deepEqual(reconcile([SESSION], ledger.transactions), []);
});

Deno.test("demo ledger: a stop that never came, another energy and a foreign session are each named", () => {
  const ledger = new CsmsLedger();
  const transaction = ledger.open(START, "t1");
  match(reconcile([SESSION], ledger.transactions).join(), /did not reach the CSMS whole/);
  transaction.stopWh = 499;
  const faults = reconcile([SESSION], ledger.transactions);
  equal(faults.length, 2);
  match(faults.join(), /did not reach the CSMS whole.*no session of the station matches t1/);
});

Deno.test("demo ledger: a missing sequence number is named", () => {
  const ledger = new CsmsLedger();
  const transaction = ledger.open(START, "t1");
  for (const seq of [0, 2, 4]) transaction.sequences.add(seq);
  transaction.stopWh = 500;
  deepEqual(reconcile([SESSION], ledger.transactions), ["CP001: t1 lacks TransactionEvents 1, 3"]);
});

Deno.test("demo ledger: a meter value that was answered and did not reach the CSMS is named, one that waits yet is not", () => {
  const ledger = new CsmsLedger();
  const transaction = ledger.open(START);
  Object.assign(transaction, { stopWh: 500, samples: 3 });
  deepEqual(reconcile([{ ...SESSION, answeredMeters: 3 }], ledger.transactions), []);
  match(reconcile([{ ...SESSION, answeredMeters: 5 }], ledger.transactions).join(), /^CP001: 2 meter values of 1 were/);
});
