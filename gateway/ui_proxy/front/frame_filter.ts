import { ProtocolError } from "../../core/errors.ts";

/** What of a browser's bytes goes on to a device over a WebSocket that only shows. */
export interface Filtered {
  /** Whole control frames, as received. */
  readonly pass: readonly Uint8Array[];
  /** Data frames that began here and go nowhere, and bytes that were left out. */
  readonly dropped: { readonly frames: number; readonly bytes: number };
}

/** Opcodes from here on are control frames (RFC 6455 section 5.2). */
const CLOSE = 8, PONG = 10;
/** Bytes of a control frame's payload at most (section 5.5). */
const CONTROL_BYTES = 125;
const MASK_BYTES = 4;

/**
 * Lets control frames of a browser through and nothing else, so that a device hears a browser that lives and that goes,
 * and no word of it (RFC 6455 section 5). Holds less than one control frame, however long a data frame is.
 */
export class FrameFilter {
  /** The beginning of a frame whose head or control payload is not whole yet. */
  #held = new Uint8Array(0);
  /** Bytes of a data frame that are still to come. */
  #left = 0;
  #isClosed = false;

  /** @throws ProtocolError UI_SOCKET_MALFORMED: what follows cannot be read */
  push(bytes: Uint8Array): Filtered {
    const pass: Uint8Array[] = [], dropped = { frames: 0, bytes: 0 };
    let rest = joined(this.#held, bytes);
    this.#held = rest.subarray(0, 0);
    while (rest.length > 0) {
      if (this.#isClosed || this.#left > 0) {
        const out = this.#isClosed ? rest.length : Math.min(this.#left, rest.length);
        this.#left = Math.max(0, this.#left - out);
        dropped.bytes += out;
        rest = rest.subarray(out);
        continue;
      }
      const frame = readHead(rest);
      if (!frame || (frame.isControl && rest.length < frame.headBytes + frame.bytes)) {
        this.#held = rest.slice();
        break;
      }
      const end = frame.headBytes + (frame.isControl ? frame.bytes : 0);
      if (frame.isControl) {
        pass.push(rest.subarray(0, end));
        this.#isClosed = frame.isClose;
      } else {
        dropped.frames++;
        dropped.bytes += end;
        this.#left = frame.bytes;
      }
      rest = rest.subarray(end);
    }
    return { pass, dropped };
  }
}

interface FrameHead {
  readonly isControl: boolean;
  readonly isClose: boolean;
  readonly headBytes: number;
  /** Of the payload. */
  readonly bytes: number;
}

/** The head of a frame of a client; undefined while it is not whole. */
function readHead(bytes: Uint8Array): FrameHead | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = bytes as unknown as [number, number], opcode = first & 0x0f, isControl = opcode >= CLOSE;
  if ((first & 0x70) !== 0) throw malformed("extensions that nobody agreed to");
  if ((opcode > 2 && opcode < CLOSE) || opcode > PONG) throw malformed(`opcode ${opcode}`);
  if ((second & 0x80) === 0) throw malformed("a frame without a mask");
  const short = second & 0x7f, lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  if (isControl && ((first & 0x80) === 0 || short > CONTROL_BYTES)) throw malformed("a long or divided control frame");
  const headBytes = 2 + lengthBytes + MASK_BYTES;
  if (bytes.length < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = lengthBytes === 2 ? view.getUint16(2) : lengthBytes === 8 ? Number(view.getBigUint64(2)) : short;
  if (!Number.isSafeInteger(long)) throw malformed("a frame without an end");
  return { isControl, isClose: opcode === CLOSE, headBytes, bytes: long };
}

function joined(held: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(held.length + bytes.length);
  all.set(held);
  all.set(bytes, held.length);
  return all;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("UI_SOCKET_MALFORMED", `A browser's WebSocket cannot be read: ${what}`, {
    hint: "RFC 6455 section 5.2; an ordinary browser sends nothing else",
  });
}
