import { connect as connectTcp, type Socket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { openTunnel } from "../uplink/proxy_tunnel.ts";
import type { HttpProxy } from "../uplink/settings.ts";
import { verifiedServer } from "../pki/verified_server.ts";
import { COURIER_LIMITS } from "./limits.ts";

/**
 * How a receiver proves itself, and we to it, and the proxy on the way to it. PEM; without `ca` the public CAs of the box
 * count.
 */
export interface TlsTrust {
  readonly proxy?: HttpProxy;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where a receiver listens. */
export interface TlsAddress {
  readonly host: string;
  readonly port: number;
}

/** Options of every TLS connection that the courier makes, for node:tls, node:https and nodemailer. */
export function tlsOptions({ ca, cert, key }: TlsTrust, host: string): ConnectionOptions {
  return {
    ...verifiedServer(host, ca),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * Opens a TLS connection.
 * @throws UpstreamError DELIVERY_UNREACHABLE with what TCP or TLS said; UPLINK_PROXY_REFUSED, UPLINK_PROXY_UNREACHABLE
 */
export async function connectTls(address: TlsAddress, trust: TlsTrust, timers: Timers): Promise<TLSSocket> {
  const tcp = await connectPlain(address, trust, timers);
  const socket = connect({ socket: tcp, host: address.host, ...tlsOptions(trust, address.host) });
  // `authorized` alone is true for a resumed or certificate-less peer in cases measured on Deno 2.9.6
  const isProven = () => socket.authorized && socket.getPeerCertificate(true)?.raw !== undefined;
  try {
    return await opened(socket, "secureConnect", address, timers, isProven);
  } catch (error) {
    tcp.destroy();
    throw error;
  }
}

/**
 * Opens a plain connection, for TLS to begin over at once or by STARTTLS: Deno 2.9.6 keeps for ever what a refused
 * `tls.connect` has made, and a receiver that is away is dialled for hours.
 * @throws UpstreamError as connectTls
 */
export async function connectPlain(address: TlsAddress, { proxy }: TlsTrust, timers: Timers): Promise<Socket> {
  if (proxy) return await openTunnel(proxy, address, timers);
  return await opened(connectTcp({ host: address.host, port: address.port }), "connect", address, timers, () => true);
}

function opened<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  { host, port }: TlsAddress,
  timers: Timers,
  isProven: () => boolean,
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  const fail = (why: unknown) => {
    socket.destroy();
    reject(new UpstreamError("DELIVERY_UNREACHABLE", `Cannot connect to ${host}:${port}`, { cause: why }));
  };
  const onClose = () => fail(new Error("the connection was closed during the handshake"));
  const cancel = timers.after(COURIER_LIMITS.connectMs, () => fail(new Error("no answer in time")));
  socket.on("error", fail);
  socket.once("close", onClose);
  socket.once(event, () => {
    socket.off("error", fail);
    socket.off("close", onClose);
    if (isProven()) resolve(socket);
    else fail(new Error("the certificate was not proven"));
  });
  return promise.finally(cancel);
}
