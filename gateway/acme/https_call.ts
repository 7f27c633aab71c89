import type { IncomingHttpHeaders } from "node:http";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { requestWhole } from "../uplink/https_request.ts";
import type { Uplink } from "../uplink/settings.ts";
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
  { url, headers, ...request }: HttpsRequest,
  timers: Timers,
  signal: AbortSignal,
  uplink: Pick<Uplink, "proxy" | "bypass"> = { bypass: [] },
): Promise<HttpsAnswer> {
  const target = new URL(url), { requestMs, answerBytes } = ACME_LIMITS;
  const wish = { ...request, url: target, headers: { "user-agent": "bulkhead", ...headers } };
  try {
    const answer = await requestWhole(wish, { uplink, timers, signal, requestMs, answerBytes });
    return { ...answer, body: answer.body.toString("utf8") };
  } catch (cause) {
    throw new UpstreamError("ACME_UNREACHABLE", `No usable answer from ${target.host}`, { cause });
  }
}
