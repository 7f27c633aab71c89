import { plainAction } from "../../../policies/ocpp.ts";
import type { OcppFrame, OcppVersion } from "../codec.ts";

/** What the gateway does with a CALL of a station whose CSMS is away. */
export type StandInKind = "authorize" | "boot" | "heartbeat" | "keep" | "latest" | "refuse";

/** Kept and sent later, each of them (facts: ocpp 3.2). */
const KEPT: Readonly<Record<"ocpp1.6" | "ocpp2", ReadonlySet<string>>> = {
  "ocpp1.6": new Set([
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StopTransaction",
  ]),
  "ocpp2": new Set([
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "TransactionEvent",
  ]),
};

/** What happens to a CALL while the CSMS is away. A signed message is treated as the one it wraps (LC8). */
export function standInKind(version: OcppVersion, action: string): StandInKind {
  const plain = plainAction(action);
  if (KEPT[version === "ocpp1.6" ? version : "ocpp2"].has(plain)) return "keep";
  switch (plain) {
    case "Authorize":
      return "authorize";
    case "BootNotification":
      return "boot";
    case "Heartbeat":
      return "heartbeat";
    case "StatusNotification":
      return "latest";
    default:
      return "refuse";
  }
}

/** The slot of a StatusNotification: the newest of each connector is enough. */
export function statusSlot({ payload }: OcppFrame): string {
  const { evseId, connectorId } = asRecord(payload);
  const part = (value: unknown) => Number.isInteger(value) ? String(value) : "?";
  return evseId === undefined ? `status ${part(connectorId)}` : `status ${part(evseId)}/${part(connectorId)}`;
}

/** The badge that a CALL of either side names, if any. */
export function badgeOf(version: OcppVersion, { payload }: OcppFrame): string | undefined {
  const { idTag, idToken } = asRecord(payload);
  const badge = version === "ocpp1.6" ? idTag : asRecord(idToken)["idToken"];
  return typeof badge === "string" && badge !== "" ? badge : undefined;
}

/** The badge that the answer to a kept message has to judge: that of a start, never that of a stop. */
export function badgeToJudge(version: OcppVersion, frame: OcppFrame): string | undefined {
  if (version === "ocpp1.6") return frame.action === "StartTransaction" ? badgeOf(version, frame) : undefined;
  return asRecord(frame.payload)["eventType"] === "Ended" ? undefined : badgeOf(version, frame);
}

/** What the CSMS said of a badge in its answer. */
export interface BadgeInfo {
  readonly status: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** The whole of it as JSON text. */
  readonly info: string;
}

/** Reads idTagInfo (1.6) or idTokenInfo (2.x) of an answer. */
export function badgeInfoOf(version: OcppVersion, { payload }: OcppFrame): BadgeInfo | undefined {
  const answer = asRecord(payload);
  const info = asRecord(version === "ocpp1.6" ? answer["idTagInfo"] : answer["idTokenInfo"]);
  const { status, expiryDate, cacheExpiryDateTime } = info;
  if (typeof status !== "string") return undefined;
  const expiresAt = Date.parse(String(version === "ocpp1.6" ? expiryDate : cacheExpiryDateTime));
  return { status, info: JSON.stringify(info), ...Number.isNaN(expiresAt) ? {} : { expiresAt } };
}

/** Payload of an answer about a badge; `info` is what the CSMS once said, as JSON text. */
export function badgeAnswer(version: OcppVersion, status: string, info?: string, transactionId?: number): string {
  const id = transactionId === undefined ? "" : `,"transactionId":${transactionId}`;
  const name = version === "ocpp1.6" ? "idTagInfo" : "idTokenInfo";
  return `{"${name}":${info ?? JSON.stringify({ status })}${id}}`;
}

/** Payload of the answer to a BootNotification that the CSMS once accepted. */
export function bootAnswer(nowMs: number, intervalSeconds: number): string {
  return JSON.stringify({ currentTime: isoTime(nowMs), interval: intervalSeconds, status: "Accepted" });
}

/** Payload of the answer to a Heartbeat. */
export function heartbeatAnswer(nowMs: number): string {
  return JSON.stringify({ currentTime: isoTime(nowMs) });
}

/** How a CSMS answered a BootNotification. */
export function readBoot({ payload }: OcppFrame): { readonly isAccepted: boolean; readonly intervalSeconds: number } {
  const { status, interval } = asRecord(payload);
  const isUsable = typeof interval === "number" && Number.isInteger(interval) && interval > 0;
  return { isAccepted: status === "Accepted", intervalSeconds: isUsable ? interval : 0 };
}

/** How far the CSMS's time in this answer is ahead of ours, in milliseconds. */
export function clockOffset({ payload }: OcppFrame, nowMs: number): number | undefined {
  const at = Date.parse(String(asRecord(payload)["currentTime"]));
  return Number.isNaN(at) ? undefined : at - nowMs;
}

/** The transaction id in the answer to a StartTransaction. */
export function transactionIdOf({ payload }: OcppFrame): number | undefined {
  const { transactionId } = asRecord(payload);
  return typeof transactionId === "number" && Number.isInteger(transactionId) ? transactionId : undefined;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}
