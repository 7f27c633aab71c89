import { deepEqual, equal } from "node:assert/strict";
import { type Dialect, dialectOf, readBootAnswer, type StationControls } from "./dialect.ts";
import { OCPP_VERSIONS, type Transaction } from "./model.ts";
import { specOf } from "./testing/bench.ts";

const AT = "2026-01-01T00:00:00.000Z";

function controls(answer: boolean): StationControls & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const ask = (...what: unknown[]) => {
    asked.push(what);
    return answer;
  };
  return {
    asked,
    start: (badge) => ask("start", badge),
    stop: (id) => ask("stop", id),
    reset: () => ask("reset"),
    trigger: (message) => ask("trigger", message),
    settings: new Map([["HeartbeatInterval", "60"], ["SecurityProfile", "2"]]),
  };
}

const request = (dialect: Dialect, to: StationControls, action: string, payload: Record<string, unknown> = {}) =>
  dialect.handlers(to)[action]!(payload);
const transaction = (id: string | number): Transaction => ({
  id,
  badge: "AB",
  startWh: 10,
  nextSequence: 0,
  answeredMeters: 0,
});
const old = dialectOf("ocpp1.6");
const modern = dialectOf("ocpp2.0.1");

Deno.test("demo dialect: a boot answer is read in every form a CSMS may give", () => {
  deepEqual(readBootAnswer({ status: "Accepted", interval: 30 }), { accepted: true, intervalSeconds: 30 });
  deepEqual(readBootAnswer({ status: "Pending", interval: 5 }), { accepted: false, intervalSeconds: 5 });
  deepEqual(readBootAnswer({}), { accepted: false, intervalSeconds: 60 });
});

Deno.test("demo dialect: 2.0.1 and 2.1 stations say the same", () => {
  equal(dialectOf("ocpp2.1"), modern);
});

for (const protocol of OCPP_VERSIONS) {
  Deno.test(`demo dialect: ${protocol} names vendor, model and serial at boot`, () => {
    const text = JSON.stringify(dialectOf(protocol).boot(specOf("CP001", protocol, 2), "PowerUp"));
    for (const word of ["BootNotification", "Bulkhead", "Simulated", "CP001"]) equal(text.includes(word), true, word);
  });

  for (const done of [true, false]) {
    Deno.test(`demo dialect: ${protocol} answers orders of the CSMS that the station ${done ? "takes" : "refuses"}`, () => {
      const to = controls(done);
      const status = done ? "Accepted" : "Rejected";
      const dialect = dialectOf(protocol);
      const isOld = protocol === "ocpp1.6";
      const start = isOld
        ? request(dialect, to, "RemoteStartTransaction", { idTag: "AB" })
        : request(dialect, to, "RequestStartTransaction", { idToken: { idToken: "AB", type: "Central" } });
      deepEqual(start, { status });
      const stop = isOld
        ? request(dialect, to, "RemoteStopTransaction", { transactionId: 7 })
        : request(dialect, to, "RequestStopTransaction", { transactionId: "t7" });
      deepEqual(stop, { status });
      deepEqual(request(dialect, to, "Reset"), { status });
      deepEqual(request(dialect, to, "TriggerMessage", { requestedMessage: "Heartbeat" }), {
        status: done ? "Accepted" : "NotImplemented",
      });
      deepEqual(to.asked, [["start", "AB"], ["stop", isOld ? 7 : "t7"], ["reset"], ["trigger", "Heartbeat"]]);
    });
  }
}

Deno.test("demo dialect: 1.6 lists all settings when none is named, and guards its security profile", () => {
  const to = controls(true);
  deepEqual(request(old, to, "GetConfiguration"), {
    configurationKey: [
      { key: "HeartbeatInterval", readonly: false, value: "60" },
      { key: "SecurityProfile", readonly: true, value: "2" },
    ],
    unknownKey: [],
  });
  const change = (key: string) => request(old, to, "ChangeConfiguration", { key, value: "1" });
  deepEqual([change("SecurityProfile"), change("Nothing"), change("HeartbeatInterval")], [
    { status: "Rejected" },
    { status: "NotSupported" },
    { status: "Accepted" },
  ]);
  deepEqual([...to.settings], [["HeartbeatInterval", "1"], ["SecurityProfile", "2"]]);
});

Deno.test("demo dialect: 2.0.1 answers every variable asked for on its own", () => {
  const to = controls(true);
  const where = (name: string) => ({ component: { name: "OCPPCommCtrlr" }, variable: { name } });
  deepEqual(
    request(modern, to, "SetVariables", {
      setVariableData: [{ ...where("HeartbeatInterval"), attributeValue: "9" }, {
        ...where("No"),
        attributeValue: "9",
      }],
    }),
    {
      setVariableResult: [
        { attributeStatus: "Accepted", ...where("HeartbeatInterval") },
        { attributeStatus: "UnknownVariable", ...where("No") },
      ],
    },
  );
  deepEqual(request(modern, to, "GetVariables", { getVariableData: [where("HeartbeatInterval"), where("No")] }), {
    getVariableResult: [
      { attributeStatus: "Accepted", attributeValue: "9", ...where("HeartbeatInterval") },
      { attributeStatus: "UnknownVariable", ...where("No") },
    ],
  });
});

Deno.test("demo dialect: stop reasons are those of each version", () => {
  const reasons = ["Local", "Remote", "Reset"] as const;
  deepEqual(reasons.map((reason) => old.stop(transaction(7), AT, 20, reason)().payload.reason), [
    "Local",
    "Remote",
    "SoftReset",
  ]);
  const ends = reasons.map((reason) => modern.stop(transaction("t"), AT, 20, reason)().payload);
  deepEqual(ends.map(({ triggerReason, transactionInfo }) => [triggerReason, transactionInfo]), [
    ["StopAuthorized", { transactionId: "t", stoppedReason: "Local" }],
    ["RemoteStop", { transactionId: "t", stoppedReason: "Remote" }],
    ["ResetCommand", { transactionId: "t", stoppedReason: "ImmediateReset" }],
  ]);
});

Deno.test("demo dialect: meter values carry the energy register and the power", () => {
  const first = old.meter(transaction(7), AT, 1_234, 11_000)().payload.meterValue as { sampledValue: unknown }[];
  deepEqual(first[0]!.sampledValue, [
    { value: "1234", measurand: "Energy.Active.Import.Register", unit: "Wh" },
    { value: "11000", measurand: "Power.Active.Import", unit: "W" },
  ]);
  const second = modern.meter(transaction("t"), AT, 1_234, 11_000)().payload.meterValue as { sampledValue: unknown }[];
  deepEqual(second[0]!.sampledValue, [
    { value: 1_234, measurand: "Energy.Active.Import.Register", unitOfMeasure: { unit: "Wh" } },
    { value: 11_000, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } },
  ]);
});

Deno.test("demo dialect: a start whose answer says nothing of the badge goes on in 2.0.1 and ends in 1.6", () => {
  equal(modern.started(transaction("t"), {}), true);
  equal(modern.started(transaction("t"), { idTokenInfo: { status: "Blocked" } }), false);
  equal(old.started(transaction(7), {}), false);
  equal(old.started(transaction(7), { transactionId: 8, idTagInfo: { status: "Accepted" } }), true);
});
