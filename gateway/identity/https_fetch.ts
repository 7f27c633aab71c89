import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { requestWhole, type WholeAnswer } from "../uplink/https_request.ts";
import type { Uplink } from "../uplink/settings.ts";
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
  const { ca, uplink, timers } = parts, { requestMs, answerBytes } = IDENTITY_LIMITS;
  try {
    const wish = {
      method: options.method ?? "GET",
      url: target,
      ca,
      headers: Object.fromEntries(new Headers(options.headers)),
      body: bodyOf(options.body),
    };
    return responseOf(await requestWhole(wish, { uplink, timers, requestMs, answerBytes }));
  } catch (cause) {
    throw new UpstreamError("IDENTITY_AWAY", `No usable answer from ${target.host}`, { cause });
  }
}

function bodyOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === "string" || body instanceof URLSearchParams ? body.toString() : undefined;
}

function responseOf({ status, headers: given, body }: WholeAnswer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "string") headers.set(name, value);
  }
  if (status < 200 || status > 599) throw new Error(`an answer with the status ${status}`);
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : body, { status, headers });
}
