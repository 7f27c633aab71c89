import { request as requestHttp, type RequestOptions } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { targetOf } from "../uplink/settings.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { connectPlain, tlsOptions, type TlsTrust } from "./tls_client.ts";

/** Where a body is posted to; http:// only to loopback, which the configuration's checks see to. */
export interface PostTarget extends TlsTrust {
  readonly url: string;
  /** Bearer token. */
  readonly token?: string;
}

/**
 * Posts JSON and expects a 2xx status. Redirects are not followed: a receiver must not choose where a signed or
 * authorised request goes.
 * @throws UpstreamError DELIVERY_UNREACHABLE, or DELIVERY_REFUSED with the status
 */
export async function postJson(
  target: PostTarget,
  body: string,
  timers: Timers,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const url = new URL(target.url);
  const bytes = new TextEncoder().encode(body);
  const tcp = url.protocol === "https:" ? await connectPlain(targetOf(url), target, timers) : undefined;
  const options: RequestOptions = {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      "user-agent": "bulkhead",
      "connection": "close",
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      ...headers,
    },
  };
  const request = tcp
    ? requestHttp(overTls(url, target, options, tcp))
    : requestHttp(url, { ...options, agent: false });
  const unreachable = (cause: unknown) => {
    request.destroy();
    tcp?.destroy();
    reject(new UpstreamError("DELIVERY_UNREACHABLE", `Cannot post to ${url.host}`, { cause }));
  };
  const cancel = timers.after(COURIER_LIMITS.sendMs, () => unreachable(new Error("no answer in time")));
  request.on("error", unreachable);
  request.on("response", (response) => {
    const status = response.statusCode ?? 0;
    // Everything is known; the rest of the answer is not waited for beyond a bound.
    let length = 0;
    response.on(
      "data",
      (part: Uint8Array) => (length += part.length) > COURIER_LIMITS.answerBytes && request.destroy(),
    );
    response.on("error", () => {}); // the status decides, whatever comes after it
    if (status >= 200 && status < 300) return resolve();
    reject(new UpstreamError("DELIVERY_REFUSED", `${url.host} answered with status ${status}, wanted 2xx`));
  });
  request.end(bytes);
  return await promise.finally(cancel);
}

/** The way over node:https needs rights for the list of public CAs (sys and env) that `deno run` cannot even name. */
function overTls(url: URL, trust: TlsTrust, options: RequestOptions, socket: Socket): RequestOptions {
  const { host } = targetOf(url);
  return {
    ...options,
    createConnection: () => connect({ socket, host, ...tlsOptions(trust, host) }),
    path: `${url.pathname}${url.search}`,
    headers: { ...options.headers as Record<string, string>, host: url.host },
  };
}
