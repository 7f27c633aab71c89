import { Buffer } from "node:buffer";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { refuseOldForm } from "../pki/refuse_old_form.ts";
import { openTunnel } from "../uplink/proxy_tunnel.ts";
import { proxyFor, type Target, targetOf, type Uplink } from "../uplink/settings.ts";
import { IDENTITY_LIMITS } from "./limits.ts";

/** How the Worker reaches the provider. */
export interface FetchParts {
  /** CAs in PEM; absent: the public ones of the box. */
  readonly ca?: string | undefined;
  readonly uplink: Pick<Uplink, "proxy" | "bypass">;
  readonly timers: Timers;
}

/** The part of `fetch` that openid-client uses. */
export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * A `fetch` for openid-client over node:tls, with the site's CAs and proxy. HTTPS only; redirects are not followed: a
 * provider must not choose where a secret goes. Bounded in time and bytes.
 * @throws UpstreamError IDENTITY_AWAY
 */
export async function httpsFetch(url: string, options: FetchOptions, parts: FetchParts): Promise<Response> {
  const target = new URL(url);
  if (target.protocol !== "https:") throw new UpstreamError("IDENTITY_AWAY", `${target.host} is not asked without TLS`);
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const address = targetOf(target);
  const fail = (cause: unknown) => {
    request.destroy();
    reject(new UpstreamError("IDENTITY_AWAY", `No usable answer from ${target.host}`, { cause }));
  };
  const body = bodyOf(options.body);
  const socket = await tunnelTo(address, parts);
  // The way over node:https needs rights for the list of public CAs (sys and env) that `deno run` cannot even name.
  const request = requestHttp({
    createConnection: () =>
      connect({
        host: address.host,
        ...socket ? { socket } : { port: address.port },
        ...tlsOptions(address.host, parts.ca),
      }),
    method: options.method ?? "GET",
    path: `${target.pathname}${target.search}`,
    headers: {
      ...Object.fromEntries(new Headers(options.headers)),
      host: target.host,
      connection: "close",
      ...body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) },
    },
  });
  request.on("error", fail);
  request.on("response", (response) => readAnswer(response, resolve, fail));
  const cancel = parts.timers.after(IDENTITY_LIMITS.requestMs, () => fail(new Error("no answer in time")));
  request.end(body);
  return await promise.finally(cancel);
}

function bodyOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === "string" || body instanceof URLSearchParams ? body.toString() : undefined;
}

async function tunnelTo(target: Target, { uplink, timers }: FetchParts): Promise<Socket | undefined> {
  const proxy = proxyFor(uplink, target.host);
  if (!proxy) return undefined;
  try {
    return await openTunnel(proxy, target, timers);
  } catch (cause) {
    throw new UpstreamError("IDENTITY_AWAY", `No tunnel to ${target.host}`, { cause });
  }
}

function readAnswer(
  response: IncomingMessage,
  resolve: (answer: Response) => void,
  fail: (cause: unknown) => void,
): void {
  const parts: Uint8Array[] = [];
  let size = 0;
  response.on("data", (part: Uint8Array) => {
    size += part.length;
    if (size > IDENTITY_LIMITS.answerBytes) {
      fail(new Error(`an answer of more than ${IDENTITY_LIMITS.answerBytes} bytes`));
    } else parts.push(part);
  });
  response.on("error", fail);
  response.on("end", () => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(response.headers)) {
      if (typeof value === "string") headers.set(name, value);
    }
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 599) return fail(new Error(`an answer with the status ${status}`));
    const isEmpty = status === 204 || status === 304;
    resolve(new Response(isEmpty ? null : Buffer.concat(parts), { status, headers }));
  });
}

/** TLS 1.2 or newer, verified; the certificate of version 3, since Deno does not check the key of older forms. */
export function tlsOptions(host: string, ca: string | undefined): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) ? {} : { servername: host }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (name: string, peer: PeerCertificate) =>
      checkServerIdentity(name, peer) ?? refuseOldForm(peer),
  };
}
