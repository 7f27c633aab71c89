import { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Timers } from "../core/timers.ts";
import { OCPP_LIMITS } from "./limits.ts";

/**
 * A connection whose upgrade is being decided. What the peer sends meanwhile is collected up to a limit: a paused
 * node:tls socket would go on reading without one (facts: performance trap 2).
 */
export class PendingUpgrade {
  readonly #socket: Socket;
  readonly #early: Buffer[];
  readonly #cancelTimer: () => void;
  #earlyBytes: number;
  #isOver = false;

  constructor(socket: Socket, head: Buffer, timers: Timers) {
    this.#socket = socket;
    this.#early = [head];
    this.#earlyBytes = head.length;
    socket.on("data", this.#collect);
    socket.on("error", this.#lost);
    socket.on("close", this.#lost);
    this.#cancelTimer = timers.after(OCPP_LIMITS.upgradeTimeoutMs, () => this.refuse(503, { "Retry-After": "10" }));
  }

  /** The peer is gone or has its answer: nothing is left to decide. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Answers with an HTTP status and closes. */
  refuse(status: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#isOver) return;
    this.#finish();
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`, "Connection: close", "Content-Length: 0"];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    this.#socket.on("error", ignore);
    this.#socket.on("data", ignore); // keeps the socket flowing, so that its end is seen
    this.#socket.end(`${lines.join("\r\n")}\r\n\r\n`, () => this.#socket.destroy());
  }

  /** Takes the socket over for the WebSocket: answers the bytes that came after the request. */
  accept(): Buffer {
    this.#finish();
    this.#socket.off("data", this.#collect);
    return this.#early.length === 1 ? this.#early[0]! : Buffer.concat(this.#early);
  }

  #finish(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#socket.off("data", this.#collect);
    this.#socket.off("error", this.#lost);
    this.#socket.off("close", this.#lost);
  }

  readonly #collect = (chunk: Buffer): void => {
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > OCPP_LIMITS.earlyBytes) this.refuse(400);
    else this.#early.push(chunk);
  };

  readonly #lost = (): void => {
    if (this.#isOver) return;
    this.#finish();
    this.#socket.on("error", ignore);
    this.#socket.destroy();
  };
}

/** Errors of a socket that is being closed say nothing new. */
function ignore(): void {}
