import type { Random } from "../../gateway/core/timers.ts";
import { clientFrame } from "../support/raw_station.ts";

/** A message as a station that behaves sends it. */
export function validFrame(random: Random): Uint8Array {
  return clientFrame(0x81, `[2,"${Math.floor(random.fraction() * 1e12)}","Heartbeat",{}]`);
}

/** The close of one that behaves. */
export function validClose(): Uint8Array {
  return clientFrame(0x88, Uint8Array.of(0x03, 0xe8));
}
