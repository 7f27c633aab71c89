import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import process from "node:process";

/** A stream handle of node, as far as it is used here. Node and Deno name all of this so. */
interface Handle {
  /** Called with the bytes, or with nothing where they were written to the buffer that was given, or at the end. */
  onread: (chunk?: unknown) => unknown;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
}

interface TlsHandle extends Handle {
  /** The TCP connection below. */
  readonly _nativeTcpHandle: Handle;
  /** Takes bytes as they came from the network. */
  receive(bytes: Uint8Array): void;
  /** Takes bytes over at once; `request.oncomplete` is called, later, when the kernel has them. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

interface WriteRequest {
  oncomplete(status: number): void;
}

/** A socket with its handle. */
interface Handled {
  readonly _handle?: Partial<TlsHandle> | null;
}

/** Most bytes of one read; a TLS record has at most 16 KiB. */
const READ_BYTES = 65_536;

/**
 * Where all connections of this isolate are read to: what a read brought is looked at before the next read begins. With
 * memory of its own for each read (64 KiB, three objects) the collector had as much to do as the relay.
 */
const FROM_NETWORK = new Uint8Array(READ_BYTES), DECRYPTED = new Uint8Array(READ_BYTES);

/** Who takes the bytes of a connection. They are the taker's own. */
export type TakeBytes = (bytes: Buffer) => void;

/**
 * The bytes of an established TLS connection, read from and written to the handle below node's streams. A message costs
 * half of what the streams of node take for it in Deno 2.9.6 (docs/decisions/0175). Everything else stays with the
 * socket: its end, its errors, `destroy`, `setNoDelay`. Nothing else may write to the socket any more.
 */
export class DirectTls {
  readonly #socket: Socket;
  readonly #handle: TlsHandle;
  readonly #request: WriteRequest = { oncomplete: (status) => this.#written(status) };
  /** Bytes that the handle has and the kernel has not. */
  #inFlight = 0;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isEnding = false;

  private constructor(socket: Socket, handle: TlsHandle) {
    this.#socket = socket;
    this.#handle = handle;
  }

  /**
   * Takes an established TLS socket over. What it has read already is given to `take` before this returns.
   * @returns undefined where the handles cannot be reached or a write is on its way: then its stream has to do
   */
  static take(socket: Socket, take: TakeBytes): DirectTls | undefined {
    const handle = (socket as Handled)._handle;
    if (!isTlsHandle(handle) || socket.destroyed || socket.writableLength > 0 || !countOfRead) return undefined;
    for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) take(chunk);
    readInto(handle, DECRYPTED, (bytes) => take(copyOf(bytes)), countOfRead);
    const tcp = handle._nativeTcpHandle;
    tcp.readStop();
    readInto(tcp, FROM_NETWORK, (bytes) => handle.receive(bytes), countOfRead);
    return new DirectTls(socket, handle);
  }

  /** Bytes that were given and are not with the kernel. */
  get waiting(): number {
    return this.#inFlight + this.#queuedBytes;
  }

  /** Sends bytes, which must not change any more. What comes while a write is on its way leaves together after it. */
  write(bytes: Uint8Array): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    if (this.#inFlight === 0) return this.#send(bytes);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /** Ends the connection behind what was written. */
  end(): void {
    this.#isEnding = true;
    if (this.#inFlight === 0) this.#socket.end();
  }

  #send(bytes: Uint8Array): void {
    this.#inFlight = bytes.length;
    if (this.#handle.writeBuffer(this.#request, bytes) !== 0) {
      this.#socket.destroy(new Error("Cannot write to the connection"));
    }
  }

  #written(status: number): void {
    this.#inFlight = 0;
    if (this.#socket.destroyed) return;
    if (status < 0) return void this.#socket.destroy(new Error(`Cannot write to the connection: ${status}`));
    const queue = this.#queue;
    if (queue.length > 0) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#send(queue.length === 1 ? queue[0]! : Buffer.concat(queue));
    } else if (this.#isEnding) this.#socket.end();
  }
}

/** Reads of a handle go to `buffer`, and what they bring to `take`; its end and its errors stay where they were. */
function readInto(handle: Handle, buffer: Uint8Array, take: (bytes: Uint8Array) => void, count: () => number): void {
  const { onread } = handle;
  handle.onread = (chunk) => {
    const bytes = count();
    return bytes > 0 ? take(buffer.subarray(0, bytes)) : onread.call(handle, chunk);
  };
  handle.useUserBuffer(buffer);
  handle.readStart();
}

/** From the pool of small buffers, which costs a tenth of a piece of memory of its own. */
function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  copy.set(bytes);
  return copy;
}

function isTlsHandle(handle: Partial<TlsHandle> | null | undefined): handle is TlsHandle {
  return isHandle(handle) && isHandle(handle?._nativeTcpHandle) && typeof handle?.receive === "function" &&
    typeof handle.writeBuffer === "function";
}

function isHandle(handle: Partial<Handle> | null | undefined): boolean {
  return typeof handle?.useUserBuffer === "function" && typeof handle.onread === "function" &&
    typeof handle.readStart === "function" && typeof handle.readStop === "function";
}

/** What the last read of any handle of this isolate brought, or a negative error; undefined where nobody tells. */
const countOfRead: (() => number) | undefined = (() => {
  const { binding } = process as unknown as { readonly binding?: (name: string) => Record<string, unknown> };
  const { streamBaseState: state, kReadBytesOrError: at } = binding?.("stream_wrap") ?? {};
  return state instanceof Int32Array && typeof at === "number" ? () => state[at]! : undefined;
})();
