import { type IncomingMessage, request as requestHttp } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { verifiedServer } from "../../pki/verified_server.ts";
import { openTunnel } from "../../uplink/proxy_tunnel.ts";
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
  const host = hostOf(url), port = portOf(url), where = shownUrl(url);
  const proxy = proxyFor(uplink, host);
  const plain = proxy ? await openTunnel(proxy, { host, port }, timers) : connectTcp({ host, port });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const cancel = timers.after(FIRMWARE_LIMITS.connectMs, () => reject(new Error("no connection in time")));
  let socket: Socket = plain;
  const onPlain = () => {
    try {
      if (!proxy) requireAddress(plain.remoteAddress, rule); // a proxy resolves the name itself
      if (url.protocol === "http:") return resolve(plain);
      const tls = connectTls({ socket: plain, ...verifiedServer(host, rule.ca) });
      socket = tls;
      tls.on("error", reject);
      tls.on("secureConnect", () => resolve(tls));
    } catch (error) {
      reject(error);
    }
  };
  plain.on("error", reject);
  if (proxy) onPlain();
  else plain.on("connect", onPlain);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    plain.destroy();
    throw (error as { code?: string }).code === "FIRMWARE_HOST_REFUSED" ? error : fetchFailed(where, error);
  } finally {
    cancel();
  }
}
