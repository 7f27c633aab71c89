import { deepEqual, equal } from "node:assert/strict";
import { answerCsms, type CsmsDesk } from "./csms_answers.ts";
import { CsmsLedger } from "./csms_ledger.ts";
import type { OcppVersion } from "./model.ts";

const NOW = "2026-01-01T00:00:00.000Z";

function desk(): CsmsDesk {
  return { ledger: new CsmsLedger(), badges: new Set(["AB"]), now: NOW, heartbeatSeconds: 30 };
}

function ask(at: CsmsDesk, protocol: OcppVersion, action: string, payload: Record<string, unknown> = {}) {
  return answerCsms(at, { stationId: "CP001", protocol, action, payload });
}

function event(seqNo: number, eventType: string, wattHours: number, more: Record<string, unknown> = {}) {
  const meterValue = [{ timestamp: NOW, sampledValue: [{ value: wattHours }] }];
  return { eventType, seqNo, timestamp: NOW, transactionInfo: { transactionId: "t1" }, meterValue, ...more };
}

for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
  Deno.test(`demo CSMS: ${protocol} boots and heartbeats are answered with the time`, () => {
    deepEqual(ask(desk(), protocol, "BootNotification"), { status: "Accepted", currentTime: NOW, interval: 30 });
    deepEqual(ask(desk(), protocol, "Heartbeat"), { currentTime: NOW });
  });

  Deno.test(`demo CSMS: ${protocol} actions that nobody knows, or that JavaScript knows, have no answer`, () => {
    equal(ask(desk(), protocol, "OpenSesame"), undefined);
    equal(ask(desk(), protocol, "constructor"), undefined);
  });
}

Deno.test("demo CSMS: only listed badges are accepted", () => {
  deepEqual(ask(desk(), "ocpp1.6", "Authorize", { idTag: "AB" }), { idTagInfo: { status: "Accepted" } });
  deepEqual(ask(desk(), "ocpp1.6", "Authorize", { idTag: "ab" }), { idTagInfo: { status: "Invalid" } });
  deepEqual(ask(desk(), "ocpp2.0.1", "Authorize", { idToken: { idToken: "XY", type: "Central" } }), {
    idTokenInfo: { status: "Invalid" },
  });
});

Deno.test("demo CSMS: a 1.6 session is booked from start to stop", () => {
  const at = desk();
  const started = ask(at, "ocpp1.6", "StartTransaction", { idTag: "AB", meterStart: 10, timestamp: NOW });
  deepEqual(started, { transactionId: 1, idTagInfo: { status: "Accepted" } });
  ask(at, "ocpp1.6", "MeterValues", {
    transactionId: 1,
    meterValue: [{
      timestamp: NOW,
      sampledValue: [{ value: "7000", measurand: "Power.Active.Import" }, { value: "25" }],
    }],
  });
  equal(at.ledger.transactions[0]!.lastWh, 25);
  deepEqual(ask(at, "ocpp1.6", "StopTransaction", { transactionId: 1, meterStop: 40, timestamp: NOW }), {});
  const { samples, stopWh } = at.ledger.transactions[0]!;
  deepEqual([samples, stopWh], [1, 40]);
});

Deno.test("demo CSMS: a 2.0.1 session is booked once per sequence number", () => {
  const at = desk();
  const idToken = { idToken: "AB", type: "ISO14443" };
  deepEqual(ask(at, "ocpp2.0.1", "TransactionEvent", event(0, "Started", 10, { idToken })), {
    idTokenInfo: { status: "Accepted" },
  });
  for (const seq of [1, 1, 2]) ask(at, "ocpp2.0.1", "TransactionEvent", event(seq, "Updated", 10 + seq));
  deepEqual(ask(at, "ocpp2.0.1", "TransactionEvent", event(3, "Ended", 40)), {});
  const { samples, startWh, stopWh, sequences } = at.ledger.transactions[0]!;
  deepEqual([samples, startWh, stopWh, [...sequences]], [2, 10, 40, [0, 1, 2, 3]]);
});

Deno.test("demo CSMS: meter values and stops of unknown sessions are answered and booked nowhere", () => {
  const at = desk();
  deepEqual(ask(at, "ocpp1.6", "MeterValues", { transactionId: 9, meterValue: [] }), {});
  deepEqual(ask(at, "ocpp1.6", "StopTransaction", { transactionId: 9, meterStop: 1 }), {});
  deepEqual(ask(at, "ocpp2.0.1", "TransactionEvent", event(5, "Ended", 1)), {});
  deepEqual(at.ledger.transactions, []);
});
