import { Buffer } from "node:buffer";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { reachTcp } from "./reach_tcp.ts";
import type { HttpProxy, Target } from "./settings.ts";

/** What the status of a refusing proxy asks of the admin. */
const HINTS: Readonly<Record<number, string>> = {
  403: "Ask the operator of the proxy to allow CONNECT to this host and port",
  405: "It is no proxy that knows CONNECT: check network.uplink.proxy.url",
  407: "Check the user and password in network.uplink.proxy.credentialsFile",
  502: "The proxy cannot reach the host; it resolves the name itself",
  503: "The proxy cannot reach the host; it resolves the name itself",
  504: "The proxy cannot reach the host in time",
};

/**
 * Opens a tunnel to a host through an HTTP proxy (RFC 9110 section 9.3.6). The proxy resolves the name: this box needs
 * no DNS for it. The socket is paused; what it carries is none of the proxy's business, so TLS belongs on top.
 * @throws UpstreamError UPLINK_PROXY_REFUSED with the proxy's status, UPLINK_PROXY_UNREACHABLE
 */
export async function openTunnel(
  proxy: HttpProxy,
  target: Target,
  timers: Timers,
  localAddress?: string,
): Promise<Socket> {
  const tcp = proxy.tls ? await reachProxy(proxy, timers, localAddress) : undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = tcp ? secured(tcp, proxy) : connectTcp(fromHere(proxy, localAddress));
  const fail = (cause: unknown) => {
    socket.destroy();
    tcp?.destroy();
    reject(cause instanceof UpstreamError ? cause : unreachable(proxy, cause));
  };
  const onEnd = () => fail(new Error("it closed the connection"));
  const cancel = timers.after(UPLINK_LIMITS.tunnelMs, () => fail(new Error("no answer in time")));
  let answer = Buffer.alloc(0);
  const onData = (chunk: Uint8Array) => {
    answer = Buffer.concat([answer, chunk]);
    const end = answer.indexOf("\r\n\r\n");
    if (end < 0) {
      if (answer.length > UPLINK_LIMITS.answerBytes) fail(new Error("its answer has no end"));
      return;
    }
    const fault = end > UPLINK_LIMITS.answerBytes ? unreachable(proxy, undefined) : judge(proxy, target, answer);
    if (fault) return fail(fault);
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", onEnd);
    socket.off("error", fail);
    socket.pause();
    const rest = answer.subarray(end + 4);
    if (rest.length > 0) socket.unshift(rest);
    resolve(socket);
  };
  socket.on("error", fail);
  socket.on("end", onEnd);
  socket.on("close", onEnd);
  socket.on("data", onData);
  socket.once(proxy.tls ? "secureConnect" : "connect", () => socket.write(connectRequest(proxy, target)));
  return await promise.finally(cancel);
}

const fromHere = ({ host, port }: HttpProxy, localAddress: string | undefined) => ({
  ...{ host, port },
  ...(localAddress === undefined ? {} : { localAddress }),
});

async function reachProxy(proxy: HttpProxy, timers: Timers, localAddress: string | undefined): Promise<Socket> {
  try {
    return await reachTcp(fromHere(proxy, localAddress), timers);
  } catch (error) {
    throw unreachable(proxy, error);
  }
}

function secured(socket: Socket, { host, ca }: HttpProxy): Socket {
  return connectTls({
    ...{ socket, host },
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  });
}

function connectRequest({ authorization }: HttpProxy, { host, port }: Target): string {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Undefined when the tunnel stands. Of the proxy's answer nothing but the status is believed or shown. */
function judge(proxy: HttpProxy, target: Target, answer: Buffer): UpstreamError | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r\n)/.exec(answer.subarray(0, 64).toString("latin1"))?.[1];
  if (status?.startsWith("2")) return undefined;
  const asked = `CONNECT ${target.host}:${target.port}`;
  if (status === undefined) {
    return new UpstreamError(
      "UPLINK_PROXY_REFUSED",
      `The proxy ${proxy.host}:${proxy.port} answered ${asked} with something that is no HTTP`,
      { hint: "Check scheme and port in network.uplink.proxy.url" },
    );
  }
  const hint = HINTS[Number(status)] ?? "Ask the operator of the proxy why";
  return new UpstreamError(
    "UPLINK_PROXY_REFUSED",
    `The proxy ${proxy.host}:${proxy.port} answered ${status} to ${asked}`,
    { hint },
  );
}

function unreachable({ host, port }: HttpProxy, cause: unknown): UpstreamError {
  return new UpstreamError("UPLINK_PROXY_UNREACHABLE", `Cannot use the proxy ${host}:${port}`, {
    cause,
    hint: "Check network.uplink.proxy and that the box reaches it",
  });
}
