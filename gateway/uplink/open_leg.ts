import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Timers } from "../core/timers.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { openTunnel } from "./proxy_tunnel.ts";
import { proxyFor, type Target, type Uplink } from "./settings.ts";

/** TLS of a connection; undefined for a plain one. */
export type LegTls = Omit<ConnectionOptions, "host" | "port" | "path" | "socket"> | undefined;

/**
 * Makes the connections to CSMS: through the proxy or directly, from the uplink's address, with TCP keep-alive. Without
 * a proxy the socket comes back while it connects, so that its errors are heard by whoever uses it.
 */
export class UplinkDialer {
  constructor(readonly uplink: Uplink, readonly timers: Timers) {}

  /** Opens the way to a host. @throws UpstreamError UPLINK_PROXY_REFUSED, UPLINK_PROXY_UNREACHABLE */
  async open(target: Target, tls: LegTls): Promise<Socket> {
    const proxy = proxyFor(this.uplink, target.host);
    const socket = proxy
      ? over(await openTunnel(proxy, target, this.timers, this.uplink.localAddress), target, tls)
      : await this.#directly(target, tls);
    socket.setNoDelay(true);
    socket.setKeepAlive(this.uplink.keepAliveSeconds > 0, this.uplink.keepAliveSeconds * 1_000);
    return socket;
  }

  /**
   * TLS begins when TCP is there: Deno 2.9.6 keeps what a refused `tls.connect` has made for ever, and a CSMS that is away is dialled
   * for hours by every station.
   */
  async #directly(target: Target, tls: LegTls): Promise<Socket> {
    const { localAddress } = this.uplink;
    const socket = connectTcp({ ...target, ...(localAddress === undefined ? {} : { localAddress }) });
    return tls ? over(await connected(socket, target, this.timers), target, tls) : socket;
  }
}

function over(socket: Socket, { host }: Target, tls: LegTls): Socket {
  if (!tls) return socket;
  return connectTls({ socket, ...named(host), ...tls, host });
}

/** The socket once it is connected. @throws Error of the system, or that nobody answered in time */
function connected(socket: Socket, { host, port }: Target, timers: Timers): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const cancel = timers.after(
    UPLINK_LIMITS.connectMs,
    () => socket.destroy(new Error(`${host}:${port} does not answer`)),
  );
  socket.on("error", reject); // stays: between here and TLS nobody else listens
  socket.once("connect", () => resolve(socket));
  return promise.finally(cancel);
}

/** SNI carries names only (RFC 6066 section 3). */
function named(host: string): { readonly servername?: string } {
  return isIP(host) ? {} : { servername: host };
}
