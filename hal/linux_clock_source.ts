import { HardwareError } from "../gateway/core/errors.ts";
import type { ClockSource, ClockState } from "./clock_source.ts";

/** struct timex of adjtimex(2) on 64-bit Linux, the only kind Deno runs on. */
const TIMEX_BYTES = 208;
const AT = { offset: 8, maximumError: 24, estimatedError: 32, status: 40 } as const;
const STA_UNSYNC = 0x0040;
/** Offset is in nanoseconds instead of microseconds. */
const STA_NANO = 0x2000;
/** Return values TIME_OK to TIME_ERROR. */
const LEAP: readonly ClockState["leap"][] = ["none", "insert", "delete", "inserting", "done", "none"];

/** Reads the kernel's own view, which every time daemon keeps; it needs no privilege and starts no program. */
export class LinuxClockSource implements ClockSource {
  readonly #adjtimex: (timex: Uint8Array<ArrayBuffer>) => number;

  /** `adjtimex` is the C library's function of that name. */
  constructor(adjtimex: (timex: Uint8Array<ArrayBuffer>) => number) {
    this.#adjtimex = adjtimex;
  }

  state(): ClockState {
    const timex = new Uint8Array(TIMEX_BYTES); // modes = 0: read only.
    const leap = LEAP[this.#adjtimex(timex)];
    if (leap === undefined) {
      throw new HardwareError("HAL_CLOCK", "Cannot read the state of the clock: adjtimex failed", {
        hint: "A system call filter may forbid adjtimex; compare with the unit in deploy/systemd",
      });
    }
    const view = new DataView(timex.buffer);
    const status = view.getInt32(AT.status, true);
    const milliseconds = (at: number) => Number(view.getBigInt64(at, true)) / 1e3;
    return {
      synchronised: (status & STA_UNSYNC) === 0,
      leap,
      offsetMs: milliseconds(AT.offset) / (status & STA_NANO ? 1e3 : 1),
      estimatedErrorMs: milliseconds(AT.estimatedError),
      maximumErrorMs: milliseconds(AT.maximumError),
    };
  }
}
