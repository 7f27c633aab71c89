import { plainAction } from "../../policies/ocpp.ts";
import type { OcppFrame } from "./codec.ts";
import { plainPayload } from "./signed_payload.ts";

/** Stands for a request whose profile cannot be read in one way only: the lowest, so that it is refused. */
const UNREADABLE = 0;

/**
 * The security profile that a CALL of the CSMS would set: ChangeConfiguration(SecurityProfile) of OCPP 1.6,
 * SetNetworkProfile and SetVariables(SecurityCtrlr.SecurityProfile) of 2.x. undefined when it sets none. What could
 * mean one thing here and another at the station counts as profile 0.
 */
export function askedProfile(frame: OcppFrame): number | undefined {
  const read = READERS[plainAction(frame.action)];
  if (!read) return undefined;
  if (frame.faults.includes("duplicate-keys")) return UNREADABLE;
  if (frame.action === plainAction(frame.action)) return read(frame.payload);
  const signed = plainPayload(frame);
  return signed === undefined ? UNREADABLE : read(signed);
}

const READERS: Readonly<Record<string, ((payload: unknown) => number | undefined) | undefined>> = Object.freeze({
  __proto__: null as never,
  ChangeConfiguration: (payload) => {
    // Keys of 1.6 are case-insensitive (OCPP 1.6 section 9): "securityprofile" is the same key.
    return isNamed(field(payload, "key"), "securityprofile") ? profileOf(field(payload, "value")) : undefined;
  },
  SetNetworkProfile: (payload) => profileOf(field(field(payload, "connectionData"), "securityProfile")),
  SetVariables: (payload) => {
    const data = field(payload, "setVariableData");
    if (!Array.isArray(data)) return undefined;
    const asked = data
      .filter((item) => isNamed(field(field(item, "variable"), "name"), "securityprofile"))
      .map((item) => profileOf(field(item, "attributeValue")));
    return asked.length === 0 ? undefined : Math.min(...asked);
  },
});

function profileOf(value: unknown): number {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[0-3]$/.test(text) ? Number(text) : UNREADABLE;
}

/** Stations may forgive blanks around a key: it is then the same key. */
function isNamed(value: unknown, name: string): boolean {
  return typeof value === "string" && value.trim().toLowerCase() === name;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
