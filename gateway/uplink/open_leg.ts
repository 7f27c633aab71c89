import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Timers } from "../core/timers.ts";
import { openTunnel } from "./proxy_tunnel.ts";
import { reachTcp } from "./reach_tcp.ts";
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

  async #directly(target: Target, tls: LegTls): Promise<Socket> {
    const { localAddress } = this.uplink;
    if (tls) return over(await reachTcp({ ...target, localAddress }, this.timers), target, tls);
    return connectTcp({ ...target, ...(localAddress === undefined ? {} : { localAddress }) });
  }
}

function over(socket: Socket, { host }: Target, tls: LegTls): Socket {
  if (!tls) return socket;
  return connectTls({ socket, ...named(host), ...tls, host });
}

/** SNI carries names only (RFC 6066 section 3). */
function named(host: string): { readonly servername?: string } {
  return isIP(host) ? {} : { servername: host };
}
