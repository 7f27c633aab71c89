import type { OcppVersion } from "./codec.ts";
import {
  atLeast,
  byValue,
  needsEntries,
  ordered,
  profilePlace,
  requiredUnless,
  type SemanticTest,
  startsAtZero,
  timestampsHaveZone,
  unless,
} from "./semantic_tests.ts";

/** One thing that the specification says and its schemas do not. Pure; never looks at anything but the payload. */
export interface SemanticRule {
  /** Kebab-case; stands in faults, audit and docs/ocpp-validation.md. */
  readonly id: string;
  readonly versions: readonly OcppVersion[];
  /** Names as in the schemas: "StatusNotificationRequest"; "*" stands for every message. */
  readonly messages: readonly string[];
  /** What is wanted, for people. */
  readonly wanted: string;
  /** Where the specification says so. */
  readonly source: string;
  /** Answers where in the payload the rule is broken (a JSON pointer), or undefined. */
  readonly test: SemanticTest;
}

const V16: readonly OcppVersion[] = ["ocpp1.6"];
const V2: readonly OcppVersion[] = ["ocpp2.0.1", "ocpp2.1"];
const ALL: readonly OcppVersion[] = [...V16, ...V2];

/** Charging profiles of the messages that carry one, in both shapes (1.6 has one schedule, 2.x a list). */
const PROFILE_MESSAGES = {
  "1.6": ["SetChargingProfileRequest", "RemoteStartTransactionRequest"],
  "2": ["SetChargingProfileRequest", "RequestStartTransactionRequest"],
} as const;
const PROFILE_PATHS = [["csChargingProfiles"], ["chargingProfile"]] as const;

/** Requests that ask a station to try something again. */
const RETRYING = [
  "GetDiagnosticsRequest",
  "GetLogRequest",
  "PublishFirmwareRequest",
  "SignedUpdateFirmwareRequest",
  "UpdateFirmwareRequest",
];

const hasMeterValue = needsEntries([], ["meterValue.0"]);
const hasSampledValues = needsEntries(["meterValue", "*"], ["sampledValue.0"]);

