import type { Buffer } from "node:buffer";
import type { RawData } from "ws";

/** What a leg may tell; the arguments of each event. */
export interface LegEvents {
  /** A whole message; `text` is given where the socket has decoded it already. */
  readonly message: [data: RawData, isBinary: boolean, text?: string];
  readonly ping: [data: Buffer];
  readonly pong: [data: Buffer];
  /** The peer broke the framing; it has been told. `close` follows. */
  readonly error: [error: Error & { readonly code?: string }];
  /** The connection is over; 1006 when it broke without a close frame. */
  readonly close: [code: number, reason: Buffer];
}

/**
 * A WebSocket leg as the relay sees it: a `ws` WebSocket where messages are compressed, a FrameSocket everywhere else.
 * States are those of RFC 6455 and the browsers: 0 connecting, 1 open, 2 closing, 3 closed.
 */
export interface LegSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  readonly readyState: 0 | 1 | 2 | 3;
  /** Extensions agreed with the peer: "permessage-deflate" or "". */
  readonly extensions: string;
  /** Bytes that wait for a peer that does not read. */
  readonly bufferedAmount: number;
  send(data: Uint8Array | string, options: { readonly binary: boolean }): void;
  ping(data?: Uint8Array): void;
  pong(data?: Uint8Array): void;
  /** Begins the close handshake. */
  close(code?: number, reason?: string): void;
  /** Ends at once. */
  terminate(): void;
  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): this;
  once<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): this;
  off<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): this;
}
