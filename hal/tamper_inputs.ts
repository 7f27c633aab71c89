import { type Checked, flag, integer, object, text } from "./schema.ts";

/** One tamper input. */
export const TamperState = object({
  name: text({ min: 1, max: 40 }),
  isOpen: flag,
  /** Changes to open since hald's start; a lid that was opened and closed between two calls is not missed. */
  openings: integer(0, Number.MAX_SAFE_INTEGER),
});
/** One tamper input. */
export type TamperState = Checked<typeof TamperState>;

/** The tamper inputs of the box: lid switches, door contacts (EV-23). */
export interface TamperInputs {
  states(): readonly TamperState[];
  close(): void;
}

/** One input line that can be read; true when the switch is open. */
export interface TamperLine {
  readonly name: string;
  /** @throws HardwareError HAL_GPIO */
  isOpen(): boolean;
  close(): void;
}
