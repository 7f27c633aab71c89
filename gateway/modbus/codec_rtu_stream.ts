import { ProtocolError } from "../core/errors.ts";
import { FUNCTION } from "./codec.ts";
import { responseDataBytes } from "./codec_response.ts";
import { decodeRtu, type RtuFrame } from "./codec_rtu.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

/** Which way a stream of RTU frames goes. */
export type RtuDirection = "request" | "response";

/**
 * RTU frames in a TCP stream, where no silence parts them: each frame's end follows from its beginning. A frame with a
 * wrong checksum means that the place in the stream is lost.
 */
export class RtuStreamDecoder {
  readonly #direction: RtuDirection;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(direction: RtuDirection) {
    this.#direction = direction;
  }

  /**
   * The frames that are whole after these bytes.
   * @throws ProtocolError MODBUS_FRAME when no frame can be found: the connection is of no use any more
   */
  push(bytes: Uint8Array): RtuFrame[] {
    let all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const frames: RtuFrame[] = [];
    while (all.length >= 4) {
      const data = this.#dataBytes(all[1]!, all.subarray(2));
      if (data === undefined) break;
      const length = data + 4;
      if (length > LIMITS.rtuBytes) throw new ProtocolError("MODBUS_FRAME", `A frame claims ${length} bytes`);
      if (all.length < length) break;
      frames.push(decodeRtu(all.subarray(0, length)));
      all = all.slice(length);
    }
    this.#rest = all;
    return frames;
  }

  #dataBytes(functionCode: number, data: Uint8Array): number | undefined {
    const isResponse = this.#direction === "response";
    if (!KNOWN.has(isResponse ? functionCode & 0x7f : functionCode)) {
      throw new ProtocolError("MODBUS_FRAME", `Function code ${functionCode} has no known length`);
    }
    return isResponse ? responseDataBytes(functionCode, data) : requestDataBytes(functionCode, data);
  }
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(FUNCTION));

/** Bytes that a request has after its function code, as far as its beginning tells; undefined: more bytes are needed. */
export function requestDataBytes(functionCode: number, data: Uint8Array): number | undefined {
  switch (functionCode) {
    case FUNCTION.readExceptionStatus:
    case FUNCTION.getEventCounter:
    case FUNCTION.getEventLog:
    case FUNCTION.reportServerId:
      return 0;
    case FUNCTION.writeCoils:
    case FUNCTION.writeRegisters:
      return data.length < 5 ? undefined : 5 + data[4]!;
    case FUNCTION.readFileRecord:
    case FUNCTION.writeFileRecord:
      return data.length < 1 ? undefined : 1 + data[0]!;
    case FUNCTION.maskWriteRegister:
      return 6;
    case FUNCTION.readWriteRegisters:
      return data.length < 9 ? undefined : 9 + data[8]!;
    case FUNCTION.readFifoQueue:
      return 2;
    case FUNCTION.encapsulated:
      return 3;
    default:
      return 4; // reads, single writes, diagnostics with one register
  }
}
