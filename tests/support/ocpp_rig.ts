import { createHash } from "node:crypto";
import { type AddressInfo } from "node:net";
import { createServer } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { type IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions, WebSocketServer } from "ws";
import { systemClock } from "../../gateway/core/clock.ts";
import type { WorkerContext } from "../../gateway/core/conduit.ts";
import type {
  Admission,
  AlarmRaise,
  AuditEvent,
  ControlApi,
  ListenerTrust,
  StationAttempt,
  UpstreamRoute,
} from "../../gateway/core/control_api.ts";
import type { LedgerFact } from "../../gateway/core/ledger_api.ts";
import type { StationSecurityEvent } from "../../gateway/core/security_api.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import type { Rpc } from "../../gateway/core/rpc.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { waitFor } from "./wait_for.ts";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import type { Admitted } from "../../gateway/ocpp/upgrade.ts";
import type { OcppListener, OcppWorkerConfig } from "../../gateway/ocpp/worker_config.ts";

/** Control as the OCPP Worker sees it, for tests: remembers what it was told. */
export class FakeControl implements Rpc<ControlApi> {
  readonly attempts: StationAttempt[] = [];
  readonly audited: AuditEvent[] = [];
  readonly facts: LedgerFact[] = [];
  readonly securityEvents: StationSecurityEvent[] = [];
  readonly alarms: AlarmRaise[] = [];
  readonly cleared: { kind: string; subject: string }[] = [];
  readonly entered: { session: string }[] = [];
  readonly left: { session: string; why: string }[] = [];
  readonly seen: { stationId: string; facts: Record<string, unknown> }[] = [];
  readonly compared: Parameters<ControlApi["shadow.compared"]>[0][] = [];
  readonly accepted: Parameters<ControlApi["migration.judged"]>[0][] = [];
  readonly transactions: Parameters<ControlApi["transactions.changed"]>[0][] = [];
  trust: ListenerTrust | undefined;
  /** How the gateway itself connects to a CSMS. */
  route: UpstreamRoute | undefined;
  /** Set to see how the door behaves without control. */
  isGone = false;

  constructor(public admit: (attempt: StationAttempt) => Admission) {}

  // deno-lint-ignore no-explicit-any
  call = (async (method: keyof ControlApi, args: any): Promise<any> => {
    if (this.isGone) throw new GatewayError("RPC_PEER_GONE", "control is gone");
    await Promise.resolve();
    switch (method) {
      case "stations.admit":
        this.attempts.push(args);
        return this.admit(args);
      case "audit.record":
        this.audited.push(args);
        return { sequence: this.audited.length };
      case "alarm.raise":
        return void this.alarms.push(args);
      case "alarm.clear":
        return void this.cleared.push(args);
      case "stations.seen":
        return void this.seen.push(args);
      case "badges.blocked":
        return { key: "", hashes: [] };
      case "security.event":
        return void this.securityEvents.push(args);
      case "ledger.record":
        return void this.facts.push(...args.facts);
      case "controller.route":
        if (!this.route) throw new GatewayError("CTL_REFUSED", "no identity of its own");
        return this.route;
      case "trust.listener":
        return this.trust;
      default:
        throw new GatewayError("RPC_UNKNOWN_METHOD", `No method ${method}`);
    }
  }) as Rpc<ControlApi>["call"];

  // deno-lint-ignore no-explicit-any
  notify = ((method: keyof ControlApi, args: any): void => {
    if (method === "stations.entered") this.entered.push(args);
    else if (method === "shadow.compared") this.compared.push(args);
    else if (method === "migration.judged") this.accepted.push(args);
    else if (method === "transactions.changed") this.transactions.push(args);
    else if (method === "stations.left") this.left.push(args);
    else if (method === "stations.seen") this.seen.push(args);
  }) as Rpc<ControlApi>["notify"];

  close(): void {}
}

