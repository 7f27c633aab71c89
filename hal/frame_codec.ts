import { ProtocolError } from "../gateway/core/errors.ts";
import { HAL_LIMITS } from "./limits.ts";

const HEADER = 4;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * One frame: length of the body as 32 bits big-endian, then the body as UTF-8 JSON.
 * @throws ProtocolError HAL_FRAME when the body is longer than HAL_LIMITS.frameBytes
 */
export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(value));
  if (body.length > HAL_LIMITS.frameBytes) throw tooLong(body.length);
  const frame = new Uint8Array(HEADER + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEADER);
  return frame;
}

/** Puts frames together from the pieces a stream delivers; keeps at most one frame. */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER);
  #headerFill = 0;
  #body: Uint8Array | undefined;
  #bodyFill = 0;

  /** True when a frame has begun and not ended: the peer must not close now. */
  get isInside(): boolean {
    return this.#headerFill > 0;
  }

  /**
   * Takes the next piece and yields the values of the frames it completes.
   * @throws ProtocolError HAL_FRAME on a frame that is empty, too long, not UTF-8 or not JSON; the stream is then lost
   */
  *push(piece: Uint8Array): Generator<unknown> {
    for (let at = 0; at < piece.length;) {
      at += this.#body ? this.#fillBody(piece.subarray(at)) : this.#fillHeader(piece.subarray(at));
      if (this.#body && this.#bodyFill === this.#body.length) yield this.#finish(this.#body);
    }
  }

  #fillHeader(piece: Uint8Array): number {
    const taken = piece.subarray(0, HEADER - this.#headerFill);
    this.#header.set(taken, this.#headerFill);
    this.#headerFill += taken.length;
    if (this.#headerFill === HEADER) {
      const length = new DataView(this.#header.buffer).getUint32(0);
      if (length > HAL_LIMITS.frameBytes) throw tooLong(length);
      if (length === 0) throw new ProtocolError("HAL_FRAME", "Cannot read a frame of hald: its length is 0");
      this.#body = new Uint8Array(length);
    }
    return taken.length;
  }

  #fillBody(piece: Uint8Array): number {
    const body = this.#body!;
    const taken = piece.subarray(0, body.length - this.#bodyFill);
    body.set(taken, this.#bodyFill);
    this.#bodyFill += taken.length;
    return taken.length;
  }

  #finish(body: Uint8Array): unknown {
    this.#body = undefined;
    this.#headerFill = this.#bodyFill = 0;
    try {
      return JSON.parse(utf8.decode(body));
    } catch (error) {
      // The cause would quote the body, which may hold a key.
      throw new ProtocolError(
        "HAL_FRAME",
        `Cannot read a frame of hald: ${(error as Error).name}, wanted JSON in UTF-8`,
      );
    } finally {
      body.fill(0);
    }
  }
}

function tooLong(length: number): ProtocolError {
  return new ProtocolError(
    "HAL_FRAME",
    `Cannot carry a frame of ${length} bytes between hald and its client: at most ${HAL_LIMITS.frameBytes} are allowed`,
  );
}
