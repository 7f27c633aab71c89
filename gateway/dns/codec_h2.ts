import { ProtocolError } from "../core/errors.ts";

/**
 * The little of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that DNS over HTTPS needs of a client: frames, one form of request,
 * the status of an answer. Own code, because node:http2 of Deno 2.9.6 can be made to end the whole process by a server
 * (docs/decisions/0106).
 */
export const FRAMES = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags; END_STREAM is ACK where it stands on settings and pings. */
export const FLAGS = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

const HEAD_BYTES = 9;
/** Bytes of one frame's payload: the default, which this client never raises (RFC 9113 section 4.2). */
const FRAME_BYTES = 16_384;

/** The bytes of a frame. */
export function writeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  bytes[4] = flags;
  view.setUint32(5, stream);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** Cuts a stream into frames; holds one that is not whole at most. */
export class Http2Reader {
  #rest: Uint8Array = new Uint8Array();

  /** @throws ProtocolError DNS_MALFORMED when a frame is longer than it may be */
  push(chunk: Uint8Array): Frame[] {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const view = new DataView(bytes.buffer);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const head = view.getUint32(at);
      const length = head >>> 8;
      if (length > FRAME_BYTES) throw broken(`a frame of ${length} bytes`);
      const end = at + HEAD_BYTES + length;
      if (end > bytes.length) break;
      const stream = view.getUint32(at + 5) & 0x7fff_ffff;
      frames.push({ type: head & 0xff, flags: bytes[at + 4]!, stream, payload: bytes.subarray(at + HEAD_BYTES, end) });
      at = end;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }
}

/** The payload of DATA or HEADERS without padding and priority. @throws ProtocolError DNS_MALFORMED */
export function contentOf({ type, flags, payload }: Frame): Uint8Array {
  const isPadded = (flags & FLAGS.padded) !== 0;
  const padding = isPadded ? payload[0] ?? 0 : 0;
  const start = (isPadded ? 1 : 0) + (type === FRAMES.headers && (flags & FLAGS.priority) !== 0 ? 5 : 0);
  if (start + padding > payload.length) throw broken("padding longer than its frame");
  return payload.subarray(start, payload.length - padding);
}

/** Header block of a POST: literals without indexing and without Huffman coding, names from the static table. */
export function requestHeaders(
  authority: string,
  path: string,
  mediaType: string,
  length: number,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    0x83, // :method POST
    0x87, // :scheme https
    ...literal([0x01], authority),
    ...literal([0x04], path),
    ...literal([0x0f, 0x04], mediaType), // accept, 19 in the table
    ...literal([0x0f, 0x0d], String(length)), // content-length, 28
    ...literal([0x0f, 0x10], mediaType), // content-type, 31
  ]);
}

function literal(name: readonly number[], value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...name, ...prefixedInteger(bytes.length), ...bytes];
}

/** An integer with a prefix of 7 bits (RFC 7541 section 5.1). */
function prefixedInteger(value: number): number[] {
  if (value < 127) return [value];
  const out = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) out.push(rest & 0x7f | 0x80);
  return [...out, rest];
}

/** Statuses of the static table from 8 on. */
const STATUSES = [200, 204, 206, 304, 400, 404, 500];
const STATUS_INDEX = 8;

/**
 * The status of an answer: its first field, because pseudo-header fields come first. Nothing else of the block is read, so
 * no table of the far end's making is kept. Undefined: in no form that a server uses for it.
 */
export function statusOf(block: Uint8Array): number | undefined {
  let at = 0;
  while ((block[at]! & 0xe0) === 0x20) at++; // a change of the table's size: it is 0 as announced
  const first = block[at];
  if (first === undefined) return undefined;
  if (first & 0x80) return STATUSES[(first & 0x7f) - STATUS_INDEX];
  const index = first & 0x40 ? first & 0x3f : first & 0x0f;
  if (STATUSES[index - STATUS_INDEX] === undefined) return undefined;
  const length = block[at + 1] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  const text = length & 0x80 ? huffmanDigits(value) : String.fromCharCode(...value.subarray(0, 4));
  return /^[1-5]\d\d$/.test(text) ? Number(text) : undefined;
}

/** Three digits in Huffman code: 0 to 2 have five bits, 3 to 9 six (RFC 7541 appendix B). */
function huffmanDigits(bytes: Uint8Array): string {
  const bits = [...bytes.subarray(0, 4)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let text = "";
  for (let at = 0; text.length < 3 && at < bits.length;) {
    const short = parseInt(bits.slice(at, at + 5), 2);
    const isShort = short <= 2;
    const digit = isShort ? short : parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
    if (Number.isNaN(digit) || digit < 0 || digit > 9) return "";
    text += digit;
    at += isShort ? 5 : 6;
  }
  return text;
}

/** The fault of a server that breaks HTTP/2. */
export function broken(what: string): ProtocolError {
  return new ProtocolError("DNS_MALFORMED", `Cannot read HTTP/2: it has ${what}`);
}
