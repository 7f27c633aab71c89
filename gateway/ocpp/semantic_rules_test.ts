import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OCPP16, OCPP20, OCPP21 } from "typed-ocpp";
import { OCPP_VERSIONS, type OcppVersion } from "./codec.ts";
import { SEMANTIC_RULES } from "./semantic_rules.ts";
import { TIME_FIELDS } from "./semantic_tests.ts";
import { createSchemaCheck, loadSchemaCheck } from "./validation.ts";

const T0 = "2026-01-01T00:00:00Z", T1 = "2026-01-02T00:00:00Z";
const V2 = ["ocpp2.0.1", "ocpp2.1"] as const;
const V16 = ["ocpp1.6"] as const;

/** One broken payload per row, the place of the fault, and the same payload made good. */
interface Case {
  readonly rule: string;
  readonly versions: readonly OcppVersion[];
  readonly action: string;
  readonly answer?: true;
  readonly bad: Record<string, unknown>;
  readonly at: string;
  readonly good: Record<string, unknown>;
}

const periods16 = (...starts: number[]) => starts.map((startPeriod) => ({ startPeriod, limit: 16 }));
const profile16 = (changes: Record<string, unknown> = {}) => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: periods16(0, 60) },
  ...changes,
});
const profile2 = (changes: Record<string, unknown> = {}) => ({
  id: 1,
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: [{ id: 1, chargingRateUnit: "A", chargingSchedulePeriod: periods16(0, 60) }],
  ...changes,
});
const set16 = (connectorId: number, changes = {}) => ({ connectorId, csChargingProfiles: profile16(changes) });
const set2 = (evseId: number, changes = {}) => ({ evseId, chargingProfile: profile2(changes) });
const start2 = (changes: Record<string, unknown>) => ({
  remoteStartId: 1,
  idToken: { idToken: "04A1", type: "ISO14443" },
  ...changes,
});
const log = (from: string, to: string) => ({
  logType: "SecurityLog",
  requestId: 1,
  log: { remoteLocation: "https://logs.example/x", oldestTimestamp: from, latestTimestamp: to },
});
const meter = { timestamp: T0, sampledValue: [{ value: "1" }] };
const network = (messageTimeout: number) => ({
  configurationSlot: 1,
  connectionData: {
    messageTimeout,
    ocppVersion: "OCPP20",
    ocppTransport: "JSON",
    ocppCsmsUrl: "wss://csms.example",
    securityProfile: 2,
    ocppInterface: "Wired0",
  },
});
const event = (seqNo: number, timestamp = T0) => ({
  eventType: "Updated",
  timestamp,
  triggerReason: "MeterValuePeriodic",
  seqNo,
  transactionInfo: { transactionId: "t" },
});

