import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { ListenerTrust } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { listenShared } from "../core/shared_port.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { anonymousPeer, type IdentifyPeer } from "./peer_identity.ts";
import type { OcppListener } from "./worker_config.ts";

/** Handles one upgrade request. */
export type OnUpgrade = (identify: IdentifyPeer, request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** Told of bytes that are no HTTP request, or one that could be read in two ways: where from, and what the parser found. */
export type OnMalformed = (source: string, why: string) => void;

/** An open listener. */
export interface OpenListener {
  /** Port in use; differs from the configured one when that was 0. */
  readonly port: number;
  /** New trust after a handshake self-test, or throws and keeps the old one. */
  swap(trust: ListenerTrust): Promise<void>;
  /** Stops accepting; open WebSockets stay. */
  close(): void;
}

/** Options of the HTTP part, the same with and without TLS. */
export const HTTP_OPTIONS = {
  maxHeaderSize: OCPP_LIMITS.headerBytes,
  headersTimeout: OCPP_LIMITS.headersTimeoutMs,
  requestTimeout: OCPP_LIMITS.headersTimeoutMs,
  connectionsCheckingInterval: 1_000,
  noDelay: true,
} as const;

/** Opens a plaintext listener (profiles 0 and 1). `sharedPorts`: see listenShared. */
export async function openPlainListener(
  listener: OcppListener,
  onUpgrade: OnUpgrade,
  onMalformed: OnMalformed,
  sharedPorts: readonly number[] = [],
): Promise<OpenListener> {
  const server = createServer(HTTP_OPTIONS);
  serveUpgrades(server, anonymousPeer, onUpgrade, onMalformed);
  await listenShared(server, listener, sharedPorts);
  return {
    port: (server.address() as AddressInfo).port,
    swap: () => Promise.reject(new GatewayError("CTL_REFUSED", `Listener ${listener.name} has no TLS to change`)),
    close: () => closeServer(server),
  };
}

/** Wires a server, with or without TLS, to the upgrade handler; anything else than an upgrade is told so. */
export function serveUpgrades(
  server: Server,
  identify: IdentifyPeer,
  onUpgrade: OnUpgrade,
  onMalformed: OnMalformed,
): void {
  server.maxConnections = OCPP_LIMITS.connectionsPerListener;
  server.on("upgrade", (request, socket, head) => onUpgrade(identify, request, socket as Socket, head));
  server.on("request", (request, response) => answerPlainRequest(request, response, onMalformed));
  server.on("clientError", (error, socket) => {
    if (!socket.writable) return void socket.destroy();
    onMalformed((socket as Socket).remoteAddress ?? "unknown", error.message);
    // Destroyed only when the answer is on its way: over TLS it would be lost (measured on Deno 2.9.6).
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", () => socket.destroy());
  });
}

/** OCPP-J speaks WebSocket only. An upgrade without `Connection: Upgrade` is none to any HTTP parser (Q3). */
function answerPlainRequest(request: IncomingMessage, response: ServerResponse, onMalformed: OnMalformed): void {
  if (request.headers.upgrade?.toLowerCase() === "websocket") {
    onMalformed(request.socket.remoteAddress ?? "unknown", "an upgrade without the header Connection: Upgrade");
    response.writeHead(400, { Connection: "close", "Content-Length": "0" });
    return void response.end();
  }
  response.writeHead(426, { Upgrade: "websocket", Connection: "close", "Content-Length": "0" });
  response.end();
}

/** Stops accepting and ends connections that never became a WebSocket. */
export function closeServer(server: Server): void {
  server.close();
  server.closeIdleConnections();
}
