import { ProtocolError } from "../core/errors.ts";
import { TUNNEL_LIMITS } from "./limits.ts";

/**
 * One frame of the tunnel, a binary WebSocket message each: data; how many bytes the other side has taken, so that nobody
 * buffers more than a window; the end of one direction (TCP's FIN); the end of all with its reason.
 */
export type TunnelFrame =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "taken"; readonly count: number }
  | { readonly kind: "end" }
  | { readonly kind: "closed"; readonly why: string };

const KINDS = { data: 0, taken: 1, end: 2, closed: 3 } as const;

/** @throws RangeError when data is longer than a frame carries: the caller cuts it first */
export function encodeTunnelFrame(frame: TunnelFrame): Uint8Array<ArrayBuffer> {
  const payload = payloadOf(frame);
  const bytes = new Uint8Array(1 + payload.length);
  bytes[0] = KINDS[frame.kind];
  bytes.set(payload, 1);
  return bytes;
}

function payloadOf(frame: TunnelFrame): Uint8Array {
  switch (frame.kind) {
    case "data":
      if (frame.bytes.length === 0 || frame.bytes.length > TUNNEL_LIMITS.dataBytes) {
        throw new RangeError(`A frame carries 1 to ${TUNNEL_LIMITS.dataBytes} bytes, not ${frame.bytes.length}`);
      }
      return frame.bytes;
    case "taken": {
      const count = new Uint8Array(4);
      new DataView(count.buffer).setUint32(0, frame.count);
      return count;
    }
    case "end":
      return new Uint8Array();
    case "closed":
      return new TextEncoder().encode(frame.why.slice(0, TUNNEL_LIMITS.whyChars));
  }
}

/** @throws ProtocolError TUNNEL_FRAME */
export function decodeTunnelFrame(bytes: Uint8Array): TunnelFrame {
  const [kind] = bytes, payload = bytes.subarray(1);
  switch (kind) {
    case KINDS.data:
      if (payload.length > 0 && payload.length <= TUNNEL_LIMITS.dataBytes) return { kind: "data", bytes: payload };
      throw broken(`a data frame has ${payload.length} bytes, wanted 1 to ${TUNNEL_LIMITS.dataBytes}`);
    case KINDS.taken: {
      if (payload.length !== 4) throw broken(`a count has 4 bytes, not ${payload.length}`);
      const count = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      if (count > 0 && count <= TUNNEL_LIMITS.windowBytes) return { kind: "taken", count };
      throw broken(`${count} bytes cannot have been taken`);
    }
    case KINDS.end:
      if (payload.length === 0) return { kind: "end" };
      throw broken(`an end has no more bytes, not ${payload.length}`);
    case KINDS.closed:
      if (payload.length > 4 * TUNNEL_LIMITS.whyChars) throw broken("the reason of a closing frame is too long");
      return { kind: "closed", why: readText(payload) };
    default:
      throw broken(kind === undefined ? "it is empty" : `its kind is ${kind}`);
  }
}

/** What a stranger says: one line of printable text. */
function readText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[^\x20-\x7e\xa0-\uffff]/g, " ").slice(0, TUNNEL_LIMITS.whyChars);
}

function broken(why: string): ProtocolError {
  return new ProtocolError("TUNNEL_FRAME", `This is no tunnel frame: ${why}`);
}
