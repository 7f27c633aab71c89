import { Buffer } from "node:buffer";
import { readFrame } from "../beyond_limits.ts";
import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";

/** A CALL of the station that has to reach the CSMS, or to be answered for it. */
export interface StationMessage {
  readonly id: string;
  readonly action: string;
  /** As it came in. */
  readonly text: string;
  readonly frame: OcppFrame;
  /** It was on its way when the CSMS was lost, which may have taken it. */
  readonly isUncertain?: true;
}

/** Reads what a leg is given: bytes of a relayed message, or a text of the gateway's own. */
export function readMessage(data: Uint8Array | string): StationMessage {
  const text = typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
  const frame = readFrame("station", text);
  return { id: frame.id, action: frame.action, text, frame };
}

export const utf8 = (text: string): Buffer => Buffer.from(text);

/** In the place of the answer that a SEND does not get. */
export const SENT: OcppFrame = Object.freeze({
  type: MESSAGE_TYPE.callResult,
  id: "",
  action: "",
  payload: {},
  faults: [],
});
