import { timingSafeEqual } from "node:crypto";
import http from "node:http";
import https from "node:https";
import type { Server, Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { answerCsms } from "./csms_answers.ts";
import { CsmsLedger } from "./csms_ledger.ts";
import { FaultList } from "./fault_list.ts";
import type { OcppVersion } from "./model.ts";
import { createRpcServer, type RpcHandshake, type RpcPeer, type RpcServer } from "./ocpp_rpc.ts";

/** How a simulated CSMS is set up. */
export interface CsmsOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Absent: plain ws. With `clientCaPem` the stations must show a certificate of that CA with CN = identity. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string; readonly clientCaPem?: string };
  /** Basic password by station id; a station that is not in the list is unknown (404). */
  readonly passwords: ReadonlyMap<string, Uint8Array>;
  /** Stations that prove themselves by a certificate of `clientCaPem` instead of a password; all others need no certificate. */
  readonly certificateOnly?: ReadonlySet<string>;
  readonly badges: ReadonlySet<string>;
  readonly heartbeatSeconds: number;
  readonly clock: Clock;
  readonly protocols?: readonly OcppVersion[];
}

/** A message on the wire, as text. */
export interface WireMessage {
  readonly stationId: string;
  readonly outbound: boolean;
  readonly text: string;
}

/** A CSMS that validates every message in both directions against the schema of its version, and keeps books. */
export class StrictCsms {
  readonly ledger = new CsmsLedger();
  readonly #faults = new FaultList();
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Map<string, RpcPeer>();
  readonly #listeners = new Set<(message: WireMessage) => void>();
  #rpc: RpcServer;
  #server: Server;
  #port: number;
  #refused = 0;

  private constructor(private readonly options: CsmsOptions) {
    this.#port = options.port;
    this.#rpc = this.#createRpc();
    this.#server = this.#createServer();
  }

  /** Starts a CSMS; resolves when it listens. */
  static async start(options: CsmsOptions): Promise<StrictCsms> {
    const csms = new StrictCsms(options);
    await csms.#listen();
    return csms;
  }

  /** Starts again after `stop`, on the same port and with the same books. */
  async restart(): Promise<void> {
    this.#rpc = this.#createRpc();
    this.#server = this.#createServer();
    await this.#listen();
  }

  get port(): number {
    return this.#port;
  }

  /** URL without the station id. */
  get url(): string {
    return `${this.options.tls ? "wss" : "ws"}://${this.options.host}:${this.port}/ocpp`;
  }

  /** Ids of the stations that are connected now. */
  get connected(): readonly string[] {
    return [...this.#clients.keys()];
  }

  /** Every message that broke a schema or the protocol. */
  get faults(): readonly string[] {
    return this.#faults.texts;
  }

  /** Upgrades refused because of the identity or the password. */
  get refused(): number {
    return this.#refused;
  }

  /** The OCPP version of a connected station. */
  protocolOf(stationId: string): string | undefined {
    return this.#clients.get(stationId)?.protocol;
  }

  /** Tells every message; the returned function stops that. */
  listen(listener: (message: WireMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls a connected station. Rejects when it is away, answers an error or breaks the schema. */
  call(stationId: string, action: string, payload: Record<string, unknown>): Promise<unknown> {
    const client = this.#clients.get(stationId);
    if (!client) return Promise.reject(new Error(`Station "${stationId}" is not connected`));
    return client.call(action, payload);
  }

  /** Closes the connection of one station. */
  async disconnect(stationId: string, code = 1000): Promise<void> {
    await this.#clients.get(stationId)?.close({ code });
  }

  /** Ends: "drain" closes with 1001, "crash" cuts every connection without a word. */
  async stop(how: "drain" | "crash" = "drain"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    if (how === "crash") { for (const socket of this.#sockets) socket.destroy(); }
    await this.#rpc.close({ code: 1001, ...(how === "crash" ? { force: true } : {}) });
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }

  #createRpc(): RpcServer {
    const rpc = createRpcServer(this.options.protocols);
    rpc.auth((accept, reject, handshake) => this.#admit(accept, reject, handshake));
    rpc.on("client", (client) => this.#joined(client));
    return rpc;
  }

  #createServer(): Server {
    const { tls, certificateOnly } = this.options;
    const clients = tls?.clientCaPem === undefined
      ? {}
      : { ca: tls.clientCaPem, requestCert: true, rejectUnauthorized: certificateOnly === undefined };
    const server = tls ? https.createServer({ cert: tls.certPem, key: tls.keyPem, ...clients }) : http.createServer();
    server.on("request", (_request, response: http.ServerResponse) => response.writeHead(426, UPGRADE).end());
    server.on("upgrade", this.#rpc.handleUpgrade);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(this.#port, this.options.host, () => resolve());
    await promise;
    this.#port = (this.#server.address() as { port: number }).port;
  }

  #admit(accept: () => void, reject: (status: number, message: string) => void, handshake: RpcHandshake): void {
    const refuse = (status: number) => {
      this.#refused++;
      reject(status, http.STATUS_CODES[status] ?? "Refused");
    };
    const { passwords, certificateOnly, tls } = this.options;
    const wanted = passwords.get(handshake.identity);
    const byCertificate = certificateOnly?.has(handshake.identity) ?? false;
    if (handshake.endpoint !== "/ocpp" || !(wanted || byCertificate)) return refuse(404);
    const given = handshake.password;
    const proves = !byCertificate && wanted && given?.length === wanted.length && timingSafeEqual(given, wanted);
    if (!byCertificate && !proves) return refuse(401);
    const needsCertificate = byCertificate || tls?.clientCaPem !== undefined && certificateOnly === undefined;
    if (needsCertificate && !showsCertificateOf(handshake)) return refuse(401);
    accept();
  }

  #joined(client: RpcPeer): void {
    const { identity } = client;
    void this.#clients.get(identity)?.close({ code: 1000, reason: "Replaced by a newer connection" });
    this.#clients.set(identity, client);
    client.on("disconnect", () => {
      if (this.#clients.get(identity) === client) this.#clients.delete(identity);
    });
    client.on(
      "strictValidationFailure",
      ({ method, error }) => this.#faults.add(`${identity}: ${method}: ${describeError(error)}`),
    );
    client.on("badMessage", ({ error }) => this.#faults.add(`${identity}: bad message: ${describeError(error)}`));
    client.on("message", ({ message, outbound }) => {
      for (const listener of this.#listeners) listener({ stationId: identity, outbound, text: String(message) });
    });
    client.handle(({ method, params }) => {
      const answer = answerCsms({
        ledger: this.ledger,
        badges: this.options.badges,
        now: new Date(this.options.clock.now()).toISOString(),
        heartbeatSeconds: this.options.heartbeatSeconds,
      }, { stationId: identity, protocol: client.protocol as OcppVersion, action: method, payload: params });
      if (answer) return answer;
      this.#faults.add(`${identity}: unknown action ${method}`);
      throw Object.assign(new Error(`No action "${method}"`), { rpcErrorCode: "NotImplemented" });
    });
  }
}

/** A verified client certificate whose CN is the identity. */
function showsCertificateOf({ request, identity }: RpcHandshake): boolean {
  const socket = request.socket as unknown as {
    readonly authorized: boolean;
    getPeerCertificate(): { subject?: { CN?: string } };
  };
  return socket.authorized && socket.getPeerCertificate().subject?.CN === identity;
}

/** OCPP-J speaks WebSocket only; a plain request is told so. */
const UPGRADE = { Upgrade: "websocket", Connection: "close" };
