import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { ControlContext } from "../../gateway/control/contract.ts";
import type { LedgerFact } from "../../gateway/core/ledger_api.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { createLedgerFeature } from "../../gateway/inventory/ledger/feature.ts";
import { OCPP_VERSIONS, type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { admission, FakeControl, PLAIN, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";
import { waitFor } from "../support/wait_for.ts";

const T0 = "2026-01-01T00:00:00Z", BADGE = "04A1B2C3D4E5";
/** As a meter of the field writes it: with the badge, an escape, and white space that a parser would lose. */
const OCMF = `OCMF|{"FV" : "1.0","ID":"${BADGE}","RD":[{"RV":2.5}]}|{"SD":"3045\\u0022 "}`;

/** A whole transaction in the words of a version, with a signed value at its end. */
function story(version: OcppVersion): readonly (readonly [action: string, payload: unknown])[] {
  if (version === "ocpp1.6") {
    const transactionData = [{
      timestamp: T0,
      sampledValue: [{ value: OCMF, format: "SignedData", context: "Transaction.End" }],
    }];
    return [
      ["StartTransaction", { connectorId: 1, idTag: BADGE, meterStart: 1_000, timestamp: T0 }],
      ["MeterValues", {
        connectorId: 1,
        transactionId: 7,
        meterValue: [{ timestamp: T0, sampledValue: [{ value: "2.5", unit: "kWh" }] }],
      }],
      ["StopTransaction", { transactionId: 7, meterStop: 3_500, timestamp: T0, reason: "Local", transactionData }],
    ];
  }
  const signedMeterValue = { signedMeterData: btoa(OCMF), signingMethod: "", encodingMethod: "OCMF", publicKey: "" };
  const event = (eventType: string, seqNo: number, wh: number, more: Record<string, unknown> = {}) => {
    const info = { transactionId: "t-1", ...eventType === "Ended" ? { stoppedReason: "Local" } : {} };
    const sampledValue = [{ value: wh, ...more }];
    return ["TransactionEvent", {
      ...{ eventType, seqNo, timestamp: T0, triggerReason: "MeterValuePeriodic", transactionInfo: info },
      ...{ evse: { id: 1, connectorId: 1 }, idToken: { idToken: BADGE, type: "ISO14443" } },
      meterValue: [{ timestamp: T0, sampledValue }],
    }] as const;
  };
  return [event("Started", 0, 1_000), event("Updated", 1, 2_500), event("Ended", 2, 3_500, { signedMeterValue })];
}

/** The ledger as control runs it, fed by the Worker under test. */
async function openLedger() {
  const store = await openStore({ path: ":memory:", clock: systemClock, timers: systemTimers });
  const same = (bytes: Uint8Array) => Promise.resolve(bytes);
  const feature = await createLedgerFeature({
    context: {
      ...{ store, clock: systemClock, timers: systemTimers, log: nullLogger, metrics: nullMetrics },
      site: { audit: { retentionDays: 1, retention: {} }, stations: [{ id: "CP001" }] },
      sealer: { seal: same, unseal: same },
      audit: { record: () => Promise.resolve({ sequence: 1 }) },
      alarms: { raise: () => Promise.resolve(), clear: () => Promise.resolve() },
    } as unknown as ControlContext,
    pseudonym: () => Promise.resolve("p-1"),
    outage: () => Promise.resolve({ messages: 0, refused: 0, transactions: [] }),
  });
  const record = (facts: readonly LedgerFact[]) => feature.handlers!["ledger.record"]!({ facts });
  const rows = async () => {
    const { text } = await feature.commands!["ledger export"]!({ signed: true }, "eva");
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
  };
  return { record, rows, close: async () => (await feature.stop!(), await store.close()) };
}

for (const version of OCPP_VERSIONS) {
  Deno.test(`ledger: a transaction of ocpp-rpc over ${version} is recorded whole, its signed value to the byte`, async () => {
    const csms = new RpcCsms(), ledger = await openLedger();
    const url = `wss://127.0.0.1:${await csms.listen()}/csms`;
    const upstream = { csms: "main", url, caPem: [CSMS_CA.certificate.certPem], graceSeconds: 0 };
    const control = new FakeControl(({ stationId }) => admission(url, stationId, { upstream }));
    const call = control.call;
    control.call = ((method: string, args: never) => {
      return method === "ledger.record"
        ? ledger.record((args as { facts: LedgerFact[] }).facts)
        : call(method as never, args);
    }) as typeof call;
    const service = await startOcpp(workerContext(control, [PLAIN]));
    const endpoint = `${service.listening!["ocpp:plain"]}/ocpp`;
    const station = createRpcClient("CP001", version, {
      endpoint,
      password: new TextEncoder().encode("0123456789abcdef"),
    });
    try {
      await station.connect();
      for (const [action, payload] of story(version)) await station.call(action, payload);
      await service.drain(500);
      await waitFor("the ledger to close", async () => (await ledger.rows())[0]?.state === "closed");
      const [row, ...more] = await ledger.rows();
      equal(more, []);
      equal([
        row.protocol,
        row.transactionId,
        row.measuredWh,
        row.unacknowledgedWh,
        row.samples,
        row.acknowledgedSamples,
      ], [
        version,
        version === "ocpp1.6" ? "7" : "t-1",
        2_500,
        0,
        1,
        1,
      ]);
      equal([row.badge, row.reason, row.connector, row.missingEvents], [
        "p-1",
        "Local",
        1,
        version === "ocpp1.6" ? null : "",
      ]);
      equal(row.signed.map(({ value }: { value: string }) => value), [version === "ocpp1.6" ? OCMF : btoa(OCMF)]);
      equal(csms.requests.map(({ method, params }) => [method, params]), story(version).map((one) => [...one]));
      equal(csms.faults, []);
      ok(!JSON.stringify({ ...row, signed: [] }).includes(BADGE));
    } finally {
      await station.close({ force: true });
      await service.drain(500);
      await csms.close();
      await ledger.close();
    }
  });
}
