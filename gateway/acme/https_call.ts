import { Buffer } from "node:buffer";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { isIP } from "node:net";
import { checkServerIdentity, connect, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { readCertificate } from "../pki/certificate.ts";
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
export function callHttps(
  { method, url, ca, headers, body }: HttpsRequest,
  timers: Timers,
  signal: AbortSignal,
): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>();
  const target = new URL(url);
  const fail = (cause: unknown) => {
    request.destroy();
    reject(new UpstreamError("ACME_UNREACHABLE", `No usable answer from ${target.host}`, { cause }));
  };
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const { host, port } = addressOf(target);
  // The way over node:https needs rights for the list of public CAs (sys and env) that `deno run` cannot even name.
  const request = requestHttp({
    createConnection: () => connect({ host, port, ...tlsOptions(host, ca) }),
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
  return promise.finally(() => {
    cancel();
    signal.removeEventListener("abort", abort);
  });
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

function addressOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
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

/** Deno does not check the possession of the key of X.509 v1 and v2 certificates (measured on 2.9.6). */
function refuseOldForm({ raw }: PeerCertificate): Error | undefined {
  const version = raw ? readCertificate(new Uint8Array(Buffer.from(raw))).version : 0;
  return version === 3 ? undefined : new Error(`the certificate is of version ${version}, wanted 3`);
}
