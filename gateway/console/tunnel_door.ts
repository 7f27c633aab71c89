import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RpcPort } from "../core/rpc.ts";
import type { Timers } from "../core/timers.ts";
import { type FromTunnel, type ToTunnel, TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL } from "../core/tunnel_api.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { isOwnName } from "./http/security.ts";
import { CONSOLE_LIMITS } from "./limits.ts";

/** What the door of tunnels needs. */
export interface TunnelDoorParts {
  readonly timers: Timers;
  readonly log: Logger;
  readonly hostname: () => string;
}

/** A request that waits for the Worker's word. */
interface Waiting {
  readonly admit: () => void;
  readonly refuse: (status: number, rule: string, text: string, hint?: string) => void;
}

/**
 * Where engineering tunnels come in: a WebSocket on the console's listener, for `bulkhead connect` and no browser. The
 * console carries frames between it and the tunnel Worker; it can dial nothing and judges nothing but the form.
 */
export class TunnelDoor {
  readonly #parts: TunnelDoorParts;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: TUNNEL_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => TUNNEL_PROTOCOL,
  });
  readonly #waiting = new Map<number, Waiting>();
  readonly #open = new Map<number, WebSocket>();
  #worker: { readonly name: string; readonly port: RpcPort } | undefined;
  #nextId = 1;

  constructor(parts: TunnelDoorParts) {
    this.#parts = parts;
  }

  /** The tunnel Worker has come, or is gone with what it carried. */
  readonly peer: PeerListener = (name, port) => {
    if (!port && name !== this.#worker?.name) return; // an older one that was replaced
    this.#dropAll("The part of the gateway that carries tunnels was restarted");
    this.#worker = port && { name, port };
    if (port) port.onmessage = (event) => this.#receive(event.data as FromTunnel);
  };

  /** Handles one upgrade of the console's listener. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, source: string): void {
    socket.on("error", () => socket.destroy());
    const refuse: Waiting["refuse"] = (status, rule, text, hint) => answer(socket, status, { rule, text, hint });
    const asked = readRequest(request, this.#parts.hostname());
    if ("status" in asked) return refuse(asked.status, asked.rule, asked.text);
    if (!this.#worker) return refuse(503, "tunnel.none", "This gateway carries no tunnels now");
    if (this.#waiting.size + this.#open.size >= CONSOLE_LIMITS.tunnels) {
      return refuse(503, "tunnel.limit", `${CONSOLE_LIMITS.tunnels} connections are open already`);
    }
    const id = this.#nextId++;
    const forget = () => this.#waiting.delete(id);
    const cancel = this.#parts.timers.after(CONSOLE_LIMITS.tunnelOpenMs, () => {
      if (forget()) refuse(504, "tunnel.deadline", "The gateway did not open the tunnel in time");
      this.#send({ kind: "gone", id });
    });
    socket.on("close", () => {
      cancel();
      if (forget()) this.#send({ kind: "gone", id });
    });
    this.#waiting.set(id, {
      admit: () => {
        cancel();
        this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#carry(id, webSocket));
      },
      refuse: (...why) => {
        cancel();
        refuse(...why);
      },
    });
    this.#send({ kind: "open", id, ...asked, source });
  }

  /** Ends all tunnels of this console. */
  close(): void {
    this.#dropAll("The console ends");
  }

  #receive(message: FromTunnel): void {
    const { id } = message;
    if (message.kind === "opened" || message.kind === "refused") {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (!waiting) return;
      if (message.kind === "opened") return waiting.admit();
      return waiting.refuse(STATUS[message.code] ?? 503, message.code, message.text, message.hint);
    }
    const open = this.#open.get(id);
    if (!open) return;
    if (message.kind === "gone") return open.close(1000);
    // the windows at both ends keep this small; a laptop that breaks them is not waited for
    if (open.bufferedAmount > CONSOLE_LIMITS.tunnelBufferBytes) return open.terminate();
    open.send(message.bytes);
  }

  #carry(id: number, webSocket: WebSocket): void {
    const { timers, log } = this.#parts;
    this.#open.set(id, webSocket);
    let isAlive = true;
    const stopPing = timers.every(CONSOLE_LIMITS.tunnelPingMs, () => {
      if (!isAlive) return webSocket.terminate(); // a laptop that was shut, or a network that forgot it
      isAlive = false;
      webSocket.ping();
    });
    webSocket.on("pong", () => isAlive = true);
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      isAlive = true;
      if (isBinary) this.#send({ kind: "frame", id, bytes: new Uint8Array(data) });
      else webSocket.close(1003);
    });
    webSocket.on("error", (error) => log.debug("console.tunnel.broken", { msg: describeError(error) }));
    webSocket.on("close", () => {
      stopPing();
      if (this.#open.delete(id)) this.#send({ kind: "gone", id });
    });
  }

  #dropAll(why: string): void {
    for (const { refuse } of this.#waiting.values()) refuse(503, "tunnel.none", why);
    this.#waiting.clear();
    for (const webSocket of this.#open.values()) webSocket.close(1012);
    this.#open.clear();
  }

  #send(message: ToTunnel): void {
    this.#worker?.port.postMessage(message);
  }
}

const STATUS: Readonly<Record<string, number>> = {
  TUNNEL_FULL: 503,
  TUNNEL_NOT_DECLARED: 404,
  TUNNEL_REFUSED: 403,
  TUNNEL_UNREACHABLE: 502,
};

type Asked = { readonly token: string; readonly station: string; readonly port: number };
type Wrong = { readonly status: number; readonly rule: string; readonly text: string };

/** What a request asks for, or what is wrong with it. */
function readRequest({ method, url = "", headers }: IncomingMessage, hostname: string): Asked | Wrong {
  const [, name, port] = /^\/tunnel\/([A-Za-z0-9%._~*+=:|@-]{1,144})\/(\d{1,5})$/.exec(url) ?? [];
  if (method !== "GET" || name === undefined) return { status: 404, rule: "console.path", text: "No tunnel is there" };
  if (!isOwnName(headers.host, hostname)) {
    return { status: 421, rule: "console.host", text: "This console does not answer to that name" };
  }
  // a browser always says where a WebSocket comes from; no page may open a tunnel with whatever it knows
  if (headers.origin !== undefined) return { status: 403, rule: "console.origin", text: "Browsers open no tunnels" };
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((text) => text.trim());
  if (!protocols.includes(TUNNEL_PROTOCOL)) {
    return { status: 400, rule: "tunnel.protocol", text: `Wanted the WebSocket protocol ${TUNNEL_PROTOCOL}` };
  }
  const [, token] = /^Bearer ([\w-]{20,128})$/.exec(headers.authorization ?? "") ?? [];
  if (token === undefined) return { status: 401, rule: "tunnel.token", text: "Wanted Authorization: Bearer TOKEN" };
  try {
    return { token, station: decodeURIComponent(name), port: Number(port) };
  } catch {
    return { status: 404, rule: "console.path", text: "No tunnel is there" };
  }
}

/** An HTTP answer before any upgrade, closed when it is on its way: over TLS it would be lost otherwise. */
function answer(
  socket: Duplex,
  status: number,
  { rule, text, hint }: { readonly rule: string; readonly text: string; readonly hint: string | undefined },
): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify({
    type: "about:blank",
    title: text,
    status,
    rule,
    ...hint === undefined ? {} : { next: hint },
  });
  const length = new TextEncoder().encode(body).length;
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "Content-Type: application/problem+json",
    "Cache-Control: no-store",
    ...status === 401 ? ["WWW-Authenticate: Bearer"] : [],
    `Content-Length: ${length}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
