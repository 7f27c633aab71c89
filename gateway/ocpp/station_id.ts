import { OCPP_LIMITS } from "./limits.ts";

/** Characters of OCPP's identifierString without ":", which Basic could not carry; a space within is seen in the field. */
const STATION_ID = /^[A-Za-z0-9*\-_=+|@.]([A-Za-z0-9*\-_=+|@. ]*[A-Za-z0-9*\-_=+|@.])?$/;

/** Whether text can be a station identity (Q6). "." and ".." would be path steps. */
export function isStationId(text: string): boolean {
  return text.length <= OCPP_LIMITS.stationIdChars && STATION_ID.test(text) && text !== "." && text !== "..";
}

/** Percent-decodes one segment; undefined when the encoding is broken or stands for a path step (Q4). */
export function decodeOnce(raw: string): string | undefined {
  if (raw.includes("/")) return undefined;
  try {
    return decodeURIComponent(raw); // a second layer would leave "%", which no identity may hold
  } catch {
    return undefined;
  }
}