/** Same row for both numbers of one message. */
const CASES: readonly Case[] = [
  {
    rule: "composite-duration",
    versions: V16,
    action: "GetCompositeSchedule",
    bad: { connectorId: 1, duration: 0 },
    at: "/duration",
    good: { connectorId: 1, duration: 1 },
  },
  {
    rule: "composite-duration",
    versions: V2,
    action: "GetCompositeSchedule",
    bad: { evseId: 1, duration: 0 },
    at: "/duration",
    good: { evseId: 1, duration: 1 },
  },
  {
    rule: "connector-not-negative",
    versions: V16,
    action: "StatusNotification",
    bad: { connectorId: -1, errorCode: "NoError", status: "Available" },
    at: "/connectorId",
    good: { connectorId: 0, errorCode: "NoError", status: "Available" },
  },
  {
    rule: "connector-positive",
    versions: V16,
    action: "StartTransaction",
    bad: { connectorId: 0, idTag: "x", meterStart: 0, timestamp: T0 },
    at: "/connectorId",
    good: { connectorId: 1, idTag: "x", meterStart: 0, timestamp: T0 },
  },
  {
    rule: "connector-positive",
    versions: V16,
    action: "UnlockConnector",
    bad: { connectorId: 0 },
    at: "/connectorId",
    good: { connectorId: 1 },
  },
  {
    rule: "diagnostics-window",
    versions: V16,
    action: "GetDiagnostics",
    bad: { location: "https://x.example/y", startTime: T1, stopTime: T0 },
    at: "/stopTime",
    good: { location: "https://x.example/y", startTime: T0, stopTime: T1 },
  },
  {
    rule: "evse-not-negative",
    versions: ["ocpp2.0.1"],
    action: "MeterValues",
    bad: { evseId: -1, meterValue: [{ timestamp: T0, sampledValue: [{ value: 1 }] }] },
    at: "/evseId",
    good: { evseId: 0, meterValue: [{ timestamp: T0, sampledValue: [{ value: 1 }] }] },
  },
  {
    rule: "evse-positive",
    versions: V2,
    action: "StatusNotification",
    bad: { timestamp: T0, connectorStatus: "Available", evseId: 0, connectorId: 1 },
    at: "/evseId",
    good: { timestamp: T0, connectorStatus: "Available", evseId: 1, connectorId: 1 },
  },
  {
    rule: "heartbeat-interval",
    versions: [...V16, ...V2],
    action: "BootNotification",
    answer: true,
    bad: { status: "Accepted", currentTime: T0, interval: -1 },
    at: "/interval",
    good: { status: "Accepted", currentTime: T0, interval: 0 },
  },
  {
    rule: "list-entry-complete",
    versions: V16,
    action: "SendLocalList",
    bad: { listVersion: 1, updateType: "Full", localAuthorizationList: [{ idTag: "a" }] },
    at: "/localAuthorizationList/0",
    good: { listVersion: 1, updateType: "Differential", localAuthorizationList: [{ idTag: "a" }] },
  },
  {
    rule: "list-entry-complete",
    versions: V2,
    action: "SendLocalList",
    bad: {
      versionNumber: 1,
      updateType: "Full",
      localAuthorizationList: [{ idToken: { idToken: "a", type: "Local" } }],
    },
    at: "/localAuthorizationList/0",
    good: {
      versionNumber: 1,
      updateType: "Full",
      localAuthorizationList: [{ idToken: { idToken: "a", type: "Local" }, idTokenInfo: { status: "Accepted" } }],
    },
  },
  {
    rule: "list-version",
    versions: V16,
    action: "SendLocalList",
    bad: { listVersion: 0, updateType: "Full" },
    at: "/listVersion",
    good: { listVersion: 1, updateType: "Full" },
  },
  {
    rule: "list-version",
    versions: V2,
    action: "SendLocalList",
    bad: { versionNumber: 0, updateType: "Full" },
    at: "/versionNumber",
    good: { versionNumber: 1, updateType: "Full" },
  },
  {
    rule: "log-window",
    versions: [...V16, ...V2],
    action: "GetLog",
    bad: log(T1, T0),
    at: "/log/latestTimestamp",
    good: log(T0, T1),
  },
  {
    rule: "message-timeout",
    versions: ["ocpp2.0.1"],
    action: "SetNetworkProfile",
    bad: network(0),
    at: "/connectionData/messageTimeout",
    good: network(1),
  },
  {
    rule: "meter-value-present",
    versions: V16,
    action: "MeterValues",
    bad: { connectorId: 1, meterValue: [] },
    at: "",
    good: { connectorId: 1, meterValue: [meter] },
  },
  {
    rule: "meter-value-present",
    versions: V16,
    action: "MeterValues",
    bad: { connectorId: 1, meterValue: [meter, { timestamp: T0, sampledValue: [] }] },
    at: "/meterValue/1",
    good: { connectorId: 0, meterValue: [meter, meter] },
  },
  {
    rule: "profile-place",
    versions: V16,
    action: "SetChargingProfile",
    bad: set16(1, { chargingProfilePurpose: "ChargePointMaxProfile" }),
    at: "/connectorId",
    good: set16(0, { chargingProfilePurpose: "ChargePointMaxProfile" }),
  },
  {
    rule: "profile-place",
    versions: V2,
    action: "SetChargingProfile",
    bad: set2(0, { chargingProfilePurpose: "TxProfile", transactionId: "t" }),
    at: "/evseId",
    good: set2(1, { chargingProfilePurpose: "TxProfile", transactionId: "t" }),
  },
  {
    rule: "profile-place",
    versions: V2,
    action: "SetChargingProfile",
    bad: set2(0, { chargingProfilePurpose: "ChargingStationExternalConstraints" }),
    at: "/chargingProfile/chargingProfilePurpose",
    good: set2(0, { chargingProfilePurpose: "ChargingStationMaxProfile" }),
  },
  {
    rule: "profile-purpose",
    versions: V16,
    action: "RemoteStartTransaction",
    bad: { idTag: "x", chargingProfile: profile16() },
    at: "/chargingProfile/chargingProfilePurpose",
    good: { idTag: "x", chargingProfile: profile16({ chargingProfilePurpose: "TxProfile" }) },
  },
  {
    rule: "profile-purpose",
    versions: V2,
    action: "RequestStartTransaction",
    bad: start2({ chargingProfile: profile2() }),
    at: "/chargingProfile/chargingProfilePurpose",
    good: start2({ chargingProfile: profile2({ chargingProfilePurpose: "TxProfile" }) }),
  },
  {
    rule: "profile-stack-level",
    versions: V16,
    action: "SetChargingProfile",
    bad: set16(1, { stackLevel: -1 }),
    at: "/csChargingProfiles/stackLevel",
    good: set16(1),
  },
  {
    rule: "profile-stack-level",
    versions: ["ocpp2.0.1"],
    action: "SetChargingProfile",
    bad: set2(1, { stackLevel: -1 }),
    at: "/chargingProfile/stackLevel",
    good: set2(1),
  },
  {
    rule: "profile-transaction",
    versions: V2,
    action: "SetChargingProfile",
    bad: set2(1, { chargingProfilePurpose: "TxProfile" }),
    at: "/chargingProfile/transactionId",
    good: set2(1, { chargingProfilePurpose: "TxProfile", transactionId: "t" }),
  },
  {
    rule: "profile-window",
    versions: V2,
    action: "SetChargingProfile",
    bad: set2(1, { validFrom: T1, validTo: T1 }),
    at: "/chargingProfile/validTo",
    good: set2(1, { validFrom: T0, validTo: T1 }),
  },
  {
    rule: "request-id-unless-idle",
    versions: V2,
    action: "LogStatusNotification",
    bad: { status: "Uploading" },
    at: "/requestId",
    good: { status: "Idle" },
  },
  {
    rule: "request-id-unless-idle",
    versions: V2,
    action: "FirmwareStatusNotification",
    bad: { status: "Installing" },
    at: "/requestId",
    good: { status: "Installing", requestId: 1 },
  },
  {
    rule: "request-id-unless-idle-16",
    versions: V16,
    action: "SignedFirmwareStatusNotification",
    bad: { status: "Installing" },
    at: "/requestId",
    good: { status: "Idle" },
  },
  {
    rule: "retries-not-negative",
    versions: V16,
    action: "UpdateFirmware",
    bad: { location: "https://x.example/y", retrieveDate: T0, retries: -1 },
    at: "/retries",
    good: { location: "https://x.example/y", retrieveDate: T0, retries: 0 },
  },
  {
    rule: "retries-not-negative",
    versions: V2,
    action: "GetLog",
    bad: { ...log(T0, T1), retryInterval: -5 },
    at: "/retryInterval",
    good: { ...log(T0, T1), retryInterval: 5 },
  },
  {
    rule: "schedule-periods",
    versions: V16,
    action: "SetChargingProfile",
    bad: set16(1, { chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: periods16(0, 60, 60) } }),
    at: "/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/2/startPeriod",
    good: set16(1),
  },
  {
    rule: "schedule-periods",
    versions: V2,
    action: "SetChargingProfile",
    bad: set2(1, { chargingSchedule: [{ id: 1, chargingRateUnit: "A", chargingSchedulePeriod: periods16(5) }] }),
    at: "/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/startPeriod",
    good: set2(1),
  },
  {
    rule: "sequence-not-negative",
    versions: ["ocpp2.0.1"],
    action: "TransactionEvent",
    bad: event(-1),
    at: "/seqNo",
    good: event(0),
  },
  {
    rule: "timestamp-zone",
    versions: V2,
    action: "TransactionEvent",
    bad: event(0, "2026-01-01T00:00:00"),
    at: "/timestamp",
    good: event(0, "2026-01-01T00:00:00+03"),
  },
  {
    rule: "timestamp-zone",
    versions: V16,
    action: "MeterValues",
    bad: { connectorId: 1, meterValue: [meter, { ...meter, timestamp: "2026-01-01 00:00:00.5" }] },
    at: "/meterValue/1/timestamp",
    good: { connectorId: 1, meterValue: [meter] },
  },
];

