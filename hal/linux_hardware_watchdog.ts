import { HardwareError } from "../gateway/core/errors.ts";
import type { HardwareWatchdog } from "./hardware_watchdog.ts";

/** Writing this byte last disarms the chip (kernel documentation, watchdog-api, "magic close"). */
const MAGIC_CLOSE = new TextEncoder().encode("V");
const PET = new TextEncoder().encode("\n");

/**
 * The kernel's watchdog device. Opening it arms the chip; if hald dies without `close`, the chip is not petted any more and
 * the box restarts, which is what it is for. The timeout is the driver's own (`timeoutSeconds` states it for the caller).
 * @throws HardwareError HAL_WATCHDOG when the device cannot be opened
 */
export class LinuxHardwareWatchdog implements HardwareWatchdog {
  readonly timeoutSeconds: number;
  readonly #device: string;
  readonly #file: Deno.FsFile;

  constructor(device: string, timeoutSeconds: number) {
    this.timeoutSeconds = timeoutSeconds;
    this.#device = device;
    this.#file = this.#guard("open", () => Deno.openSync(device, { write: true }));
  }

  pet(): void {
    this.#guard("pet", () => this.#file.writeSync(PET));
  }

  close(): void {
    this.#guard("disarm", () => this.#file.writeSync(MAGIC_CLOSE));
    this.#file.close();
  }

  #guard<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new HardwareError("HAL_WATCHDOG", `Cannot ${what} watchdog "${this.#device}"`, {
        hint: "One process only may hold it: set RuntimeWatchdogSec=0 in systemd, and let hald's group write to it",
        cause: error,
      });
    }
  }
}
