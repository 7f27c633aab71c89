import { concatBytes } from "../core/concat_bytes.ts";
import {
  broken,
  contentOf,
  FLAGS,
  type Frame,
  FRAMES,
  Http2Reader,
  requestHeaders,
  statusOf,
  writeFrame,
} from "./codec_h2.ts";
import { DNS_LIMITS } from "./limits.ts";

/** What a connection tells or wants: bytes to send, an answer, a question that failed, no more questions on it. */
export type Http2Event =
  | { readonly do: "send"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly do: "answer"; readonly stream: number; readonly status: number; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly do: "fail"; readonly stream: number; readonly why: string }
  | { readonly do: "retire" };

interface Stream {
  status: number;
  readonly chunks: Uint8Array[];
  size: number;
}

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const MEDIA_TYPE = "application/dns-message";
const SETTINGS = { tableSize: 1, push: 2, streams: 3, window: 4 } as const;
const WINDOW_BYTES = 65_535;
const LAST_STREAM = 2 ** 30;
/** Bytes of one header block: a DNS answer's is a tenth of it. */
const BLOCK_BYTES = 16_384;

/** One HTTP/2 connection of a client that asks DNS questions, without sockets and clocks. Any fault of the server ends it. */
export class Http2Connection {
  readonly #reader = new Http2Reader();
  readonly #streams = new Map<number, Stream>();
  #nextStream = 1;
  /** Bytes that the server takes on the connection, and on a new stream. */
  #window = WINDOW_BYTES;
  #streamWindow = WINDOW_BYTES;
  #maxStreams = 100;
  /** A header block that goes on in the next frame. */
  #block: { readonly stream: number; readonly flags: number; bytes: Uint8Array } | undefined;

  /** What a client sends first. */
  start(): Uint8Array<ArrayBuffer> {
    const settings = new Uint8Array(12);
    const view = new DataView(settings.buffer);
    view.setUint16(0, SETTINGS.tableSize);
    view.setUint16(6, SETTINGS.push);
    return Uint8Array.from([...PREFACE, ...writeFrame(FRAMES.settings, 0, 0, settings)]);
  }

