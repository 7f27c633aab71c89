import type { Agent, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Duplex, Readable } from "node:stream";
import { ProtocolError, UpstreamError } from "../../core/errors.ts";
import type { Timers } from "../../core/timers.ts";
import { createDeviceAgent } from "../device_agent.ts";
import type { OldTlsHelper } from "./old_tls_helper.ts";
import type { HeaderField } from "../device_headers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { BodyLength } from "../request_head.ts";

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

/** A device that speaks another protocol from here on. */
export interface WireSwitch {
  readonly response: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

/** What the ways of one session to one device need. */
export interface WayOptions {
  readonly timers: Timers;
  readonly sockets: number;
  /** Approved certificate as DER; empty: none was approved, so nothing is. Asked for each new agent. */
  readonly pin: () => Uint8Array;
  readonly oldTls?: OldTlsHelper;
  readonly onPinChanged: (presented: Uint8Array) => void;
}

/** The connections of one session to one device, by origin. */
export class DeviceWays {
  readonly #options: WayOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #single = new Set<Agent>();

  constructor(options: WayOptions) {
    this.#options = options;
  }

  /**
   * Sends one request and gives the head of the answer; `onSocket` is told which connection it goes by.
   * @throws IntegrityError UI_PIN_CHANGED, UpstreamError UI_DEVICE_UNREACHABLE
   */
  async send(
    request: WireRequest,
    body?: Readable | string,
    onSocket?: (socket: Duplex) => void,
  ): Promise<IncomingMessage> {
    const found = await this.#ask(this.#agentOf(request.origin), request, body, onSocket);
    if (!("socket" in found && "response" in found)) return found as IncomingMessage;
    found.socket.destroy();
    throw new UpstreamError("UI_DEVICE_UNREACHABLE", "The device changed the protocol without being asked");
  }

  /** Sends one request on a connection of its own that may become another protocol. @throws as `send` */
  async upgrade(request: WireRequest): Promise<IncomingMessage | WireSwitch> {
    const agent = this.#newAgent(request.origin, 1);
    this.#single.add(agent);
    try {
      const found = await this.#ask(agent, request);
      const stream = "response" in found ? (found as WireSwitch).socket : found as IncomingMessage;
      stream.once("close", () => this.#drop(agent));
      return found;
    } catch (error) {
      this.#drop(agent);
      throw error;
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const agent of [...this.#agents.values(), ...this.#single]) agent.destroy();
    this.#agents.clear();
    this.#single.clear();
  }

  #drop(agent: Agent): void {
    agent.destroy();
    this.#single.delete(agent);
  }

  #agentOf(origin: string): Agent {
    const known = this.#agents.get(origin);
    if (known) return known;
    const agent = this.#newAgent(origin, this.#options.sockets);
    this.#agents.set(origin, agent);
    return agent;
  }

  #newAgent(origin: string, sockets: number): Agent {
    const { timers, oldTls, onPinChanged } = this.#options;
    const { protocol, hostname, port } = new URL(origin);
    const secure = protocol === "https:";
    return createDeviceAgent({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (secure ? 443 : 80) : Number(port),
      sockets,
      ...secure ? { pin: this.#options.pin() } : {},
      ...secure && oldTls
        ? { helper: (host: string, at: number) => oldTls.open(host, at, this.#options.pin(), onPinChanged) }
        : {},
    }, { timers, onPinChanged });
  }

  #ask(
    agent: Agent,
    { method, target, headers, bodyLength, origin, answerMs = UI_PROXY_LIMITS.deviceSilenceMs }: WireRequest,
    body?: Readable | string,
    onSocket?: (socket: Duplex) => void,
  ): Promise<IncomingMessage | WireSwitch> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage | WireSwitch>();
    const { protocol, hostname, port } = new URL(origin);
    const secure = protocol === "https:" && !this.#options.oldTls;
    const length: HeaderField[] = typeof bodyLength === "number" && (bodyLength > 0 || WRITES.has(method))
      ? [["content-length", String(bodyLength)]]
      : [];
    const outgoing = (secure ? httpsRequest : httpRequest)({
      agent,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      path: target,
      method,
      // Small devices end lines with LF alone. What that opens besides is judged below.
      insecureHTTPParser: true,
      headers: Object.fromEntries([...headers, ...length]),
    });
    const stop = watchAnswer(outgoing, body, answerMs, this.#options.timers);
    let hasSocket = false;
    outgoing.once("socket", (socket: Duplex) => {
      hasSocket = true;
      onSocket?.(socket);
    });
    outgoing.on("error", (error: Error) => {
      stop();
      const fault = unreachable(origin, error);
      if (!hasSocket || ("syscall" in error && error.syscall === "connect")) unsent.add(fault);
      reject(fault);
    });
    outgoing.once("response", (response: IncomingMessage) => {
      stop();
      if (response.headers["content-length"] === undefined || response.headers["transfer-encoding"] === undefined) {
        return resolve(response);
      }
      response.destroy();
      reject(strange(origin, "both Content-Length and Transfer-Encoding")); // RFC 9112 section 6.3
    });
    outgoing.once("upgrade", (response: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      stop();
      resolve({ response, socket, head });
    });
    feed(outgoing, body);
    return promise;
  }
}

const unsent = new WeakSet<object>();

/** Whether an error of `send` came before a connection was there, so that the device has read nothing of the request. */
export function isUnsent(error: unknown): boolean {
  return typeof error === "object" && error !== null && unsent.has(error);
}

const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** Breaks off a request whose answer does not come; the time begins anew with each piece of its body. */
function watchAnswer(
  outgoing: ReturnType<typeof httpRequest>,
  body: Readable | string | undefined,
  withinMs: number,
  timers: Timers,
): () => void {
  const start = () => timers.after(withinMs, () => outgoing.destroy(new Error(`no answer within ${withinMs} ms`)));
  let stop = start();
  let isOver = false;
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

/** Sends the body as it comes; a source that breaks off breaks off the request, so that no device takes a part for all. */
function feed(
  outgoing: ReturnType<typeof httpRequest>,
  body: Readable | string | undefined,
): void {
  if (!(body instanceof Readable)) return void outgoing.end(body);
  body.once("error", (error) => outgoing.destroy(error));
  body.once("aborted", () => outgoing.destroy(new Error("the browser broke off")));
  outgoing.once("close", () => body.unpipe(outgoing));
  body.pipe(outgoing);
}

function unreachable(origin: string, error: Error): Error {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code.startsWith("UI_")) return error;
  if (code.startsWith("HPE_")) return strange(origin, error.message, error);
  return new UpstreamError("UI_DEVICE_UNREACHABLE", `The device at ${origin} did not answer: ${error.message}`, {
    cause: error,
    hint: "`why STATION` looks at link, lease and address",
  });
}

function strange(origin: string, what: string, cause?: Error): Error {
  return new ProtocolError(
    "UI_DEVICE_STRANGE",
    `The device at ${origin} does not speak HTTP that is safe to pass on: ${what}`,
    {
      cause,
      hint: "Compare driver and firmware of this station; gateway/ui_proxy/README.md lists what is let through",
    },
  );
}
