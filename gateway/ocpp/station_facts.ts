import type { OcppFrame } from "./codec.ts";

/** Facts a relayed message tells about its station; never badges or measured values. */
export type StationFacts = Record<string, string | number | boolean>;

/** Longest text taken over from a station. */
const FACT_CHARS = 64;

/** Fields of BootNotification by fact: OCPP 1.6 puts them flat, 2.0.1 and 2.1 under chargingStation. */
const BOOT_FIELDS: readonly (readonly [fact: string, field: string])[] = [
  ["vendor", "chargePointVendor"],
  ["model", "chargePointModel"],
  ["serial", "chargePointSerialNumber"],
  ["boxSerial", "chargeBoxSerialNumber"],
  ["vendor", "vendorName"],
  ["model", "model"],
  ["serial", "serialNumber"],
  ["firmwareVersion", "firmwareVersion"],
];

/** What BootNotification says of the station; undefined for any other CALL. */
export function factsFromBoot(frame: OcppFrame): StationFacts | undefined {
  if (frame.action !== "BootNotification") return undefined;
  const payload = asRecord(frame.payload);
  const station = { ...payload, ...asRecord(payload?.chargingStation) };
  const facts: StationFacts = {};
  for (const [fact, field] of BOOT_FIELDS) {
    const value = station[field];
    if (typeof value === "string" && value !== "") facts[fact] = value.slice(0, FACT_CHARS);
  }
  return facts;
}

/**
 * Seconds the station's clock is ahead of ours (negative: behind), from a message about this very moment; undefined
 * when it has no usable time. Messages that may have waited in the station (offline ones, meter values) are left out.
 */
export function clockOffsetSeconds(frame: OcppFrame, nowMs: number): number | undefined {
  if (frame.action !== "StatusNotification" && frame.action !== "SecurityEventNotification") return undefined;
  const stamp = asRecord(frame.payload)?.timestamp;
  if (typeof stamp !== "string" || stamp.length > 40) return undefined;
  const at = Date.parse(stamp);
  return Number.isNaN(at) ? undefined : Math.round((at - nowMs) / 1_000);
}

/** The heartbeat interval that the CSMS gave in its answer to BootNotification, in seconds. */
export function heartbeatSeconds(action: string, frame: OcppFrame): number | undefined {
  if (action !== "BootNotification") return undefined;
  const interval = asRecord(frame.payload)?.interval;
  return typeof interval === "number" && Number.isInteger(interval) && interval > 0 ? interval : undefined;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}
