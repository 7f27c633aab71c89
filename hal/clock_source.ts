import { type Checked, flag, number, object, oneOf } from "./schema.ts";

/** State of the box's clock as the kernel knows it (adjtimex(2)); times in milliseconds. */
export const ClockState = object({
  /** False until a time daemon has set the clock, and again when it has lost its sources for long. */
  synchronised: flag,
  /** A leap second that is due at the end of this UTC day, or being inserted now. */
  leap: oneOf(["none", "insert", "delete", "inserting", "done"]),
  /** What the kernel still has to correct. */
  offsetMs: number,
  estimatedErrorMs: number,
  maximumErrorMs: number,
});
/** State of the box's clock. */
export type ClockState = Checked<typeof ClockState>;

/** Tells how far the clock of the box can be trusted. */
export interface ClockSource {
  /** @throws HardwareError HAL_CLOCK */
  state(): ClockState;
}
