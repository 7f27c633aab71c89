import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { ByteBuilder } from "./byte_builder.ts";
import { FrameError } from "./frame_error.ts";
import { CONTROL_BYTES, isCloseCode, mask, OPCODE, type Role } from "./frame_format.ts";

/** Who is told what the frames say. May call `stop` at any time. */
export interface FrameSink {
  /** A whole message, unmasked; `text` is the same decoded, undefined for a binary message. */
  receivedMessage(data: Buffer, text: string | undefined): void;
  receivedPing(data: Buffer): void;
  receivedPong(data: Buffer): void;
  /** A close frame; 1005 when it had no code. Nothing behind it is read. */
  receivedClose(code: number, reason: Buffer): void;
}

/** Bounds of one reader. */
export interface FrameLimits {
  /** Bytes of one message, all its fragments together. */
  readonly messageBytes: number;
  /** Fragments of one message. */
  readonly fragments: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Reads WebSocket frames without extensions from the bytes of one connection (RFC 6455 section 5). Total: every input is
 * a message, a control frame, an incomplete frame or a FrameError. Takes the chunks over and unmasks within them.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limits: FrameLimits;
  readonly #isServer: boolean;
  /** Bytes of an incomplete frame. */
  readonly #held = new ByteBuilder();
  /** Fragments of an unfinished message. */
  readonly #message = new ByteBuilder();
  /** Opcode of the unfinished message; 0 when there is none. */
  #opcode: number = OPCODE.continuation;
  #fragments = 0;
  #isStopped = false;

  constructor(sink: FrameSink, role: Role, limits: FrameLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#isServer = role === "server";
  }

  /** Reads nothing any more, not even the rest of the current chunk. */
  stop(): void {
    this.#isStopped = true;
    this.#held.take();
    this.#message.take();
  }

  /**
   * Takes the next bytes of the connection.
   * @throws FrameError once; what comes behind it must not be given
   */
  push(chunk: Buffer): void {
    let bytes = chunk;
    const isContinued = this.#held.length > 0;
    if (isContinued) {
      this.#held.add(chunk);
      bytes = this.#held.view();
    }
    let at = 0;
    while (!this.#isStopped && at < bytes.length) {
      const next = this.#frame(bytes, at);
      if (next === at) break;
      at = next;
    }
    if (this.#isStopped || (isContinued && at === 0)) return;
    // Messages still point into the memory behind `bytes`: what is left over moves.
    this.#held.take();
    if (at < bytes.length) this.#held.add(bytes.subarray(at));
  }

  /** Reads the frame at `at`; answers where it ends, or `at` when it is not complete. */
  #frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return at;
    const first = bytes[at]!, second = bytes[at + 1]!;
    const opcode = first & 0x0f, isFinal = (first & 0x80) !== 0;
    this.#checkStart(first, second, opcode, isFinal);
    let length = second & 0x7f, start = at + 2;
    if (length >= 126) {
      const size = length === 126 ? 2 : 8;
      if (bytes.length - start < size) return at;
      length = size === 2 ? bytes.readUInt16BE(start) : longLength(bytes, start);
      start += size;
    }
    if (opcode < OPCODE.close) this.#checkLength(length);
    const key = start;
    if (this.#isServer) start += 4;
    const end = start + length;
    if (bytes.length < end) return at;
    if (this.#isServer) mask(bytes, start, length, bytes, key);
    this.#deliver(opcode, isFinal, bytes.subarray(start, end));
    return end;
  }

  #checkStart(first: number, second: number, opcode: number, isFinal: boolean): void {
    if ((first & 0x30) !== 0) throw new FrameError("WS_ERR_UNEXPECTED_RSV_2_3", 1002, "RSV2 and RSV3 must be clear");
    if ((first & 0x40) !== 0) throw new FrameError("WS_ERR_UNEXPECTED_RSV_1", 1002, "RSV1 must be clear");
    if (opcode >= OPCODE.close) {
      if (opcode > OPCODE.pong) throw badOpcode(opcode);
      if (!isFinal) throw new FrameError("WS_ERR_EXPECTED_FIN", 1002, "a control frame must not be fragmented");
      if ((second & 0x7f) > CONTROL_BYTES) {
        const why = `a control frame has at most ${CONTROL_BYTES} bytes`;
        throw new FrameError("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002, why);
      }
    } else if (opcode > OPCODE.binary || (opcode === OPCODE.continuation) !== (this.#opcode !== 0)) {
      throw badOpcode(opcode);
    }
    const isMasked = (second & 0x80) !== 0;
    if (this.#isServer && !isMasked) throw new FrameError("WS_ERR_EXPECTED_MASK", 1002, "MASK must be set");
    if (!this.#isServer && isMasked) throw new FrameError("WS_ERR_UNEXPECTED_MASK", 1002, "MASK must be clear");
  }

  #checkLength(length: number): void {
    if (this.#message.length + length <= this.#limits.messageBytes) return;
    const why = `a message has at most ${this.#limits.messageBytes} bytes`;
    throw new FrameError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, why);
  }

  #deliver(opcode: number, isFinal: boolean, payload: Buffer): void {
    if (opcode >= OPCODE.close) return this.#control(opcode, payload);
    if (isFinal && this.#opcode === 0) return this.#whole(opcode, payload);
    if (opcode !== OPCODE.continuation) this.#opcode = opcode;
    if (++this.#fragments > this.#limits.fragments) {
      const why = `a message has at most ${this.#limits.fragments} fragments`;
      throw new FrameError("WS_ERR_TOO_MANY_BUFFERED_PARTS", 1008, why);
    }
    this.#message.add(payload);
    if (!isFinal) return;
    const kind = this.#opcode;
    this.#opcode = OPCODE.continuation;
    this.#fragments = 0;
    this.#whole(kind, this.#message.take());
  }

  #whole(opcode: number, data: Buffer): void {
    this.#sink.receivedMessage(data, opcode === OPCODE.text ? decode(data) : undefined);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) return this.#sink.receivedPing(payload);
    if (opcode === OPCODE.pong) return this.#sink.receivedPong(payload);
    this.stop();
    if (payload.length === 0) return this.#sink.receivedClose(1005, NOTHING);
    const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
    if (!isCloseCode(code)) throw new FrameError("WS_ERR_INVALID_CLOSE_CODE", 1002, `close code ${code}`);
    const reason = payload.subarray(2);
    if (!isUtf8(reason)) throw new FrameError("WS_ERR_INVALID_UTF8", 1007, "the close reason is no UTF-8");
    this.#sink.receivedClose(code, reason);
  }
}

/** Text of a message. Nearly all are ASCII, which is decoded three times as fast (measured). */
function decode(data: Buffer): string {
  if (isAscii(data)) return data.toString("latin1");
  if (!isUtf8(data)) throw new FrameError("WS_ERR_INVALID_UTF8", 1007, "the text is no UTF-8");
  return data.toString("utf8");
}

/** A 64-bit length. Beyond 53 bits a number would be rounded, and no limit is that large. */
function longLength(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  if (high > 0x1f_ffff) {
    throw new FrameError("WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", 1009, "a length of more than 53 bits");
  }
  return high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

function badOpcode(opcode: number): FrameError {
  return new FrameError("WS_ERR_INVALID_OPCODE", 1002, `opcode ${opcode} has no place here`);
}