  /** A question; undefined when this connection takes no more for now. */
  ask(
    authority: string,
    path: string,
    body: Uint8Array,
  ): { stream: number; bytes: Uint8Array<ArrayBuffer> } | undefined {
    const isFull = this.#streams.size >= this.#maxStreams || body.length > Math.min(this.#window, this.#streamWindow);
    if (isFull || this.#nextStream > LAST_STREAM) return undefined;
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#window -= body.length;
    this.#streams.set(stream, { status: 0, chunks: [], size: 0 });
    const headers = requestHeaders(authority, path, MEDIA_TYPE, body.length);
    const frames = [
      ...writeFrame(FRAMES.headers, FLAGS.endHeaders, stream, headers),
      ...writeFrame(FRAMES.data, FLAGS.endStream, stream, body),
    ];
    return { stream, bytes: Uint8Array.from(frames) };
  }

  /** Bytes of the server. @throws ProtocolError DNS_MALFORMED when it breaks the protocol: end the connection */
  receive(chunk: Uint8Array): Http2Event[] {
    return this.#reader.push(chunk).flatMap((frame) => this.#take(frame));
  }

  #take(frame: Frame): Http2Event[] {
    if (this.#block && frame.type !== FRAMES.continuation) throw broken("a header block that does not go on");
    switch (frame.type) {
      case FRAMES.headers:
        this.#block = { stream: frame.stream, flags: frame.flags, bytes: contentOf(frame) };
        return this.#headers(frame.flags);
      case FRAMES.continuation:
        return this.#continue(frame);
      case FRAMES.data:
        return this.#data(frame);
      case FRAMES.settings:
        return this.#settings(frame);
      case FRAMES.ping:
        if (frame.payload.length !== 8) throw broken("a ping of another length");
        return frame.flags & FLAGS.ack ? [] : [send(writeFrame(FRAMES.ping, FLAGS.ack, 0, frame.payload))];
      case FRAMES.reset:
        return this.#fail(frame.stream, "it refused the question");
      case FRAMES.goAway:
        return this.#retire(frame);
      case FRAMES.windowUpdate:
        if (frame.payload.length !== 4) throw broken("a window update of another length");
        if (frame.stream === 0) this.#window += numberIn(frame.payload, 0) & 0x7fff_ffff;
        return [];
      case FRAMES.push:
        throw broken("a push, which was forbidden");
      default:
        return []; // unknown kinds are passed over (RFC 9113 section 4.1)
    }
  }

  #continue({ stream, flags, payload }: Frame): Http2Event[] {
    if (!this.#block || this.#block.stream !== stream) throw broken("a header block that nothing began");
    const bytes = new Uint8Array(this.#block.bytes.length + payload.length);
    if (bytes.length > BLOCK_BYTES) throw broken("a header block without end");
    bytes.set(this.#block.bytes);
    bytes.set(payload, this.#block.bytes.length);
    this.#block.bytes = bytes;
    return this.#headers(flags);
  }

  #headers(flags: number): Http2Event[] {
    if ((flags & FLAGS.endHeaders) === 0) return [];
    const { stream: id, flags: firstFlags, bytes } = this.#block!;
    this.#block = undefined;
    const stream = this.#streams.get(id);
    if (!stream) return [];
    // The first block has the status; blocks of 1xx come before it, trailers behind the body.
    if (stream.status < 200) stream.status = statusOf(bytes) ?? 599;
    return firstFlags & FLAGS.endStream ? this.#finish(id, stream) : [];
  }

  #data(frame: Frame): Http2Event[] {
    const content = contentOf(frame);
    const stream = this.#streams.get(frame.stream);
    const events = frame.payload.length === 0
      ? []
      : [send(writeFrame(FRAMES.windowUpdate, 0, 0, u32(frame.payload.length)))];
    if (!stream) return events;
    stream.size += content.length;
    if (stream.size > DNS_LIMITS.messageBytes) {
      return [...events, ...this.#fail(frame.stream, `its answer has more than ${DNS_LIMITS.messageBytes} bytes`)];
    }
    stream.chunks.push(content.slice());
    return frame.flags & FLAGS.endStream ? [...events, ...this.#finish(frame.stream, stream)] : events;
  }

  #settings({ flags, payload }: Frame): Http2Event[] {
    if (flags & FLAGS.ack) return [];
    if (payload.length % 6 !== 0) throw broken("settings of another length");
    for (let at = 0; at < payload.length; at += 6) {
      const name = payload[at]! << 8 | payload[at + 1]!;
      const value = numberIn(payload, at + 2);
      if (name === SETTINGS.streams) this.#maxStreams = Math.min(value, DNS_LIMITS.upstreamPending);
      if (name === SETTINGS.window) this.#streamWindow = value;
    }
    return [send(writeFrame(FRAMES.settings, FLAGS.ack, 0, new Uint8Array()))];
  }

  /** Questions that the server has not taken have failed; answers to the others may still come. */
  #retire({ payload }: Frame): Http2Event[] {
    if (payload.length < 8) throw broken("a farewell of another length");
    const last = numberIn(payload, 0) & 0x7fff_ffff;
    this.#maxStreams = 0;
    const lost = this.#streams.keys().filter((stream) => stream > last).toArray();
    return [...lost.flatMap((stream) => this.#fail(stream, "it closed the connection")), { do: "retire" }];
  }

  #finish(id: number, { status, chunks }: Stream): Http2Event[] {
    this.#streams.delete(id);
    return [{ do: "answer", stream: id, status, body: concatBytes(chunks) }];
  }

  #fail(stream: number, why: string): Http2Event[] {
    return this.#streams.delete(stream) ? [{ do: "fail", stream, why }] : [];
  }
}

function send(bytes: Uint8Array<ArrayBuffer>): Http2Event {
  return { do: "send", bytes };
}

function u32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function numberIn(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
