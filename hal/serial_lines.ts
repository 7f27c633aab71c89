/** How a serial line is set. */
export interface SerialSettings {
  /** As hald.json lists it. */
  readonly device: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
  /** "kernel": the kernel turns the RS-485 sender on and off by RTS; "adapter": the adapter does it by itself. */
  readonly rs485: "adapter" | "kernel";
  /** Microseconds of silence that end what belongs together, and that lie between any two transmissions. */
  readonly silenceMicros: number;
}

/** One open serial line. Frame timing lives here: a process away it would be the timing of two schedulers. */
export interface SerialPort {
  /** Sends after the silence. @throws HardwareError HAL_SERIAL, HAL_SERIAL_GONE */
  send(bytes: Uint8Array): Promise<void>;
  /**
   * What came since the last call, cut by silence, each piece at most HAL_LIMITS.serialPieceBytes long; waits for the first
   * one at most so long, and then answers with nothing.
   * @throws HardwareError HAL_SERIAL_GONE
   */
  receive(withinMs: number): Promise<readonly Uint8Array[]>;
  /** Ends it; calls that wait fail with HAL_SERIAL_GONE. */
  close(why: string): void;
}

/** A device that the gateway may open. */
export interface SerialDevice {
  /** As hald.json lists it. */
  readonly device: string;
  /** Whether there is one now: an adapter that is pulled out has none. */
  readonly isThere: boolean;
}

/** The serial lines of this box. */
export interface SerialLines {
  /** What may be opened, whether it is there or not. */
  list(): Promise<readonly SerialDevice[]>;
  /** @throws HardwareError HAL_NOT_CONFIGURED, HAL_SERIAL */
  open(settings: SerialSettings): Promise<SerialPort>;
}
