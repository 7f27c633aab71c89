import type { TLSSocket } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { faultOfServer } from "../pki/verified_server.ts";
import { UplinkDialer } from "../uplink/open_leg.ts";
import type { Uplink } from "../uplink/settings.ts";
import { DNS_LIMITS } from "./limits.ts";
import type { DnsUpstreamConfig } from "./worker_config.ts";

/** Opens connections to upstreams: the uplink's proxy if there is one, TCP, TLS, and proof of who answers. */
export class UpstreamDialer {
  readonly #uplink: UplinkDialer;

  constructor(uplink: Uplink, readonly timers: Timers) {
    this.#uplink = new UplinkDialer(uplink, timers);
  }

  /**
   * @throws UpstreamError DNS_UPSTREAM_UNREACHABLE with what TCP or the proxy said, DNS_UPSTREAM_REFUSED when the far end
   * is not the one of site.yaml
   */
  async open(upstream: DnsUpstreamConfig, protocol: "dot" | "h2"): Promise<TLSSocket> {
    const { id, host, port, name, ca } = upstream;
    let socket: TLSSocket | undefined;
    try {
      const wanted = name ?? host;
      socket = await this.#uplink.open({ host, port }, {
        ...name === undefined ? {} : { servername: name },
        ...ca === undefined ? {} : { ca },
        ALPNProtocols: [protocol],
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
        checkServerIdentity: (_, certificate) => faultOfServer(wanted, certificate),
      }) as TLSSocket;
      await this.#secured(socket);
      // `authorized` alone is true without a certificate in cases measured on Deno 2.9.6 (facts: security F3)
      if (!socket.authorized || socket.getPeerCertificate(true)?.raw === undefined) {
        throw new Error("it proved nothing");
      }
      return socket;
    } catch (cause) {
      socket?.destroy();
      throw faultOf(id, name ?? host, cause as Error & { readonly code?: string });
    }
  }

  #secured(socket: TLSSocket): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onClose = () => reject(new Error("it closed the connection"));
    const cancel = this.timers.after(DNS_LIMITS.upstreamConnectMs, () => reject(new Error("no connection in time")));
    socket.once("secureConnect", resolve);
    socket.on("error", reject);
    socket.once("close", onClose);
    return promise.finally(() => {
      cancel();
      socket.off("secureConnect", resolve);
      socket.off("close", onClose);
      socket.off("error", reject);
    });
  }
}

/** Faults of TCP; all others come from TLS and mean that the wrong one answers, or not in TLS. */
const UNREACHABLE = /^(E[A-Z]{3,}|ENOTFOUND)$|closed the connection|in time/;

function faultOf(id: string, name: string, cause: Error & { readonly code?: string }): UpstreamError {
  if (cause instanceof UpstreamError) return cause;
  if (UNREACHABLE.test(cause.code ?? cause.message)) {
    return new UpstreamError("DNS_UPSTREAM_UNREACHABLE", `Cannot reach the DNS upstream ${id}: ${cause.message}`, {
      cause,
      hint: "Check dns.upstream and that the box's firewall lets it out to this port",
    });
  }
  return new UpstreamError("DNS_UPSTREAM_REFUSED", `The DNS upstream ${id} is not "${name}": ${cause.message}`, {
    cause,
    hint: "Check its name and caFile under dns.upstream; somebody on the way may answer in its place",
  });
}
