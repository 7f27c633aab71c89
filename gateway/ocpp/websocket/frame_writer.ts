import { Buffer } from "node:buffer";
import type { Random } from "../../core/timers.ts";
import { mask } from "./frame_format.ts";

/** Masking keys drawn at one time. */
const KEYS = 1_024;

/** Unpredictable masking keys (RFC 6455 section 5.3), drawn many at a time: each draw costs more than a frame. */
export class MaskKeys {
  readonly #random: Random;
  #keys = new Uint8Array();
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Masks `length` bytes from `at` on with a key that is never used again, and writes the key in front of them. */
  apply(frame: Uint8Array, at: number, length: number): void {
    if (this.#at >= this.#keys.length) {
      this.#keys = this.#random.bytes(4 * KEYS);
      this.#at = 0;
    }
    for (let i = 0; i < 4; i++) frame[at - 4 + i] = this.#keys[this.#at++]!;
    mask(frame, at, length, frame, at - 4);
  }
}

/** One unfragmented frame, header and payload in one piece of memory; masked when keys are given (client). */
export function encodeFrame(opcode: number, payload: Uint8Array, keys: MaskKeys | undefined): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extended + (keys ? 4 : 0);
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | opcode;
  const flag = keys ? 0x80 : 0;
  if (extended === 0) {
    frame[1] = flag | length;
  } else if (extended === 2) {
    frame[1] = flag | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = flag | 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.set(payload, start);
  keys?.apply(frame, start, length);
  return frame;
}

/** Payload of a close frame; no code means an empty one. */
export function closePayload(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}
