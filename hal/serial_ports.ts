import { HardwareError } from "../gateway/core/errors.ts";
import type { SerialDevice, SerialLines, SerialPort, SerialSettings } from "./serial_lines.ts";

/** Open serial lines by number: what callers of hald hold in place of a port. */
export class SerialPorts {
  readonly #lines: SerialLines;
  readonly #ports = new Map<number, { readonly device: string; readonly port: SerialPort }>();
  #next = 1;

  constructor(lines: SerialLines) {
    this.#lines = lines;
  }

  /** The devices that may be opened. */
  list(): Promise<readonly SerialDevice[]> {
    return this.#lines.list();
  }

  /** Opens a line, and takes it from whoever had it. @throws HardwareError HAL_NOT_CONFIGURED, HAL_SERIAL */
  async open(settings: SerialSettings): Promise<number> {
    const port = await this.#lines.open(settings);
    for (const [number, { device }] of this.#ports) if (device === settings.device) this.#ports.delete(number);
    const number = this.#next++;
    this.#ports.set(number, { device: settings.device, port });
    return number;
  }

  /** @throws HardwareError HAL_SERIAL_GONE */
  get(line: number): SerialPort {
    const found = this.#ports.get(line);
    if (found) return found.port;
    throw new HardwareError("HAL_SERIAL_GONE", `No serial line ${line} is open`, { hint: "Open it with serial.open" });
  }

  close(line: number): void {
    this.#ports.get(line)?.port.close("it was closed");
    this.#ports.delete(line);
  }
}
