import { HardwareError } from "../gateway/core/errors.ts";
import type { SerialDevice, SerialLines, SerialPort, SerialSettings } from "./serial_lines.ts";

/** A serial line that is what a test says. */
export class FakeSerialPort implements SerialPort {
  readonly sent: Uint8Array[] = [];
  readonly #pieces: Uint8Array[] = [];
  #waiter: (() => void) | undefined;
  #gone: string | undefined;

  constructor(readonly settings: SerialSettings) {}

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** A piece comes over the line. */
  hear(...bytes: readonly number[]): void {
    this.#pieces.push(Uint8Array.from(bytes));
    this.#waiter?.();
  }

  send(bytes: Uint8Array): Promise<void> {
    if (this.#gone !== undefined) return Promise.reject(this.#error());
    this.sent.push(bytes);
    return Promise.resolve();
  }

  /** Waits without end: a fake has no clock. */
  async receive(): Promise<readonly Uint8Array[]> {
    if (this.#pieces.length === 0 && this.#gone === undefined) {
      await new Promise<void>((resolve) => this.#waiter = resolve);
    }
    if (this.#gone !== undefined) throw this.#error();
    return this.#pieces.splice(0);
  }

  close(why: string): void {
    this.#gone ??= why;
    this.#waiter?.();
  }

  #error(): HardwareError {
    return new HardwareError("HAL_SERIAL_GONE", `"${this.settings.device}" is gone: ${this.#gone}`);
  }
}

/** Serial lines of a test: every device can be opened, unless the test says otherwise. */
export class FakeSerialLines implements SerialLines {
  readonly ports: FakeSerialPort[] = [];
  refuse: string | undefined;
  devices: readonly SerialDevice[] = [{ device: "/dev/ttyRS485", isThere: true }];

  list(): Promise<readonly SerialDevice[]> {
    return Promise.resolve(this.devices);
  }

  open(settings: SerialSettings): Promise<SerialPort> {
    if (this.refuse !== undefined) return Promise.reject(new HardwareError("HAL_SERIAL", this.refuse));
    for (const port of this.ports) if (port.settings.device === settings.device) port.close("it was opened anew");
    this.ports.push(new FakeSerialPort(settings));
    return Promise.resolve(this.ports.at(-1)!);
  }
}
