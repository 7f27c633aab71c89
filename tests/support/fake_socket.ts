import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";

/** A leg without a network: what a relay wants of a socket, and what it did with it. */
export class FakeSocket extends EventEmitter {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closed: { readonly code?: number; readonly reason?: string } | undefined;
  isTerminated = false;

  send(data: string | Uint8Array): void {
    this.sent.push(typeof data === "string" ? data : Buffer.from(data).toString());
  }

  ping(): void {}
  pong(): void {}

  close(code?: number, reason?: string): void {
    this.readyState = this.CLOSING;
    this.closed = { ...code === undefined ? {} : { code }, ...reason === undefined ? {} : { reason } };
  }

  terminate(): void {
    this.readyState = this.CLOSED;
    this.isTerminated = true;
  }

  /** A text message of the peer at the far end. */
  say(message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.emit("message", Buffer.from(text), false);
  }

  /** The last message sent, parsed. */
  get last(): unknown[] {
    return JSON.parse(this.sent.at(-1) ?? "[]");
  }

  asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }
}