/** Every semantic rule, by id. The text of each stands in docs/ocpp-validation.md. */
export const SEMANTIC_RULES: readonly SemanticRule[] = [
  {
    id: "composite-duration",
    versions: ALL,
    messages: ["GetCompositeScheduleRequest"],
    wanted: "a duration above 0",
    source: "1.6 section 5.7; 2.x K08",
    test: atLeast(["duration"], 1),
  },
  {
    id: "connector-not-negative",
    versions: V16,
    messages: [
      "ChangeAvailabilityRequest",
      "ClearChargingProfileRequest",
      "GetCompositeScheduleRequest",
      "MeterValuesRequest",
      "ReserveNowRequest",
      "SetChargingProfileRequest",
      "StatusNotificationRequest",
    ],
    wanted: "connectorId 0 (the whole station) or above",
    source: "1.6 section 6, connectorId >= 0",
    test: atLeast(["connectorId"], 0),
  },
  {
    id: "connector-positive",
    versions: V16,
    messages: [
      "ExtendedTriggerMessageRequest",
      "RemoteStartTransactionRequest",
      "StartTransactionRequest",
      "TriggerMessageRequest",
      "UnlockConnectorRequest",
    ],
    wanted: "connectorId above 0: the message is about one connector",
    source: "1.6 section 6, connectorId > 0",
    test: atLeast(["connectorId"], 1),
  },
  {
    id: "diagnostics-window",
    versions: V16,
    messages: ["GetDiagnosticsRequest"],
    wanted: "startTime before stopTime",
    source: "1.6 section 6.25",
    test: ordered([], "startTime", "stopTime"),
  },
  {
    id: "evse-not-negative",
    versions: V2,
    messages: ["GetCompositeScheduleRequest", "MeterValuesRequest", "SetChargingProfileRequest"],
    wanted: "evseId 0 (the whole station) or above",
    source: "2.x Part 2, evseId >= 0",
    test: atLeast(["evseId"], 0),
  },
  {
    id: "evse-positive",
    versions: V2,
    messages: [
      "RequestStartTransactionRequest",
      "ReserveNowRequest",
      "StatusNotificationRequest",
      "UnlockConnectorRequest",
    ],
    wanted: "evseId above 0: the message is about one EVSE",
    source: "2.x Part 2, evseId > 0",
    test: atLeast(["evseId"], 1),
  },
  {
    id: "heartbeat-interval",
    versions: ALL,
    messages: ["BootNotificationResponse"],
    wanted: "an interval of 0 or above",
    source: "1.6 section 6.4; 2.x B01",
    test: atLeast(["interval"], 0),
  },
  {
    id: "list-entry-complete",
    versions: ALL,
    messages: ["SendLocalListRequest"],
    wanted: "a Full list names the authorisation of every entry; only a Differential one may leave it out (delete)",
    source: "1.6 section 7.1; 2.x D01",
    test: byValue(
      "updateType",
      "Full",
      needsEntries(["localAuthorizationList", "*"], ["idTagInfo", "idTokenInfo"]),
    ),
  },
  {
    id: "list-version",
    versions: ALL,
    messages: ["SendLocalListRequest"],
    wanted: "a list version above 0: 0 and -1 have meanings of their own",
    source: "1.6 section 5.10; 2.x D01",
    test: (payload) => atLeast(["listVersion"], 1)(payload) ?? atLeast(["versionNumber"], 1)(payload),
  },
  {
    id: "log-window",
    versions: ALL,
    messages: ["GetLogRequest"],
    wanted: "oldestTimestamp before latestTimestamp",
    source: "2.x N01; 1.6 security whitepaper section 4.6",
    test: ordered(["log"], "oldestTimestamp", "latestTimestamp"),
  },
  {
    id: "message-timeout",
    versions: V2,
    messages: ["SetNetworkProfileRequest"],
    wanted: "a messageTimeout above 0",
    source: "2.x B09",
    test: atLeast(["connectionData", "messageTimeout"], 1),
  },
  {
    id: "meter-value-present",
    versions: V16,
    messages: ["MeterValuesRequest"],
    wanted: "at least one meterValue, each with at least one sampledValue",
    source: "1.6 section 6.31 (1..*)",
    test: (payload) => hasMeterValue(payload) ?? hasSampledValues(payload),
  },
  {
    id: "profile-place",
    versions: ALL,
    messages: ["SetChargingProfileRequest"],
    wanted:
      "a station maximum on connector or EVSE 0, a TxProfile on one above 0, no external constraints from the CSMS",
    source: "1.6 section 3.13.1; 2.x K01",
    test: profilePlace,
  },
  {
    id: "profile-purpose",
    versions: ALL,
    messages: ["RemoteStartTransactionRequest", "RequestStartTransactionRequest"],
    wanted: "a profile in a remote start is a TxProfile",
    source: "1.6 section 5.11; 2.x F01",
    test: unless(["chargingProfile", "chargingProfilePurpose"], "TxProfile"),
  },
  {
    id: "profile-stack-level",
    versions: ALL,
    messages: [...PROFILE_MESSAGES["1.6"], ...PROFILE_MESSAGES["2"]],
    wanted: "a stackLevel of 0 or above",
    source: "1.6 section 7.8; 2.x K01",
    test: (payload) => first(PROFILE_PATHS.map((path) => atLeast([...path, "stackLevel"], 0)(payload))),
  },
  {
    id: "profile-transaction",
    versions: V2,
    messages: ["SetChargingProfileRequest"],
    wanted: "a TxProfile names its transactionId",
    source: "2.x K01.FR.03",
    test: (payload) => txProfileWithoutTransaction(payload),
  },
  {
    id: "profile-window",
    versions: ALL,
    messages: [...PROFILE_MESSAGES["1.6"], ...PROFILE_MESSAGES["2"]],
    wanted: "validFrom before validTo",
    source: "1.6 section 7.8; 2.x ChargingProfileType",
    test: (payload) => first(PROFILE_PATHS.map((path) => ordered(path, "validFrom", "validTo")(payload))),
  },
  {
    id: "request-id-unless-idle",
    versions: V2,
    messages: [
      "FirmwareStatusNotificationRequest",
      "LogStatusNotificationRequest",
      "PublishFirmwareStatusNotificationRequest",
    ],
    wanted: "a requestId unless the status is Idle",
    source: "2.x L01, L03, N01",
    test: requiredUnless("requestId", "status", ["Idle"]),
  },
  {
    id: "request-id-unless-idle-16",
    versions: V16,
    messages: ["LogStatusNotificationRequest", "SignedFirmwareStatusNotificationRequest"],
    wanted: "a requestId unless the status is Idle",
    source: "1.6 security whitepaper section 5",
    test: requiredUnless("requestId", "status", ["Idle"]),
  },
  {
    id: "retries-not-negative",
    versions: ALL,
    messages: RETRYING,
    wanted: "retries and retryInterval of 0 or above",
    source: "1.6 section 6; 2.x L01, L03, N01",
    test: (payload) => atLeast(["retries"], 0)(payload) ?? atLeast(["retryInterval"], 0)(payload),
  },
  {
    id: "schedule-periods",
    versions: ALL,
    messages: [...PROFILE_MESSAGES["1.6"], ...PROFILE_MESSAGES["2"]],
    wanted: "the first period starts at 0 and every other one later than the one before",
    source: "1.6 section 7.14; 2.x K01.FR.31",
    test: (payload) => first(PROFILE_PATHS.map((path) => startsAtZero(path)(payload))),
  },
  {
    id: "sequence-not-negative",
    versions: V2,
    messages: ["NotifyEventRequest", "NotifyReportRequest", "TransactionEventRequest"],
    wanted: "a seqNo of 0 or above",
    source: "2.x Part 2, seqNo >= 0",
    test: atLeast(["seqNo"], 0),
  },
  {
    id: "timestamp-zone",
    versions: ALL,
    messages: ["*"],
    wanted: "every time with its zone, as 2026-01-01T00:00:00Z (quirk loose-timestamps waives it)",
    source: "1.6-J section 4; 2.x Part 2 section 2.1, RFC 3339",
    test: timestampsHaveZone,
  },
];

function first(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

function txProfileWithoutTransaction(payload: unknown): string | undefined {
  const profile =
    (payload as { chargingProfile?: { chargingProfilePurpose?: unknown; transactionId?: unknown } } | null)
      ?.chargingProfile;
  const isMissing = profile?.chargingProfilePurpose === "TxProfile" && profile.transactionId === undefined;
  return isMissing ? "/chargingProfile/transactionId" : undefined;
}
