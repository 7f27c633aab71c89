import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { DirectTls } from "../../core/direct_tls.ts";
import type { Timers } from "../../core/timers.ts";
import type { LegSocket } from "../leg_socket.ts";
import { FrameError } from "./frame_error.ts";
import { OPCODE, type Role } from "./frame_format.ts";
import { type FrameLimits, FrameReader, type FrameSink } from "./frame_reader.ts";
import { closePayload, encodeFrame, type MaskKeys } from "./frame_writer.ts";
import { StreamWay } from "./stream_way.ts";

/** What a FrameSocket works with. */
export interface FrameSocketOptions {
  readonly limits: FrameLimits;
  /** Milliseconds for the peer to finish the close handshake. */
  readonly closeTimeoutMs: number;
  readonly timers: Timers;
  /** Given on the side that masks what it sends: the client. */
  readonly keys?: MaskKeys;
}

const NOTHING = Buffer.alloc(0);

/** How frames leave. */
interface Way {
  /** Bytes that the kernel does not have yet. */
  readonly waiting: number;
  write(bytes: Buffer): void;
  /** Does not wait for the end of this turn of the event loop. */
  flush?(): void;
  /** Ends the connection behind what was written. */
  end(): void;
}

/**
 * One end of a WebSocket connection without extensions (RFC 6455) over a socket whose handshake is done. A frame is one
 * piece of memory; frames that come while others are on their way leave together. TLS is read and written below the
 * streams of node. Pings are not answered: that is the far peer's part. Reading is not held up, so a peer that does not
 * read has to be cut off by whoever watches `bufferedAmount`.
 */
export class FrameSocket extends EventEmitter implements LegSocket, FrameSink {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly extensions = "";
  readonly #socket: Socket;
  readonly #options: FrameSocketOptions;
  readonly #reader: FrameReader;
  readonly #way: Way;
  #state: 1 | 2 | 3 = 1;
  /** What came before whoever made this one could listen. */
  #early: Buffer[] | undefined;
  #closeSent = false;
  /** The peer's close frame; 1006 until it came. */
  #closeCode = 1006;
  #closeReason: Buffer = NOTHING;
  #isCloseReceived = false;
  #cancelCloseTimer: (() => void) | undefined;

  /**
   * Takes the socket over; `head` are bytes that came behind the handshake, `answer` is what the handshake still owes the
   * peer. Nobody else may write to the socket.
   */
  constructor(socket: Socket, head: Buffer, options: FrameSocketOptions, answer?: Buffer) {
    super();
    const role: Role = options.keys ? "client" : "server";
    this.#socket = socket;
    this.#options = options;
    this.#reader = new FrameReader(this, role, options.limits);
    socket.setTimeout(0);
    socket.setNoDelay();
    this.#early = [head];
    this.#way = DirectTls.take(socket, this.#onData) ?? new StreamWay(socket);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    if (answer) this.#way.write(answer);
    queueMicrotask(this.#begin); // whoever made this one listens by then
  }

  get readyState(): 1 | 2 | 3 {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#way.waiting;
  }

  send(data: Uint8Array | string, { binary }: { readonly binary: boolean }): void {
    const payload = typeof data === "string" ? Buffer.from(data) : data;
    this.#write(binary ? OPCODE.binary : OPCODE.text, payload);
  }

  ping(data: Uint8Array = NOTHING): void {
    this.#write(OPCODE.ping, data);
  }

  pong(data: Uint8Array = NOTHING): void {
    this.#write(OPCODE.pong, data);
  }

  close(code?: number, reason = ""): void {
    if (this.#state === this.CLOSED) return;
    if (!this.#closeSent) {
      this.#write(OPCODE.close, closePayload(code, reason));
      this.#closeSent = true;
      this.#way.flush?.(); // what ends the connection at once would lose it
      this.#cancelCloseTimer ??= this.#options.timers.after(this.#options.closeTimeoutMs, () => this.#socket.destroy());
    }
    this.#state = this.CLOSING;
    if (this.#isCloseReceived) this.#way.end();
  }

  terminate(): void {
    if (this.#state === this.CLOSED) return;
    this.#state = this.CLOSING;
    this.#reader.stop();
    this.#socket.destroy();
  }

  /** FrameSink: a message. */
  receivedMessage(data: Buffer, text: string | undefined): void {
    this.emit("message", data, text === undefined, text);
  }

  /** FrameSink: the peer's close frame, answered with the same code. */
  receivedClose(code: number, reason: Buffer): void {
    this.#isCloseReceived = true;
    this.#closeCode = code;
    this.#closeReason = reason;
    this.close(code === 1005 ? undefined : code, reason.toString("utf8"));
  }

  /** FrameSink: a ping. */
  receivedPing(data: Buffer): void {
    this.emit("ping", data);
  }

  /** FrameSink: a pong. */
  receivedPong(data: Buffer): void {
    this.emit("pong", data);
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#state !== this.OPEN) return;
    this.#way.write(encodeFrame(opcode, payload, this.#options.keys));
  }

  readonly #begin = (): void => {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) if (chunk.length > 0) this.#onData(chunk);
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#early) return void this.#early.push(chunk);
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#reader.stop();
      this.close(error.closeCode);
      this.#way.end(); // no answer to our close is worth waiting for
      this.emit("error", error);
    }
  };

  /** The peer closed TCP: with the close handshake done that is its end, without it the connection broke. */
  readonly #onEnd = (): void => {
    this.#state = this.CLOSING;
    this.#way.end();
  };

  readonly #onError = (): void => {
    this.#state = this.CLOSING;
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#cancelCloseTimer?.();
    this.#reader.stop();
    this.#state = this.CLOSED;
    this.emit("close", this.#closeCode, this.#closeReason);
  };
}
