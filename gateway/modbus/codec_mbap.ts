import { ProtocolError } from "../core/errors.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

/** Bytes before the PDU: transaction id, protocol id, length, unit id. */
const HEADER = 7;

/** One application data unit of Modbus/TCP (Messaging on TCP/IP V1.0b section 3.1.3). */
export interface MbapFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** Writes one frame. */
export function encodeMbap({ transaction, unit, pdu }: MbapFrame): Uint8Array {
  const bytes = new Uint8Array(HEADER + pdu.length);
  const length = pdu.length + 1;
  bytes[0] = transaction >> 8;
  bytes[1] = transaction;
  bytes[4] = length >> 8;
  bytes[5] = length;
  bytes[6] = unit;
  for (let at = 0; at < pdu.length; at++) bytes[HEADER + at] = pdu[at]!; // cheaper than `set` for so few
  return bytes;
}

const NOTHING = new Uint8Array(0);

/** A stream of Modbus/TCP frames, however TCP cuts it. Keeps at most one frame that is not whole. */
export class MbapDecoder {
  #rest: Uint8Array = NOTHING;

  /**
   * The frames that are whole after these bytes.
   * @throws ProtocolError MODBUS_FRAME: the stream has no frame where one must begin, so the connection is of no use any more
   */
  push(bytes: Uint8Array): MbapFrame[] {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    const frames: MbapFrame[] = [];
    let at = 0;
    while (all.length - at >= 6) {
      const length = lengthAt(all, at);
      if (all.length - at < 6 + length) break;
      frames.push({
        transaction: wordAt(all, at),
        unit: all[at + 6]!,
        pdu: copyOf(all, at + HEADER, at + 6 + length),
      });
      at += 6 + length;
    }
    this.#rest = at === all.length ? NOTHING : copyOf(all, at, all.length);
    return frames;
  }

  /** Bytes of a frame that is not whole. */
  get waiting(): number {
    return this.#rest.length;
  }
}

/** Unit id and at least a function code, at most a whole PDU. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const protocol = wordAt(bytes, at + 2), length = wordAt(bytes, at + 4);
  if (protocol !== 0) throw new ProtocolError("MODBUS_FRAME", `A frame has protocol id ${protocol}, wanted 0`);
  if (length < 2 || length > LIMITS.pduBytes + 1) {
    throw new ProtocolError("MODBUS_FRAME", `A frame has length ${length}, wanted 2 to ${LIMITS.pduBytes + 1}`);
  }
  return length;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** Bytes of its own: what a socket hands over may be a part of a buffer that is used again (a Buffer's slice is no copy). */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  for (let at = from; at < to; at++) copy[at - from] = bytes[at]!;
  return copy;
}