for (const { rule, versions, action, answer, bad, at, good } of CASES) {
  for (const version of versions) {
    Deno.test(`semantic rule ${rule}: ${version} ${action}${answer ? " answer" : ""} at ${at || "the root"}`, async () => {
      const check = await loadSchemaCheck(version);
      const judge = answer ? check.result : check.call;
      equal(judge(action, bad), `${at || "/"} breaks rule ${rule}`);
      equal(judge(action, good), undefined);
    });
  }
}

Deno.test("semantic rules: every rule has a case for each of its versions that its schema does not catch already", async () => {
  for (const { id, versions } of SEMANTIC_RULES) {
    for (const version of versions) {
      const tested = CASES.some((one) => one.rule === id && one.versions.includes(version));
      // 2.1 bounds these in its own schema: there the rule only stands behind it
      const inSchema = version === "ocpp2.1" &&
        ["evse-not-negative", "message-timeout", "profile-stack-level", "sequence-not-negative"].includes(id);
      ok(tested || inSchema || (id === "profile-window" && version === "ocpp1.6"), `${id} ${version}`);
    }
  }
  const check = await loadSchemaCheck("ocpp1.6");
  const window = (from: string, to: string) =>
    check.call("SetChargingProfile", set16(1, { validFrom: from, validTo: to }));
  equal([window(T1, T0), window(T0, T1)], ["/csChargingProfiles/validTo breaks rule profile-window", undefined]);
});

