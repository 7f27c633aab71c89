import type { IncomingMessage, ServerResponse } from "node:http";
import type { Timers } from "../../core/timers.ts";
import { CONSOLE_LIMITS } from "../limits.ts";

/**
 * The time that a body may take. The server's own limit is one for all requests; here a file that a person uploads gets
 * out of it, once somebody who may bring one is known, and is then watched by its reader.
 */
export class BodyDeadlines {
  readonly #cancels = new WeakMap<IncomingMessage, () => void>();

  constructor(private readonly timers: Timers) {}

  /** To be called for every request, before its handler. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
    if (coding === undefined && length === "0") return;
    const cancel = this.timers.after(CONSOLE_LIMITS.requestMs, () => {
      if (request.complete || response.writableEnded) return;
      const { socket } = request;
      if (response.headersSent || !socket.writable) return void socket.destroy();
      socket.end(
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        () => socket.destroy(),
      );
    });
    this.#cancels.set(request, cancel);
    response.on("close", cancel);
  }

  /** This one may take longer. */
  release(request: IncomingMessage): IncomingMessage {
    this.#cancels.get(request)?.();
    return request;
  }
}