/** An admission as control would give it. */
export function admission(url: string, stationId: string, changes: Partial<Admitted> = {}): Admitted {
  return {
    admit: true,
    rule: "test.admit",
    session: crypto.randomUUID(),
    stationId,
    protocols: ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"],
    securityProfile: 1,
    validation: "observe",
    quirks: [],
    upstream: { csms: "main", url, graceSeconds: 0 },
    ...changes,
  };
}

/** The context a Worker would get. */
export function workerContext(
  control: FakeControl,
  listeners: readonly OcppListener[],
): WorkerContext<OcppWorkerConfig> {
  return {
    name: "ocpp-0",
    config: { listeners, maxMessageBytes: OCPP_LIMITS.messageBytes, pingSeconds: 60, callTimeoutSeconds: 30 },
    control,
    log: nullLogger,
    metrics: { ...nullMetrics, snapshot: () => Promise.resolve([]) },
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
  };
}

/** A plaintext listener on a port that the system chooses. */
export const PLAIN: OcppListener = { name: "plain", host: "127.0.0.1", port: 0, tls: false, paths: ["/ocpp"] };

/** One leg as a test sees it: what arrived, in order. */
export class Peer {
  readonly texts: string[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(readonly socket: WebSocket, readonly request?: IncomingMessage) {
    socket.on("message", (data) => this.texts.push(String(data)));
    socket.on("ping", (data) => this.pings.push(String(data)));
    socket.on("pong", (data) => this.pongs.push(String(data)));
    socket.on("close", (code, reason) => this.closed = { code, reason: String(reason) });
    socket.on("error", () => socket.terminate());
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }
}

/** A CSMS that accepts everybody; tests answer by hand. */
export class FakeCsms {
  readonly peers: Peer[] = [];
  /** HTTP status instead of 101. */
  refuse: number | undefined;
  readonly #server;
  readonly #sockets: WebSocketServer;

  constructor(
    tls?: ServerOptions,
    pick: (offered: Set<string>) => string | false = ([first]) => first ?? false,
    perMessageDeflate = true,
  ) {
    this.#server = tls ? createTlsServer(tls) : createServer();
    this.#sockets = new WebSocketServer({ noServer: true, handleProtocols: pick, perMessageDeflate });
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.refuse !== undefined) return socket.end(`HTTP/1.1 ${this.refuse} No\r\nContent-Length: 0\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.peers.push(new Peer(ws, request)));
    });
    this.#server.on("request", (_request, response) => response.writeHead(426).end());
    this.#server.on("tlsClientError", () => {});
  }

  listen(port = 0): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(port, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    for (const { socket } of this.peers) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Connects as a station; resolves when the WebSocket is open, or to the HTTP status that refused it. */
export function connectStation(
  url: string,
  options: ClientOptions & { readonly protocols?: readonly string[] } = {},
): Promise<Peer | number> {
  const { protocols = ["ocpp1.6"], ...rest } = options;
  const socket = new WebSocket(url, [...protocols], rest);
  const peer = new Peer(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(peer));
    socket.once("unexpected-response", (request, response) => {
      response.resume();
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once("error", reject);
  });
}

/**
 * A CSMS that upgrades one connection and then never reads from it again: node:net would go on reading, so the socket is
 * Deno's own.
 */
export class DeafCsms implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #connection: Deno.Conn | undefined;

  readonly url = `ws://127.0.0.1:${this.#listener.addr.port}/csms`;

  /** Accepts and upgrades. */
  async accept(protocol = "ocpp1.6"): Promise<void> {
    this.#connection = await this.#listener.accept();
    const buffer = new Uint8Array(4_096);
    const length = await this.#connection.read(buffer) ?? 0;
    const request = new TextDecoder().decode(buffer.subarray(0, length));
    const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    lines.push(`Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Protocol: ${protocol}`);
    await this.#connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#listener.close();
  }
}

/** Waits until `condition` holds. */
export async function until(condition: () => unknown, what = "a condition of the test"): Promise<void> {
  await waitFor(what, () => Boolean(condition()));
}
