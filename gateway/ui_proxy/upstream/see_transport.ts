import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { DeviceTransport } from "../../core/device_operations_api.ts";
import type { Timers } from "../../core/timers.ts";
import { letPauseReachTcp } from "../../core/tls_pause.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** Where controllers answer without TLS beside their own port. */
export const PLAIN_PORT = 80;
/** Nobody is asked for anything: the answer's first word is all that is read. */
const QUESTION = "HEAD / HTTP/1.0\r\nConnection: close\r\n\r\n";

/**
 * How the pages of a controller answer at the transport, without a login and without believing anybody: whether its port
 * speaks TLS, and if not whether it, or port 80 beside it, speaks HTTP without. Each in a connection of its own.
 */
export async function seeTransport(origin: string, timers: Timers, plainPort = PLAIN_PORT): Promise<DeviceTransport> {
  const { hostname, port: given, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, ""), port = Number(given) || (protocol === "https:" ? 443 : 80);
  if (await speaksTls(host, port, timers)) return { own: "tls", isPlainBeside: false };
  if (await speaksHttp(host, port, timers)) return { own: "plain", isPlainBeside: false };
  return { own: "none", isPlainBeside: port !== plainPort && await speaksHttp(host, plainPort, timers) };
}

function speaksTls(host: string, port: number, timers: Timers): Promise<boolean> {
  return within(host, port, timers, (tcp, said) => {
    const names = isIP(host) ? {} : { servername: host };
    const socket = connectTls({ socket: tcp, ...names, rejectUnauthorized: false, minVersion: "TLSv1.2" });
    letPauseReachTcp(socket);
    socket.on("error", () => said(false)).once("secureConnect", () => said(true)).once("close", () => said(false));
  });
}

function speaksHttp(host: string, port: number, timers: Timers): Promise<boolean> {
  return within(host, port, timers, (tcp, said) => {
    tcp.once("data", (bytes) => said(String(bytes).startsWith("HTTP/"))).once("close", () => said(false));
    tcp.write(QUESTION);
  });
}

/** One connection, ended as soon as something is said, and after the time of a dial in any case. */
function within(
  host: string,
  port: number,
  timers: Timers,
  ask: (tcp: Socket, said: (is: boolean) => void) => void,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const tcp = connectTcp({ host, port, noDelay: true });
  const stop = timers.after(UI_PROXY_LIMITS.deviceConnectMs, () => resolve(false));
  tcp.on("error", () => resolve(false)); // stays: a socket without anybody who hears ends the Worker
  tcp.once("connect", () => ask(tcp, resolve)); // TLS begins when TCP is there (decision 0151)
  return promise.finally(() => {
    stop();
    tcp.destroy();
  });
}
