import { HAL_LIMITS } from "./limits.ts";

/** Tells systemd how this process is doing (sd_notify(3)). Everything is a no-op when systemd does not ask. */
export interface ServiceManager {
  /** Half of WatchdogSec in milliseconds: how often to call `watchdog`; undefined when systemd sets no watchdog. */
  readonly watchdogPeriodMs: number | undefined;
  ready(status?: string): void;
  status(text: string): void;
  watchdog(): void;
  stopping(status?: string): void;
  close(): void;
}

/** What systemd's client needs from the process. */
export interface ServiceManagerOptions {
  /** Environment: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly env: (name: string) => string | undefined;
  readonly pid: number;
  /** Told of a message that could not be sent; the process goes on. */
  readonly onFault: (error: unknown) => void;
}

const SILENT: ServiceManager = {
  watchdogPeriodMs: undefined,
  ready: () => {},
  status: () => {},
  watchdog: () => {},
  stopping: () => {},
  close: () => {},
};

/**
 * The service manager of this process. Deno asks for unscoped net, read and write permission for a datagram socket of this
 * kind, so only the supervisor (main) and hald can use it; both carry the "net" feature of deno.json.
 */
export function openServiceManager(options: ServiceManagerOptions): ServiceManager {
  const target = options.env("NOTIFY_SOCKET");
  if (!target || !/^[/@]/.test(target)) return SILENT;
  const path = toPath(target);
  // Bound in the abstract namespace: no file to clean up, and the kernel frees the name with the process.
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: `\0bulkhead-notify-${options.pid}` });
  let last: Promise<unknown> = Promise.resolve();
  const send = (...lines: string[]) => {
    const bytes = new TextEncoder().encode(lines.join("\n"));
    last = last.then(() => socket.send(bytes, { transport: "unixpacket", path })).catch(options.onFault);
  };
  return {
    watchdogPeriodMs: watchdogPeriod(options),
    ready: (status) => send("READY=1", ...status === undefined ? [] : [statusLine(status)]),
    status: (text) => send(statusLine(text)),
    watchdog: () => send("WATCHDOG=1"),
    stopping: (status) => send("STOPPING=1", ...status === undefined ? [] : [statusLine(status)]),
    close: () => void last.finally(() => socket.close()),
  };
}

/** A name that starts with "@" is in the abstract namespace, where the first byte is zero. */
function toPath(target: string): string {
  return target.startsWith("@") ? `\0${target.slice(1)}` : target;
}

/** One line, cut to the limit: a newline in it would start another variable. */
function statusLine(text: string): string {
  const room = HAL_LIMITS.notifyBytes - "READY=1\nSTATUS=".length;
  const bytes = new TextEncoder().encode(text.replaceAll(/[\r\n\0]+/g, " ")).subarray(0, room);
  return `STATUS=${new TextDecoder().decode(bytes).replace(/\ufffd+$/, "")}`;
}

function watchdogPeriod({ env, pid }: ServiceManagerOptions): number | undefined {
  const forPid = env("WATCHDOG_PID");
  if (forPid && Number(forPid) !== pid) return undefined;
  const micros = Number(env("WATCHDOG_USEC") ?? "");
  return Number.isSafeInteger(micros) && micros > 0 ? micros / 2_000 : undefined;
}
