import type { OcppVersion } from "../codec.ts";

/** Two times, a day apart. */
export const T0 = "2026-01-01T00:00:00Z", T1 = "2026-01-02T00:00:00Z";
/** Versions by their family. */
export const V2 = ["ocpp2.0.1", "ocpp2.1"] as const;
const V16 = ["ocpp1.6"] as const;

/** One broken payload per row, the place of the fault, and the same payload made good. */
export interface Case {
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
/** SetChargingProfile of 1.6. */
export const set16 = (connectorId: number, changes = {}) => ({ connectorId, csChargingProfiles: profile16(changes) });
const set2 = (evseId: number, changes = {}) => ({ evseId, chargingProfile: profile2(changes) });
const start2 = (changes: Record<string, unknown>) => ({
  remoteStartId: 1,
  idToken: { idToken: "04A1", type: "ISO14443" },
  ...changes,
});
/** GetLog with this window. */
export const log = (from: string, to: string) => ({
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

/** Every semantic rule with a payload that breaks it. */
export const CASES: readonly Case[] = [
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
