import { ProtocolError } from "../core/errors.ts";
import { DHCP_LIMITS } from "./limits.ts";

/** Application protocol of the tunnel (ALPN, RFC 7301): nothing else may be spoken on its port. */
export const TUNNEL_PROTOCOL = "bulkhead-dhcp/1";

/**
 * One message in the tunnel: its length in two octets, then the message, as RFC 6926 section 6.1 frames DHCPv4 over TCP. A
 * frame of length 0 is a sign of life. @throws ProtocolError DHCP_MALFORMED when the message is longer than may be
 */
export function encodeTunnelFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  if (message.length > DHCP_LIMITS.messageBytesMax) throw bad(message.length);
  const frame = new Uint8Array(2 + message.length);
  new DataView(frame.buffer).setUint16(0, message.length);
  frame.set(message, 2);
  return frame;
}

/** Puts frames together from the pieces a stream delivers; keeps at most one. */
export class TunnelReader {
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * The messages that are complete after this piece; a sign of life is an empty one.
   * @throws ProtocolError DHCP_MALFORMED on a length that no message has; the stream is then lost
   */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    let at = 0;
    while (bytes.length - at >= 2) {
      const length = bytes[at]! << 8 | bytes[at + 1]!;
      const { messageBytesMin: min, messageBytesMax: max } = DHCP_LIMITS;
      if (length !== 0 && (length < min || length > max)) throw bad(length);
      if (bytes.length - at < 2 + length) break;
      yield bytes.slice(at + 2, at + 2 + length);
      at += 2 + length;
    }
    this.#rest = bytes.slice(at);
  }
}

function bad(length: number): ProtocolError {
  const { messageBytesMin: min, messageBytesMax: max } = DHCP_LIMITS;
  return new ProtocolError("DHCP_MALFORMED", `A tunnel frame of ${length} bytes: wanted 0, or ${min} to ${max}`);
}
