import { type Duplex, Readable } from "node:stream";
import { ProtocolError, UpstreamError } from "../../core/errors.ts";
import type { Timers } from "../../core/timers.ts";
import { dialDevice } from "../device_dial.ts";
import type { HeaderField } from "../device_headers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { BodyLength } from "../request_head.ts";
import type { OldTlsHelper } from "./old_tls_helper.ts";
import { ConnectionPool } from "./wire/connection_pool.ts";
import { DeviceAnswer } from "./wire/device_answer.ts";
import { ClosedUnanswered, type DeviceConnection, type WireSwitch } from "./wire/device_connection.ts";
import { writeRequestHead } from "./wire/request_head.ts";

/** One request on the wire, login and cookies included. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderField[];
  readonly bodyLength: BodyLength;
  readonly origin: string;
  /** Milliseconds for the answer once the device has the whole body; default UI_PROXY_LIMITS.deviceSilenceMs. */
  readonly answerMs?: number;
}

/** What the ways of one session to one device need. */
export interface WayOptions {
  readonly timers: Timers;
  readonly sockets: number;
  /** Approved certificate as DER; empty: none was approved, so nothing is. Asked for each connection. */
  readonly pin: () => Uint8Array;
  readonly oldTls?: OldTlsHelper;
  readonly onPinChanged: (presented: Uint8Array) => void;
}

/** One origin of the device. */
interface Way {
  /** Host and port as a Host field has them. */
  readonly host: string;
  readonly pool: ConnectionPool;
  readonly dial: () => Promise<Duplex>;
}

/** Methods that may be carried out twice without harm. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The connections of one session to one device, by origin. */
export class DeviceWays {
  readonly #options: WayOptions;
  readonly #ways = new Map<string, Way>();
  readonly #single = new Set<ConnectionPool>();

  constructor(options: WayOptions) {
    this.#options = options;
  }

  /**
   * Sends one request and gives the head of the answer; `onSocket` is told which connection it goes by. What changes
   * nothing is sent once more where the device had closed a kept connection at that moment.
   * @throws IntegrityError UI_PIN_CHANGED, UpstreamError UI_DEVICE_UNREACHABLE, ProtocolError UI_DEVICE_STRANGE
   */
  async send(
    request: WireRequest,
    body?: Readable | string,
    onSocket?: (socket: Duplex) => void,
  ): Promise<DeviceAnswer> {
    const { pool, host } = this.#way(request.origin);
    for (;;) {
      const connection = await this.#taken(pool, request.origin);
      const wasUsed = connection.isUsed;
      onSocket?.(connection.socket);
      try {
        const found = await this.#ask(connection, host, request, body);
        if (found instanceof DeviceAnswer) return found;
        found.socket.destroy();
        throw new UpstreamError("UI_DEVICE_UNREACHABLE", "The device changed the protocol without being asked");
      } catch (error) {
        const mayRepeat = wasUsed && body === undefined && REPEATABLE.has(request.method);
        if (!mayRepeat || !(error instanceof ClosedUnanswered)) throw unreachable(request.origin, error as Error);
      }
    }
  }

  /** Sends one request on a connection of its own that may become another protocol. @throws as `send` */
  async upgrade(request: WireRequest): Promise<DeviceAnswer | WireSwitch> {
    const { dial, host } = this.#way(request.origin), { timers } = this.#options;
    const pool = new ConnectionPool({ most: 1, dial, timers });
    this.#single.add(pool);
    const drop = () => {
      this.#single.delete(pool);
      pool.close();
    };
    try {
      const connection = await this.#taken(pool, request.origin);
      const found = await this.#ask(connection, host, request);
      const stream = found instanceof DeviceAnswer ? found : found.socket;
      stream.once("close", drop);
      if (!(found instanceof DeviceAnswer)) this.#switched.add(found.socket);
      stream.once("close", () => this.#switched.delete(stream as Duplex));
      return found;
    } catch (error) {
      drop();
      throw unreachable(request.origin, error as Error);
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const { pool } of this.#ways.values()) pool.close();
    for (const pool of this.#single) pool.close();
    for (const socket of this.#switched) socket.destroy();
    this.#ways.clear();
  }

  /** Sockets that speak another protocol by now. */
  readonly #switched = new Set<Duplex>();

  #way(origin: string): Way {
    const known = this.#ways.get(origin);
    if (known) return known;
    const { timers, oldTls, onPinChanged, pin, sockets } = this.#options;
    const { protocol, hostname, port, host } = new URL(origin), secure = protocol === "https:";
    const at = port === "" ? (secure ? 443 : 80) : Number(port), name = hostname.replace(/^\[|\]$/g, "");
    const dial = () =>
      secure && oldTls
        ? oldTls.open(name, at, pin(), onPinChanged)
        : dialDevice({ host: name, port: at, ...secure ? { pin: pin() } : {} }, { timers, onPinChanged });
    const way = { host, dial, pool: new ConnectionPool({ most: sockets, dial, timers }) };
    this.#ways.set(origin, way);
    return way;
  }

  async #taken(pool: ConnectionPool, origin: string): Promise<DeviceConnection> {
    try {
      for (;;) {
        const connection = await pool.take();
        if (connection.isIdle) return connection;
      }
    } catch (error) {
      const fault = unreachable(origin, error as Error);
      unsent.add(fault);
      throw fault;
    }
  }

  async #ask(
    connection: DeviceConnection,
    host: string,
    { answerMs = UI_PROXY_LIMITS.deviceSilenceMs, ...request }: WireRequest,
    body?: Readable | string,
  ): Promise<DeviceAnswer | WireSwitch> {
    let head: string;
    try {
      head = writeRequestHead({ ...request, host });
    } catch (error) {
      connection.destroy();
      throw error;
    }
    const stop = watchAnswer(connection, body, answerMs, this.#options.timers);
    try {
      return await connection.ask(head, request.method === "HEAD", body);
    } finally {
      stop();
    }
  }
}

const unsent = new WeakSet<object>();

/** Whether an error of `send` came before a connection was there, so that the device has read nothing of the request. */
export function isUnsent(error: unknown): boolean {
  return typeof error === "object" && error !== null && unsent.has(error);
}

/** Breaks off a request whose answer does not come; the time begins anew with each piece of its body. */
function watchAnswer(
  connection: DeviceConnection,
  body: Readable | string | undefined,
  withinMs: number,
  timers: Timers,
): () => void {
  const start = () => timers.after(withinMs, () => connection.destroy(new Error(`no answer within ${withinMs} ms`)));
  let stop = start(), isOver = false;
  if (body instanceof Readable) {
    body.on("data", () => {
      stop();
      if (!isOver) stop = start();
    });
  }
  return () => {
    isOver = true;
    stop();
  };
}

function unreachable(origin: string, error: Error): Error {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code.startsWith("UI_") && !(error instanceof ProtocolError)) return error;
  if (error instanceof ProtocolError) {
    return new ProtocolError("UI_DEVICE_STRANGE", `${origin}: ${error.message}`, {
      cause: error,
      ...error.hint === undefined ? {} : { hint: error.hint },
    });
  }
  return new UpstreamError("UI_DEVICE_UNREACHABLE", `The device at ${origin} did not answer: ${error.message}`, {
    cause: error,
    hint: "`why STATION` looks at link, lease and address",
  });
}
