import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import { OCPP_LIMITS } from "./limits.ts";
import { DEFLATE, legOptions } from "./web_socket.ts";

/** Bytes of one message that are taken from a station with these quirks (Q18). */
export function largestMessage(quirks: readonly string[], configured: number): number {
  return quirks.includes("large-messages") ? OCPP_LIMITS.messageBytesMax : configured;
}

/** The WebSocket ends for stations that offer compression, by the size of messages that is taken from them. */
export class StationServers {
  readonly #servers = new Map<number, WebSocketServer>();
  readonly #maxMessageBytes: number;
  readonly #protocolOf: (request: IncomingMessage) => string | false;

  constructor(maxMessageBytes: number, protocolOf: (request: IncomingMessage) => string | false) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#protocolOf = protocolOf;
  }

  /** The end for a station with these quirks; at most two exist. */
  for(quirks: readonly string[]): WebSocketServer {
    const bytes = largestMessage(quirks, this.#maxMessageBytes);
    let server = this.#servers.get(bytes);
    if (!server) this.#servers.set(bytes, server = this.#make(bytes));
    return server;
  }

  #make(bytes: number): WebSocketServer {
    return new WebSocketServer({
      ...legOptions(bytes),
      noServer: true,
      clientTracking: false,
      handleProtocols: (_offered: Set<string>, request: IncomingMessage) => this.#protocolOf(request),
      perMessageDeflate: DEFLATE,
    });
  }
}
