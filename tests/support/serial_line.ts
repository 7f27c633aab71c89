import type { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { systemTimers } from "../../gateway/core/timers.ts";
import type { Registers } from "../../gateway/demo/modbus/registers.ts";
import { decodeRtu, encodeRtu } from "../../gateway/modbus/codec_rtu.ts";
import { ProtocolError } from "../../gateway/core/errors.ts";
import { waitFor } from "./wait_for.ts";

/** One frame on the wire: times in milliseconds, as long as its bits take at the line's speed. */
export interface WireFrame {
  readonly from: "gateway" | "device";
  readonly startsAt: number;
  readonly endsAt: number;
  readonly bytes: Uint8Array;
}

/** What the device end does with a request; the default answers from the registers of the addressed device. */
export type WireReply = (request: Uint8Array, line: SerialLine) => void;

/**
 * A serial line: a pty for the gateway's hald, and devices at the other end that are as slow as the line's speed. Every
 * frame is recorded with the time that its bits take, so that two frames at one time, or too close, are seen.
 */
export class SerialLine implements AsyncDisposable {
  readonly frames: WireFrame[] = [];
  /** Bytes that came without being a frame, and all that came. */
  broken = 0;
  bytesHeard = 0;
  reply: WireReply = (request) => this.answer(request);
  #socket: Socket | undefined;

  private constructor(
    /** Device for hald. */
    public device: string,
    readonly baud: number,
    readonly units: ReadonlyMap<number, Registers>,
    private readonly server: Server,
    private readonly folder: string,
    private socat: Deno.ChildProcess | undefined,
  ) {}

  static async open(baud: number, units: ReadonlyMap<number, Registers>): Promise<SerialLine> {
    const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "bulkhead-line-" }); // hald opens below /dev only
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const line = new SerialLine("", baud, units, server, folder, undefined);
    server.on("connection", (socket) => line.#connected(socket));
    await line.plugIn();
    return line;
  }

  /** Milliseconds that so many bytes take: 10 bits each, without parity and with one stop bit. */
  ms(bytes: number): number {
    return bytes * 10_000 / this.baud;
  }

  /** 3.5 characters. */
  get silenceMs(): number {
    return this.baud > 19_200 ? 1.75 : this.ms(3.5);
  }

  /** The adapter is there: a pty of some number. */
  async plugIn(): Promise<void> {
    const link = `${this.folder}/tty`;
    const { port } = this.server.address() as { port: number };
    const args = [`PTY,raw,echo=0,link=${link}`, `TCP:127.0.0.1:${port},nodelay`];
    this.socat = new Deno.Command("socat", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    await waitFor("the pty", () => Deno.realPath(link).catch(() => undefined));
    this.device = link;
    await waitFor("the other end of the line", () => this.#socket !== undefined);
  }

  /** The adapter is pulled out. */
  async unplug(): Promise<void> {
    this.socat?.kill("SIGKILL");
    await this.socat?.status;
    this.socat = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Sends what a device would say to this request, after its own turnaround time. */
  answer(request: Uint8Array, turnaroundMs = 2): void {
    const registers = this.units.get(request[0]!);
    if (!registers) return;
    const { address, pdu } = decodeRtu(request);
    this.say(encodeRtu({ address, pdu: registers.answer(pdu) }), this.silenceMs + turnaroundMs);
  }

  /** Puts bytes on the wire after so long, counted from the end of the last frame; they arrive when their bits are over. */
  say(bytes: Uint8Array, afterMs = 0): void {
    const startsAt = Math.max(performance.now(), this.frames.at(-1)?.endsAt ?? 0) + afterMs;
    const endsAt = startsAt + this.ms(bytes.length);
    this.frames.push({ from: "device", startsAt, endsAt, bytes });
    systemTimers.after(Math.ceil(endsAt - performance.now()), () => this.#socket?.write(bytes));
  }

  /** Frames that began before the one before them was over, or before the line was silent for long enough. */
  overlaps(): readonly string[] {
    const sorted = this.frames.toSorted((a, b) => a.startsAt - b.startsAt);
    return sorted.slice(1).flatMap((frame, index) => {
      const gap = frame.startsAt - sorted[index]!.endsAt;
      return gap < this.silenceMs ? [`${sorted[index]!.from} -> ${frame.from}: ${gap.toFixed(2)} ms`] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await Deno.remove(this.folder, { recursive: true });
  }

  #connected(socket: Socket): void {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => this.#heard(new Uint8Array(bytes)));
  }

  /** The gateway sends a frame in one write, so it arrives in one piece at the time of its first bit. */
  #heard(bytes: Uint8Array): void {
    const startsAt = performance.now();
    this.bytesHeard += bytes.length;
    this.frames.push({ from: "gateway", startsAt, endsAt: startsAt + this.ms(bytes.length), bytes });
    try {
      decodeRtu(bytes);
      this.reply(bytes, this);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.broken += bytes.length;
    }
  }
}
