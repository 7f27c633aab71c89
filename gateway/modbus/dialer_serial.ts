import { Buffer } from "node:buffer";
import { connectHald, type HaldClient } from "../../hal/client.ts";
import type { Clock } from "../core/clock.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { RtuPieces } from "./codec_rtu_pieces.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { DriverEvents, LineDriver } from "./line_driver.ts";
import type { LineFrame } from "./session.ts";
import type { LinePlace } from "./worker_config.ts";

type SerialPlace = LinePlace & { readonly kind: "serial" };

/** What a serial line works with. */
export interface SerialTools {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Connects to hald; each line has a connection of its own, since a call that waits for bytes takes a place there. */
  readonly hald: () => Pick<HaldClient, "call" | "close">;
}

/** Serial lines through the hald of this socket. */
export function haldTools(socket: string, { clock, timers }: Omit<SerialTools, "hald">): SerialTools {
  return { clock, timers, hald: () => connectHald(socket, { clock, timers }) };
}

/** Opens a serial line through hald, which keeps the silence between frames and cuts what comes by it. */
export function dialSerial(place: SerialPlace, events: DriverEvents, tools: SerialTools): LineDriver {
  return new SerialDriver(place, events, tools);
}

class SerialDriver implements LineDriver {
  readonly #place: SerialPlace;
  readonly #events: DriverEvents;
  readonly #clock: Clock;
  readonly #hald: Pick<HaldClient, "call" | "close">;
  readonly #pieces = new RtuPieces();
  /** What an adapter with `echo` will hear of what was sent. */
  #echo: Uint8Array = new Uint8Array(0);
  #line: number | undefined;
  /** Not on the wire yet: what comes now cannot be its answer. */
  #isSending = false;
  #isOver = false;

  constructor(place: SerialPlace, events: DriverEvents, { clock, hald }: SerialTools) {
    this.#place = place;
    this.#events = events;
    this.#clock = clock;
    this.#hald = hald();
    this.#run().catch((error) => this.#end(describeError(error)));
  }

  transmit({ device, pdu }: Required<LineFrame>): void {
    if (this.#isOver || this.#line === undefined) return;
    const frame = encodeRtu({ address: device, pdu });
    this.#noise(this.#pieces.drop().noise);
    if (this.#place.echo) this.#echo = frame;
    const bytes = Buffer.from(frame).toString("base64");
    this.#isSending = true;
    this.#hald.call("serial.send", { line: this.#line, bytes }).finally(() => this.#isSending = false).catch(
      (error) => {
        // A line that is never silent was not sent on: the request runs into its time-out, as any that is not heard.
        const isBusy = error instanceof GatewayError && error.code === "HAL_SERIAL";
        if (!isBusy) this.#end(describeError(error));
      },
    );
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const line = this.#line;
    // Whether it arrives or not: hald closes what nobody uses, and the next owner takes the line over.
    const closed = line === undefined ? Promise.resolve() : this.#hald.call("serial.close", { line });
    closed.then(() => this.#hald.close(), () => this.#hald.close());
  }

  async #run(): Promise<void> {
    const { device, baud, parity, stopBits, rs485, silenceMicros } = this.#place;
    const settings = { device, baud, parity, stopBits, rs485, silenceMicros };
    const { line } = await this.#hald.call("serial.open", settings);
    this.#line = line;
    if (this.#isOver) return void this.#hald.call("serial.close", { line }).finally(() => this.#hald.close());
    this.#events.opened();
    while (!this.#isOver) {
      const withinMs = MODBUS_LIMITS.receiveMs;
      const deadlineMs = withinMs + MODBUS_LIMITS.haldDeadlineMs;
      const { pieces } = await this.#hald.call("serial.receive", { line, withinMs }, { deadlineMs });
      for (const piece of pieces) this.#received(new Uint8Array(Buffer.from(piece, "base64")));
      this.#noise(this.#pieces.expire(this.#clock.monotonic()).noise);
    }
  }

  #received(piece: Uint8Array): void {
    const rest = this.#withoutEcho(piece);
    if (rest.length === 0 || this.#isOver) return;
    const { frames, noise } = this.#pieces.push(rest, this.#clock.monotonic());
    this.#noise(noise);
    if (this.#isSending) return this.#noise(frames.reduce((sum, { pdu }) => sum + pdu.length + 3, 0));
    for (const { address, pdu } of frames) if (!this.#isOver) this.#events.received({ device: address, pdu });
  }

  /** An echo is never taken for the answer: that of a write looks just like it. */
  #withoutEcho(piece: Uint8Array): Uint8Array {
    const length = Math.min(piece.length, this.#echo.length);
    if (length === 0) return piece;
    const isEcho = piece.subarray(0, length).every((byte, index) => byte === this.#echo[index]);
    this.#echo = isEcho ? this.#echo.subarray(length) : new Uint8Array(0);
    return isEcho ? piece.subarray(length) : piece;
  }

  #noise(bytes: number): void {
    if (bytes > 0 && !this.#isOver) this.#events.noise(bytes);
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.lost(why);
  }
}
