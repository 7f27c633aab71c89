import { ProtocolError } from "../core/errors.ts";
import { decodeRtu, type RtuFrame } from "./codec_rtu.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** What pieces of a line came to: frames, and bytes that are none. */
export interface PiecesRead {
  readonly frames: readonly RtuFrame[];
  readonly noise: number;
}

const NOTHING: PiecesRead = { frames: [], noise: 0 };

/**
 * Frames of a serial line from pieces that silence cut. A piece should be a frame; USB adapters hand bytes over in lumps
 * with pauses between them, so one that is no frame waits a moment for its rest. `now` is monotonic milliseconds.
 */
export class RtuPieces {
  #rest: Uint8Array = new Uint8Array(0);
  #since = 0;

  /** One more piece. */
  push(piece: Uint8Array, now: number): PiecesRead {
    const { noise } = this.expire(now);
    const alone = read(piece);
    if (alone) {
      const dropped = this.drop(); // what came before it will not be whole any more
      return { frames: [alone], noise: noise + dropped.noise };
    }
    const joined = new Uint8Array(this.#rest.length + piece.length);
    joined.set(this.#rest);
    joined.set(piece, this.#rest.length);
    const whole = this.#rest.length > 0 ? read(joined) : undefined;
    if (whole) {
      this.#rest = new Uint8Array(0);
      return { frames: [whole], noise };
    }
    if (joined.length > MODBUS_LIMITS.rtuBytes) {
      this.#rest = new Uint8Array(0);
      return { frames: [], noise: noise + joined.length };
    }
    if (this.#rest.length === 0) this.#since = now;
    this.#rest = joined;
    return { frames: [], noise };
  }

  /** Gives up a piece whose rest did not come in time. */
  expire(now: number): PiecesRead {
    return this.#rest.length > 0 && now - this.#since > MODBUS_LIMITS.pieceMs ? this.drop() : NOTHING;
  }

  /** Gives up what waits: a new request begins, and nothing before it can be its answer. */
  drop(): PiecesRead {
    const noise = this.#rest.length;
    this.#rest = new Uint8Array(0);
    return noise === 0 ? NOTHING : { frames: [], noise };
  }
}

function read(bytes: Uint8Array): RtuFrame | undefined {
  try {
    return decodeRtu(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
