import { concatBytes } from "../core/concat_bytes.ts";
import { DNS_LIMITS } from "./limits.ts";

/** A message with its length in front, as DNS has it on streams (RFC 1035 section 4.2.2, RFC 7766). */
export function framed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(message.length + 2);
  bytes[0] = message.length >> 8;
  bytes[1] = message.length & 0xff;
  bytes.set(message, 2);
  return bytes;
}

/** Cuts a stream into messages. It holds at most one message that is not whole. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  constructor(readonly maxBytes: number = DNS_LIMITS.messageBytes) {}

  /** The whole messages that these bytes complete. @throws RangeError when one is longer than the limit */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= 2) {
      const length = bytes[at]! << 8 | bytes[at + 1]!;
      if (length > this.maxBytes) throw new RangeError(`a message of ${length} bytes, at most ${this.maxBytes}`);
      if (bytes.length - at - 2 < length) break;
      messages.push(bytes.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    // A copy: the chunk may be a view of something large.
    this.#rest = bytes.slice(at);
    return messages;
  }
}
