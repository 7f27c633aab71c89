import { plainAction } from "../../../policies/plain_action.ts";
import type { OcppFrame, OcppVersion } from "../codec.ts";
import { plainPayload } from "../signed_payload.ts";
import { OCPP_BADGE_LIMITS } from "./limits.ts";

/** Calls of a CSMS that let a badge charge, or hold a place for it, without its being shown at the station. */
const START_ORDERS: ReadonlySet<string> = new Set([
  "RemoteStartTransaction", // 1.6
  "RequestBatterySwap", // 2.1
  "RequestStartTransaction", // 2.x
  "ReserveNow",
]);

/** Whether a CALL of the CSMS lets a badge start; a signed one as the one that it wraps. */
export const isStartOrder = (action: string): boolean => START_ORDERS.has(plainAction(action));

/**
 * The badge that a CALL asks about: idTag of 1.6, idToken of 2.x, whatever its type, also inside a signed message. A
 * station that writes a number where the schema has a text means that text.
 */
export function badgeAsked(version: OcppVersion, frame: OcppFrame): string | undefined {
  const payload = plainPayload(frame) ?? asRecord(frame.payload);
  return badgeIn(version, payload);
}

/**
 * Badges that a SendLocalList of the CSMS lets charge: an entry without information takes the badge off the list, one with
 * another status than Accepted refuses it. At most `OCPP_BADGE_LIMITS.listed` are looked at.
 */
export function badgesPutOnList(version: OcppVersion, frame: OcppFrame): readonly string[] {
  const list = (plainPayload(frame) ?? asRecord(frame.payload))["localAuthorizationList"];
  if (!Array.isArray(list)) return [];
  return list.slice(0, OCPP_BADGE_LIMITS.listed).flatMap((entry) => {
    const item = asRecord(entry), info = asRecord(version === "ocpp1.6" ? item["idTagInfo"] : item["idTokenInfo"]);
    const badge = badgeIn(version, item);
    return badge !== undefined && info["status"] === "Accepted" ? [badge] : [];
  });
}

function badgeIn(version: OcppVersion, payload: Readonly<Record<string, unknown>>): string | undefined {
  const badge = version === "ocpp1.6" ? payload["idTag"] : asRecord(payload["idToken"])["idToken"];
  if (typeof badge === "number") return String(badge);
  return typeof badge === "string" && badge !== "" ? badge : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}