Deno.test("semantic rules: ids are unique, sorted, and every rule names messages of its versions", () => {
  const ids = SEMANTIC_RULES.map(({ id }) => id);
  equal(ids, [...new Set(ids)].sort());
  const schemas = { "ocpp1.6": OCPP16.schemas, "ocpp2.0.1": OCPP20.schemas, "ocpp2.1": OCPP21.schemas };
  for (const { id, versions, messages, wanted, source } of SEMANTIC_RULES) {
    ok(wanted.length > 15 && source.length > 5, id);
    for (const version of versions) {
      ok(messages[0] === "*" || messages.some((name) => name in schemas[version]), `${id} names nothing of ${version}`);
    }
    for (const name of messages) {
      ok(name === "*" || versions.some((version) => name in schemas[version]), `${id} names ${name}`);
    }
  }
});

Deno.test("semantic rules: the times they look at are the times of all schemas", () => {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties = {} } = node as {
      properties?: Record<string, { format?: string; items?: { format?: string } }>;
    };
    for (const [name, field] of Object.entries(properties)) {
      if (field?.format === "date-time" || field?.items?.format === "date-time") found.add(name);
    }
    Object.values(node).forEach(walk);
  };
  [OCPP16.schemas, OCPP20.schemas, OCPP21.schemas].forEach(walk);
  equal([...TIME_FIELDS].sort(), [...found].sort());
});

Deno.test("semantic rules: no payload of any form makes one throw, and none is changed", () => {
  const odd: unknown[] = [
    undefined,
    null,
    1,
    "x",
    [],
    [[]],
    {},
    { chargingProfile: 1 },
    { chargingProfile: { chargingSchedule: [1, null] } },
    { csChargingProfiles: { chargingSchedule: { chargingSchedulePeriod: [null, { startPeriod: "0" }] } } },
    { meterValue: [1] },
    { log: "x" },
    { updateType: "Full", localAuthorizationList: [1] },
    { __proto__: { evseId: -1 } },
  ];
  for (const payload of odd) {
    const before = JSON.stringify(payload);
    for (const { test } of SEMANTIC_RULES) test(payload);
    equal(JSON.stringify(payload), before);
  }
});

Deno.test("semantic rules: nothing of a vendor's own data is looked at", async () => {
  for (const version of V2) {
    const check = await loadSchemaCheck(version);
    const customData = { vendorId: "x", timestamp: "2026-01-01T00:00:00", connectorId: -1, big: 2 ** 40 };
    equal(check.call("Heartbeat", { customData }), undefined);
    equal(
      check.call("DataTransfer", { vendorId: "x", data: { timestamp: "2026-01-01T00:00:00" } })?.includes("zone"),
      true,
    );
  }
});

Deno.test("semantic rules: an integer has 32 bits in every version: at the limit and one past it", async () => {
  const bodies: Record<OcppVersion, (value: number) => [string, Record<string, unknown>]> = {
    "ocpp1.6": (value) => ["StopTransaction", { transactionId: value, meterStop: 1, timestamp: T0 }],
    "ocpp2.0.1": (value) => ["GetLog", { ...log(T0, T1), requestId: value }],
    "ocpp2.1": (value) => ["GetLog", { ...log(T0, T1), requestId: value }],
  };
  for (const version of OCPP_VERSIONS) {
    const check = await loadSchemaCheck(version);
    const judge = (value: number) => check.call(...bodies[version](value));
    equal([judge(2_147_483_647), judge(-2_147_483_648)], [undefined, undefined]);
    ok(/breaks maximum/.test(judge(2_147_483_648) ?? ""));
    ok(/breaks minimum/.test(judge(-2_147_483_649) ?? ""));
  }
});

Deno.test("semantic rules: a decimal limit is a multiple of 0.1 as people count", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  const limit = (value: number) =>
    check.call(
      "SetChargingProfile",
      set16(1, {
        chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: value }] },
      }),
    );
  equal([limit(12.3), limit(16.1), limit(0.7)], [undefined, undefined, undefined]);
  ok(limit(12.34)?.includes("multipleOf"));
});

Deno.test("semantic rules: a check without rules knows the schema alone", async () => {
  const schemas = (await import("./schemas/ocpp16.js")).default;
  equal(createSchemaCheck(schemas).call("UnlockConnector", { connectorId: 0 }), undefined);
});
