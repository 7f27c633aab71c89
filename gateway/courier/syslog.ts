import type { TLSSocket } from "node:tls";
import { describeError, UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { connectTls, type TlsAddress, type TlsTrust } from "./tls_client.ts";

/** One syslog receiver over TLS (RFC 5425). */
export interface SyslogTarget extends TlsAddress, TlsTrust {
  readonly sink: string;
}

/**
 * Octet counting of RFC 5425 section 4.3: length in bytes, a space, the message.
 * @throws UpstreamError DELIVERY_REFUSED for a message past the limit
 */
export function frameMessage(message: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length > COURIER_LIMITS.frameBytes) {
    throw new UpstreamError("DELIVERY_REFUSED", `Cannot send a syslog message of ${bytes.length} bytes`);
  }
  const head = new TextEncoder().encode(`${bytes.length} `);
  const frame = new Uint8Array(head.length + bytes.length);
  frame.set(head);
  frame.set(bytes, head.length);
  return frame;
}

/**
 * A lasting connection to one receiver. Syslog has no acknowledgement: what was written last before a connection ended may
 * be lost, so a new connection begins with the last frames of the old one. Receivers drop repeats by sequence number.
 */
export class SyslogSender {
  readonly #target: SyslogTarget;
  readonly #timers: Timers;
  #socket: TLSSocket | undefined;
  #recent: Uint8Array<ArrayBuffer>[] = [];
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(target: SyslogTarget, timers: Timers) {
    this.#target = target;
    this.#timers = timers;
  }

  /** Sends messages in order, after those of earlier calls. @throws UpstreamError: none of them counts as delivered */
  send(messages: readonly string[]): Promise<void> {
    const frames = messages.map(frameMessage);
    const sent = this.#busy.then(() => this.#send(frames));
    this.#busy = sent.catch(() => {}); // the caller has the error; the next call begins anew
    return sent;
  }

  /** Says goodbye and ends the connection. */
  close(): void {
    this.#closed = true;
    this.#socket?.end();
    this.#socket?.destroySoon();
    this.#socket = undefined;
  }

  async #send(frames: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (this.#closed) throw new UpstreamError("DELIVERY_UNREACHABLE", `Sink ${this.#target.sink} is closed`);
    const resend = this.#socket ? [] : this.#recent;
    this.#socket ??= await this.#connect();
    await this.#write(this.#socket, [...resend, ...frames]);
    this.#recent = [...this.#recent, ...frames].slice(-COURIER_LIMITS.resendFrames);
  }

  async #connect(): Promise<TLSSocket> {
    const socket = await connectTls(this.#target, this.#target, this.#timers);
    const forget = () => {
      if (this.#socket === socket) this.#socket = undefined;
      socket.destroy();
    };
    socket.on("error", forget);
    socket.on("end", forget);
    socket.on("close", forget);
    socket.resume(); // a receiver says nothing; what it says anyway is dropped
    return socket;
  }

  #write(socket: TLSSocket, frames: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: unknown) => {
      if (this.#socket === socket) this.#socket = undefined;
      socket.destroy();
      const { sink } = this.#target;
      reject(new UpstreamError("DELIVERY_UNREACHABLE", `Sink ${sink} took no frames: ${describeError(why)}`));
    };
    const onClose = () => fail(new Error("the connection was closed"));
    const cancel = this.#timers.after(COURIER_LIMITS.sendMs, () => fail(new Error("no room in time")));
    socket.once("close", onClose);
    socket.write(joinFrames(frames), (error) => error ? fail(error) : resolve());
    return promise.finally(() => {
      cancel();
      socket.off("close", onClose);
    });
  }
}

function joinFrames(frames: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    joined.set(frame, at);
    at += frame.length;
  }
  return joined;
}
