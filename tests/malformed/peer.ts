import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import type { Timers } from "../../gateway/core/timers.ts";

/** One bare TCP connection to the gateway from a loopback address of its own choice. */
export class BarePeer {
  readonly #socket: Socket;
  readonly #timers: Timers;
  #head = "";
  #isClosed = false;
  /** Wakes whoever waits for an answer. */
  #wake: () => void = () => {};

  constructor(port: number, localAddress: string, timers: Timers) {
    this.#timers = timers;
    this.#socket = connect({ host: "127.0.0.1", port, localAddress });
    this.#socket.on("data", (chunk: Buffer) => {
      if (this.#head.length < 4_096) this.#head += chunk.toString("latin1");
      this.#wake();
    });
    this.#socket.on("end", () => this.#socket.end());
    this.#socket.on("error", () => this.#socket.destroy()); // resets are what this is about
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** HTTP status of the answer; undefined when there is none. */
  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n/.exec(this.#head)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Waits until the condition holds, the connection is over, or time is up; true when the condition holds. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    let isLate = false;
    const cancel = this.#timers.after(withinMs, () => {
      isLate = true;
      this.#wake();
    });
    while (!condition() && !this.#isClosed && !isLate) await new Promise<void>((resolve) => this.#wake = resolve);
    cancel();
    return condition();
  }

  /** Leaves: politely, half open, or with a reset. */
  leave(how: number): void {
    if (how === 0) this.#socket.end();
    else if (how === 1) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}
