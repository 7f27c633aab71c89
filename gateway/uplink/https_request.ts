import { Buffer } from "node:buffer";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { connect } from "node:tls";
import type { Timers } from "../core/timers.ts";
import { verifiedServer } from "../pki/verified_server.ts";
import { openTunnel } from "./proxy_tunnel.ts";
import { reachTcp } from "./reach_tcp.ts";
import { proxyFor, targetOf, type Uplink } from "./settings.ts";

/** One request over HTTPS. */
export interface WholeRequest {
  readonly method: string;
  readonly url: URL;
  /** CAs in PEM; absent: the public ones of the box. */
  readonly ca?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** One whole answer. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer<ArrayBuffer>;
}

/** The way out, and how much is waited for and taken. */
export interface WholeWay {
  readonly uplink: Pick<Uplink, "proxy" | "bypass">;
  readonly timers: Timers;
  /** Milliseconds for the whole of it, from the open way on. */
  readonly requestMs: number;
  readonly answerBytes: number;
  /** Ends it before. */
  readonly signal?: AbortSignal;
}

/**
 * Makes one request and reads the whole answer, both bounded. Redirects are not followed: a server must not choose where a
 * secret or a signed request goes.
 * @throws Error of TCP, TLS, the proxy, or "no answer in time"; the caller gives it the code of its part
 */
export async function requestWhole(wish: WholeRequest, way: WholeWay): Promise<WholeAnswer> {
  const { method, url, ca, headers, body } = wish, { timers, uplink, signal } = way;
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
  const { host, port } = targetOf(url);
  const proxy = proxyFor(uplink, host);
  const at = { host, port };
  const socket = proxy ? await openTunnel(proxy, at, timers) : await reachTcp(at, timers, signal);
  const fail = (cause: Error) => {
    request.destroy();
    socket.destroy();
    reject(cause);
  };
  // The way over node:https needs rights for the list of public CAs (sys and env) that `deno run` cannot even name.
  const request = requestHttp({
    createConnection: () => connect({ socket, host, ...verifiedServer(host, ca) }),
    method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      host: url.host,
      connection: "close",
      ...body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) },
    },
  });
  request.on("error", fail);
  request.on("response", (response) => readAnswer(response, way.answerBytes, resolve, fail));
  const cancel = timers.after(way.requestMs, () => fail(new Error("no answer in time")));
  const abort = () => fail(new Error("the gateway ends this run"));
  signal?.addEventListener("abort", abort);
  request.end(body);
  return await promise.finally(() => {
    cancel();
    signal?.removeEventListener("abort", abort);
  });
}

function readAnswer(
  response: IncomingMessage,
  most: number,
  resolve: (answer: WholeAnswer) => void,
  fail: (cause: Error) => void,
): void {
  const parts: Uint8Array[] = [];
  let size = 0;
  response.on("data", (part: Uint8Array) => {
    size += part.length;
    if (size > most) fail(new Error(`an answer of more than ${most} bytes`));
    else parts.push(part);
  });
  response.on("error", fail);
  response.on("end", () => {
    const { statusCode, headers } = response;
    resolve({ status: statusCode ?? 0, headers, body: Buffer.concat(parts) });
  });
}
