import type { Timers } from "../core/timers.ts";
import { describeError } from "../core/errors.ts";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { RtuStreamDecoder } from "./codec_rtu_stream.ts";
import { openPlainWire } from "./dialer_wire.ts";
import { openTlsWire } from "./dialer_wire_tls.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { DriverEvents, LineDriver } from "./line_driver.ts";
import type { LineFrame } from "./session.ts";
import type { LinePlace } from "./worker_config.ts";

/** A device or gateway that is reached by TCP. */
export type TcpPlace = LinePlace & { readonly kind: "tcp" };

/** A stream of bytes to a device and back. */
export interface Wire {
  write(bytes: Uint8Array): void;
  /** Ends it; nothing is told after that. */
  close(): void;
}

/** What a wire tells, never before the call that opens it has returned. */
export interface WireEvents {
  opened(): void;
  /** The bytes are the wire's again when this returns. */
  received(bytes: Uint8Array): void;
  lost(why: string): void;
}

/**
 * Connects to a TCP target: Modbus/TCP, frames of a serial line in TCP, either within TLS towards a device that speaks
 * Modbus/TCP Security (the egress wrapper). A stream that carries no frames where one must begin is ended.
 */
export function dialTcp(place: TcpPlace, events: DriverEvents, timers: Timers): LineDriver {
  return new TcpDriver(place, events, timers);
}

class TcpDriver implements LineDriver {
  readonly #wire: Wire;
  readonly #place: TcpPlace;
  readonly #events: DriverEvents;
  readonly #decode: (bytes: Uint8Array) => readonly LineFrame[];
  readonly #cancelDeadline: () => void;
  #isOver = false;

  constructor(place: TcpPlace, events: DriverEvents, timers: Timers) {
    this.#place = place;
    this.#events = events;
    this.#decode = decoderOf(place);
    this.#cancelDeadline = timers.after(MODBUS_LIMITS.connectMs, () => {
      this.#end(`it did not connect within ${MODBUS_LIMITS.connectMs} ms`);
    });
    this.#wire = (place.tls ? openTlsWire : openPlainWire)(place, {
      opened: () => this.#opened(),
      received: (bytes) => this.#receive(bytes),
      lost: (why) => this.#end(why),
    });
  }

  transmit({ transaction, device, pdu }: Required<LineFrame>): void {
    if (this.#isOver) return;
    const isRtu = this.#place.framing === "rtu";
    this.#wire.write(isRtu ? encodeRtu({ address: device, pdu }) : encodeMbap({ transaction, unit: device, pdu }));
  }

  close(): void {
    this.#isOver = true;
    this.#cancelDeadline();
    this.#wire.close();
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#cancelDeadline();
    this.#events.opened();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const frame of this.#decode(bytes)) {
        this.#events.received(frame);
        if (this.#isOver) return;
      }
    } catch (error) {
      this.#events.noise(bytes.length);
      this.#end(describeError(error));
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.lost(why);
  }
}

function decoderOf({ framing }: TcpPlace): (bytes: Uint8Array) => readonly LineFrame[] {
  if (framing === "mbap") {
    const decoder = new MbapDecoder();
    return (bytes) => decoder.push(bytes).map(({ transaction, unit, pdu }) => ({ transaction, device: unit, pdu }));
  }
  const decoder = new RtuStreamDecoder("response");
  return (bytes) => decoder.push(bytes).map(({ address, pdu }) => ({ device: address, pdu }));
}
