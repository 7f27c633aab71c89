import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** Writes to a socket by its stream: plain connections, and TLS whose handle cannot be reached. */
export class StreamWay {
  readonly #socket: Socket;
  /** What was written in this turn of the event loop; it leaves together. */
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that were given and are not with the kernel. */
  get waiting(): number {
    return this.#socket.writableLength + this.#bytes;
  }

  /** Sends bytes, which must not change any more, at the end of this turn. */
  write(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#pieces.push(bytes) === 1) queueMicrotask(this.flush);
  }

  /** Ends the connection behind what was written. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  /** Sends what was written, before the end of this turn. */
  readonly flush = (): void => {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#socket.writable) this.#socket.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  };
}
