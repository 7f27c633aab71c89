import { connect as connectTcp, type Socket } from "node:net";
import type { Timers } from "../core/timers.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import type { Target } from "./settings.ts";

/** Where to, and what else is chosen. */
export interface Reach extends Target {
  readonly localAddress?: string | undefined;
  readonly noDelay?: boolean;
  /** Milliseconds to wait for the connection. */
  readonly withinMs?: number;
}

/**
 * A TCP connection that stands, for TLS to begin over: Deno 2.9.6 keeps what a refused `tls.connect` has made for ever, and a
 * peer that is away is dialled for hours. Its errors go nowhere until whoever has it listens.
 * @throws Error of the system, that nobody answered in time, or the reason of `signal`
 */
export function reachTcp(
  { host, port, localAddress, noDelay = false, withinMs = UPLINK_LIMITS.connectMs }: Reach,
  timers: Timers,
  signal?: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connectTcp({ host, port, noDelay, ...localAddress === undefined ? {} : { localAddress } });
  const silent = () => socket.destroy(new Error(`${host}:${port} does not answer`));
  const cancel = timers.after(withinMs, silent);
  const abort = () => socket.destroy(new Error("the gateway ends this run"));
  socket.on("error", reject); // stays: between here and TLS nobody else listens
  socket.once("connect", () => resolve(socket));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return promise.finally(() => {
    cancel();
    signal?.removeEventListener("abort", abort);
  });
}
