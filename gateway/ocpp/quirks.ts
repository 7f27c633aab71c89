import type { QUIRK_NAMES } from "../inventory/config.ts";

/** Tolerances that this Worker applies itself, by their name in `stations[].ocpp.quirks`. */
export const QUIRKS = {
  /** The station offers no subprotocol: take the first of its configured ones. Risk: none known (Q1). */
  assumeProtocol: "assume-protocol",
  /** The station's permessage-deflate is broken: do not negotiate it. Risk: none, more bytes (Q19). */
  noDeflate: "no-deflate",
  /** The station drops the connection on pings: do not send any of our own. Risk: half-open links are seen late (Q10). */
  noPing: "no-ping",
} as const satisfies Record<string, typeof QUIRK_NAMES[number]>;
