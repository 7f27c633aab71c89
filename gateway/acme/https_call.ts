import { Buffer } from "node:buffer";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { refuseOldForm } from "../pki/refuse_old_form.ts";
import { openTunnel } from "../uplink/proxy_tunnel.ts";
import { type HttpProxy, proxyFor, type Target, targetOf, type Uplink } from "../uplink/settings.ts";
import { ACME_LIMITS } from "./limits.ts";

/** One request. `ca` in PEM; absent: the public CAs of the box. */
export interface HttpsRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly ca?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One whole answer. */
export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Makes one request over TLS 1.2 or newer and reads the whole answer, both bounded. Redirects are not followed: a server
 * must not choose where a signed or authorised request goes.
 * @throws UpstreamError ACME_UNREACHABLE
 */
export async function callHttps(
  { method, url, ca, headers, body }: HttpsRequest,
  timers: Timers,
  signal: AbortSignal,
  uplink: Pick<Uplink, "proxy" | "bypass"> = { bypass: [] },
): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>();
  const target = new URL(url);
  const { host, port } = targetOf(target);
  const proxy = proxyFor(uplink, host);
  const way = proxy ? { socket: await tunnelTo(proxy, { host, port }, timers) } : { port };
  const fail = (cause: unknown) => {
    request.destroy();
    reject(new UpstreamError("ACME_UNREACHABLE", `No usable answer from ${target.host}`, { cause }));
  };
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  // The way over node:https needs rights for the list of public CAs (sys and env) that `deno run` cannot even name.
  const request = requestHttp({
    createConnection: () => connect({ host, ...way, ...tlsOptions(host, ca) }),
    method,
    path: `${target.pathname}${target.search}`,
    headers: { host: target.host, "user-agent": "bulkhead", connection: "close", ...length, ...headers },
  });
  request.on("error", fail);
  request.on("response", (response) => readAnswer(response, resolve, fail));
  const cancel = timers.after(ACME_LIMITS.requestMs, () => fail(new Error("no answer in time")));
  const abort = () => fail(new Error("the gateway ends this run"));
  signal.addEventListener("abort", abort);
  request.end(body);
  return await promise.finally(() => {
    cancel();
    signal.removeEventListener("abort", abort);
  });
}

async function tunnelTo(proxy: HttpProxy, target: Target, timers: Timers): Promise<Socket> {
  try {
    return await openTunnel(proxy, target, timers);
  } catch (cause) {
    throw new UpstreamError("ACME_UNREACHABLE", `No tunnel to ${target.host}`, { cause });
  }
}

function readAnswer(
  response: IncomingMessage,
  resolve: (answer: HttpsAnswer) => void,
  fail: (cause: unknown) => void,
): void {
  const parts: Uint8Array[] = [];
  let size = 0;
  response.on("data", (part: Uint8Array) => {
    size += part.length;
    if (size > ACME_LIMITS.answerBytes) fail(new Error(`an answer of more than ${ACME_LIMITS.answerBytes} bytes`));
    else parts.push(part);
  });
  response.on("error", fail);
  response.on("end", () => {
    const { statusCode, headers } = response;
    resolve({ status: statusCode ?? 0, headers, body: Buffer.concat(parts).toString("utf8") });
  });
}

function tlsOptions(host: string, ca: string | undefined): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) ? {} : { servername: host }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (name: string, peer: PeerCertificate) =>
      checkServerIdentity(name, peer) ?? refuseOldForm(peer),
  };
}
