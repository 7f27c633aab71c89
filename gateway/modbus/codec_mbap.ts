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
  const view = new DataView(bytes.buffer);
  view.setUint16(0, transaction);
  view.setUint16(4, pdu.length + 1);
  view.setUint8(6, unit);
  bytes.set(pdu, HEADER);
  return bytes;
}

/** A stream of Modbus/TCP frames, however TCP cuts it. Keeps at most one frame that is not whole. */
export class MbapDecoder {
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * The frames that are whole after these bytes.
   * @throws ProtocolError MODBUS_FRAME: the stream has no frame where one must begin, so the connection is of no use any more
   */
  push(bytes: Uint8Array): MbapFrame[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const view = new DataView(all.buffer);
    const frames: MbapFrame[] = [];
    let at = 0;
    while (all.length - at >= 6) {
      const length = lengthAt(view, at);
      if (all.length - at < 6 + length) break;
      frames.push({
        transaction: view.getUint16(at),
        unit: view.getUint8(at + 6),
        pdu: all.slice(at + HEADER, at + 6 + length),
      });
      at += 6 + length;
    }
    this.#rest = all.slice(at);
    return frames;
  }

  /** Bytes of a frame that is not whole. */
  get waiting(): number {
    return this.#rest.length;
  }
}

/** Unit id and at least a function code, at most a whole PDU. */
function lengthAt(view: DataView, at: number): number {
  const protocol = view.getUint16(at + 2), length = view.getUint16(at + 4);
  if (protocol !== 0) throw new ProtocolError("MODBUS_FRAME", `A frame has protocol id ${protocol}, wanted 0`);
  if (length < 2 || length > LIMITS.pduBytes + 1) {
    throw new ProtocolError("MODBUS_FRAME", `A frame has length ${length}, wanted 2 to ${LIMITS.pduBytes + 1}`);
  }
  return length;
}
