import type { Clock } from "../gateway/core/clock.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { SerialLibc } from "./linux_serial_libc.ts";
import { setLine } from "./linux_termios.ts";
import { SerialPieces } from "./serial_pieces.ts";
import type { SerialDevice, SerialLines, SerialPort, SerialSettings } from "./serial_lines.ts";

const O_RDWR = 2, O_NOCTTY = 0o400, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;
const POLLIN = 1, POLLERR = 8, POLLHUP = 16, POLLNVAL = 32;
const EAGAIN = 11, EINTR = 4;

/** Time, as serial lines need it. */
export interface SerialTools {
  readonly clock: Pick<Clock, "monotonic">;
  readonly timers: Pick<Timers, "after">;
}

/** Serial lines by the C library: those that hald.json lists, one owner each. Whoever opens one takes it over. */
export class LinuxSerialLines implements SerialLines {
  readonly #open = new Map<string, LinuxSerialPort>();

  constructor(
    private readonly libc: SerialLibc,
    private readonly devices: readonly string[],
    private readonly tools: SerialTools,
  ) {}

  list(): Promise<readonly SerialDevice[]> {
    return Promise.all(this.devices.map(async (device) => ({ device, isThere: await isCharacterDevice(device) })));
  }

  async open(settings: SerialSettings): Promise<SerialPort> {
    const { device } = settings;
    if (!this.devices.includes(device)) {
      throw new HardwareError("HAL_NOT_CONFIGURED", `hald.json does not list "${device}" under "serial"`, {
        hint: `Add it, then restart bulkhead-hald; listed are: ${this.devices.join(", ") || "none"}`,
      });
    }
    const before = this.#open.get(device);
    before?.close("the line was opened anew");
    await before?.ended; // its descriptor holds the lock
    const port = new LinuxSerialPort(this.libc, settings, this.tools);
    this.#open.set(device, port);
    return port;
  }
}

async function isCharacterDevice(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isCharDevice === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

class LinuxSerialPort implements SerialPort {
  /** Settled when the device is closed. */
  readonly ended: Promise<void>;
  readonly #libc: SerialLibc;
  readonly #settings: SerialSettings;
  readonly #tools: SerialTools;
  readonly #descriptor: number;
  readonly #pieces: SerialPieces;
  /** Until when the line carries a byte that was sent or received. */
  #quietSince: number;
  #gone: string | undefined;
  #lastUse: number;

  constructor(libc: SerialLibc, settings: SerialSettings, tools: SerialTools) {
    this.#libc = libc;
    this.#settings = settings;
    this.#tools = tools;
    this.#quietSince = this.#lastUse = tools.clock.monotonic();
    this.#pieces = new SerialPieces(tools.timers);
    this.#descriptor = openDevice(libc, settings.device);
    try {
      setLine(libc, this.#descriptor, settings);
    } catch (error) {
      libc.close(this.#descriptor);
      throw error;
    }
    this.ended = this.#read();
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#use();
    const { baud, silenceMicros } = this.#settings;
    const giveUp = this.#now() + HAL_LIMITS.serialBusyMs;
    for (let wait = this.#wait(silenceMicros); wait > 0; wait = this.#wait(silenceMicros)) {
      if (this.#now() > giveUp) {
        throw new HardwareError("HAL_SERIAL", `"${this.#settings.device}" is never silent: nothing was sent`);
      }
      await new Promise<void>((resolve) => void this.#tools.timers.after(wait, resolve));
      this.#use();
    }
    this.#writeAll(bytes);
    this.#quietSince = this.#now() + bytes.length * 11_000 / baud;
  }

  async receive(withinMs: number): Promise<readonly Uint8Array[]> {
    this.#use();
    return await this.#pieces.take(withinMs);
  }

  close(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = why;
    this.#pieces.fail(this.#goneError());
  }

  /** Milliseconds until the silence is long enough; a piece that has begun counts as no silence. */
  #wait(silenceMicros: number): number {
    if (this.#pieces.isInside) return Math.max(1, silenceMicros / 1_000);
    return this.#quietSince + silenceMicros / 1_000 - this.#now();
  }

  #writeAll(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    const written = Number(this.#libc.write(this.#descriptor, copy, BigInt(copy.length)));
    if (written === copy.length) return;
    const why = `it took ${written} of ${copy.length} bytes (error ${this.#libc.errno()})`;
    this.close(why);
    throw this.#goneError();
  }

  /** Waits for bytes on a thread of the pool, cuts them by silence, and closes the device at the end. */
  async #read(): Promise<void> {
    const silence = Math.max(1, Math.ceil(this.#settings.silenceMicros / 1_000));
    const wanted = new Uint8Array(8), view = new DataView(wanted.buffer);
    while (this.#gone === undefined) {
      view.setInt32(0, this.#descriptor, true);
      view.setInt16(4, POLLIN, true);
      view.setInt16(6, 0, true);
      const ready = await this.#libc.poll(wanted, 1n, this.#pieces.isInside ? silence : HAL_LIMITS.serialPollMs);
      if (this.#gone !== undefined) break;
      if (ready === 0) this.#pieces.end();
      else if (ready > 0) this.#readNow(view.getInt16(6, true));
      if (this.#now() - this.#lastUse > HAL_LIMITS.serialUnusedMs) this.close("nobody asked for it any more");
    }
    this.#libc.close(this.#descriptor);
  }

  #readNow(events: number): void {
    const buffer = new Uint8Array(HAL_LIMITS.serialPieceBytes);
    const read = events & POLLIN ? Number(this.#libc.read(this.#descriptor, buffer, BigInt(buffer.length))) : 0;
    if (read > 0) {
      this.#quietSince = this.#now();
      return this.#pieces.add(buffer.subarray(0, read));
    }
    const fault = read < 0 ? this.#libc.errno() : 0;
    if (fault === EAGAIN || fault === EINTR) return;
    if (read < 0 || events & (POLLERR | POLLHUP | POLLNVAL) || events & POLLIN) {
      this.close(`it was unplugged (error ${fault})`);
    }
  }

  #use(): void {
    if (this.#gone !== undefined) throw this.#goneError();
    this.#lastUse = this.#now();
  }

  #goneError(): HardwareError {
    return new HardwareError("HAL_SERIAL_GONE", `"${this.#settings.device}" is gone: ${this.#gone}`, {
      hint: "It is opened again by itself; if it was unplugged, plug it in",
    });
  }

  #now(): number {
    return this.#tools.clock.monotonic();
  }
}

function openDevice(libc: SerialLibc, device: string): number {
  const path = new TextEncoder().encode(`${device}\0`);
  const descriptor = libc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0) return descriptor;
  throw new HardwareError("HAL_SERIAL", `Cannot open "${device}" (error ${libc.errno()})`, {
    hint: "Is it plugged in, and may hald's group (dialout) use it? `ls -l` shows both",
  });
}
