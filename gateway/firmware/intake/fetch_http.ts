import { type IncomingMessage, request as requestHttp } from "node:http";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Timers } from "../../core/timers.ts";
import { letPauseReachTcp } from "../../core/tls_pause.ts";
import { verifiedServer } from "../../pki/verified_server.ts";
import { openTunnel } from "../../uplink/proxy_tunnel.ts";
import { reachTcp } from "../../uplink/reach_tcp.ts";
import { proxyFor, type Uplink } from "../../uplink/settings.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { type AllowedUrl, allowUrl, hostOf, type HostRule, portOf, requireAddress, shownUrl } from "./fetch_rules.ts";
import { fetchFailed, type FetchWatch } from "./guarded_stream.ts";

/** The way out of the site for HTTP. */
export type HttpWay = FetchWatch & { readonly uplink: Pick<Uplink, "proxy" | "bypass"> };

/** A body that has begun to come. */
export interface OpenBody {
  readonly body: AsyncIterable<Uint8Array>;
  close(): void;
}

/** An answer that is no 200. */
export class HttpStatusError extends Error {
  constructor(readonly status: number, where: string) {
    super(`${where} answered with status ${status}: wanted 200`);
  }
}

/**
 * Opens a URL by GET. Redirects are followed a few times, each judged like the first URL; never from https to http. The
 * address is looked at before a byte is sent.
 * @throws UpstreamError FIRMWARE_FETCH_FAILED (cause HttpStatusError), GatewayError FIRMWARE_HOST_REFUSED
 */
export async function openHttp(from: AllowedUrl, hosts: readonly HostRule[], way: HttpWay): Promise<OpenBody> {
  let at = from;
  for (let redirects = 0;; redirects++) {
    const { response, close } = await get(at, way);
    const status = response.statusCode ?? 0;
    if (status === 200) {
      const encoding = response.headers["content-encoding"];
      if (encoding === undefined || encoding === "identity") return { body: response, close };
      close();
      throw fetchFailed(shownUrl(at.url), new Error(`it came as ${encoding}: wanted the file as it is`));
    }
    close();
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      throw fetchFailed(shownUrl(at.url), new HttpStatusError(status, at.url.host));
    }
    if (redirects >= FIRMWARE_LIMITS.redirects) {
      throw fetchFailed(shownUrl(from.url), new Error(`more than ${FIRMWARE_LIMITS.redirects} redirects`));
    }
    const next = allowUrl(URL.parse(location, at.url)?.href ?? location, hosts);
    if (at.url.protocol === "https:" && next.url.protocol !== "https:") {
      throw fetchFailed(shownUrl(from.url), new Error(`it redirects from https to ${next.url.protocol.slice(0, -1)}`));
    }
    at = next;
  }
}

async function get(at: AllowedUrl, way: HttpWay): Promise<{ response: IncomingMessage; close(): void }> {
  const where = shownUrl(at.url);
  const socket = await dial(at, way);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { url } = at;
  const authorization = url.username === "" ? {} : {
    authorization: `Basic ${
      Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString("base64")
    }`,
  };
  const request = requestHttp({
    createConnection: () => socket,
    method: "GET",
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      "user-agent": "bulkhead",
      connection: "close",
      "accept-encoding": "identity",
      ...authorization,
    },
  });
  const fail = (cause: unknown) => reject(fetchFailed(where, cause));
  const cancel = way.timers.after(FIRMWARE_LIMITS.connectMs, () => fail(new Error("no answer in time")));
  request.on("error", fail);
  request.on("response", resolve);
  request.end();
  try {
    return { response: await promise, close: () => void socket.destroy() };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    cancel();
  }
}

/** A connection to the URL's host whose address and, with https, certificate were judged. */
export async function dial({ url, rule }: AllowedUrl, { uplink, timers }: HttpWay): Promise<Socket> {
  const at = { host: hostOf(url), port: portOf(url) }, where = shownUrl(url);
  const failed = (error: unknown): never => {
    throw fetchFailed(where, error);
  };
  const proxy = proxyFor(uplink, at.host);
  if (proxy) { // it resolves the name itself
    const tunnel = await openTunnel(proxy, at, timers);
    return url.protocol === "http:" ? tunnel : await secured(tunnel, at.host, rule, timers).catch(failed);
  }
  const plain = await reachTcp({ ...at, withinMs: FIRMWARE_LIMITS.connectMs }, timers).catch(failed);
  try {
    requireAddress(plain.remoteAddress, rule);
  } catch (error) {
    plain.destroy();
    throw error;
  }
  return url.protocol === "http:" ? plain : await secured(plain, at.host, rule, timers).catch(failed);
}

/** TLS over a connection that stands, to a server whose certificate holds. */
async function secured(plain: Socket, host: string, rule: HostRule, timers: Timers): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connectTls({ socket: plain, ...verifiedServer(host, rule.ca) });
  const cancel = timers.after(FIRMWARE_LIMITS.connectMs, () => reject(new Error("no TLS connection in time")));
  socket.on("error", reject);
  socket.on("secureConnect", () => resolve(socket));
  try {
    const open = await promise;
    letPauseReachTcp(open); // else a fast host would fill the memory while the disk is slow (docs/decisions/0109)
    return open;
  } catch (error) {
    socket.destroy();
    plain.destroy();
    throw error;
  } finally {
    cancel();
  }
}
