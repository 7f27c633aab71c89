import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Service, WorkerContext } from "../core/conduit.ts";
import type { HandshakeFailure } from "../pki/handshake_failure.ts";
import { openEndpoint } from "../pki/worker_endpoint.ts";
import { createConsoleApp } from "./app.tsx";
import type { ConsoleSite } from "./context.ts";
import { BodyDeadlines } from "./http/body_deadlines.ts";
import { CONSOLE_LIMITS } from "./limits.ts";
import { DropFolder, type DropRules } from "./upload/drop_folder.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { patientControl } from "./patient_control.ts";
import type { ConsoleControl } from "./person.ts";
import { TunnelDoor } from "./tunnel_door.ts";

/** What the console Worker is told. */
export interface ConsoleWorkerConfig {
  readonly host: string;
  readonly port: number;
  readonly hostname: string;
  readonly site: ConsoleSite;
  /** Absent: the site takes no firmware. */
  readonly uploads?: DropRules;
  /** Where encrypted ZIPs of stations' files are. */
  readonly handOuts?: string;
  /** Where the verified images of the vault are. */
  readonly images?: string;
}

/** The console's listener as pki names it. */
export const CONSOLE_LISTENER = "console";

/** Milliseconds between two looks whether all requests are answered, while draining. */
const DRAIN_LOOK_MS = 50;

/** Starts the console: HTTPS only, on the management side; it asks control for everything. */
export async function startConsole(
  context: WorkerContext<ConsoleWorkerConfig>,
  onPeer: (listener: PeerListener) => void = () => undefined,
): Promise<Service<ConsoleWorkerConfig>> {
  const { config, clock, timers, random, log } = context;
  const control = patientControl(context.control as unknown as ConsoleControl);
  const current = { config };
  const deadlines = new BodyDeadlines(timers), { uploads } = config;
  const app = createConsoleApp({
    ...{ control, clock, timers, random, log },
    site: () => current.config.site,
    hostname: () => current.config.hostname,
    ...uploads ? { drop: new DropFolder(uploads, random) } : {},
    ...config.handOuts === undefined ? {} : { handOuts: config.handOuts },
    ...config.images === undefined ? {} : { images: config.images },
    longBody: (request) => deadlines.release((request.env as NodeBindings).incoming!),
    sourceOf: (request) => addressOf(request.env as NodeBindings),
  });
  const respond = getRequestListener(app.fetch);
  const running = new Set<ServerResponse>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    running.add(response);
    response.on("close", () => running.delete(response));
    deadlines.begin(request, response);
    void respond(request, response);
  };
  const tunnels = new TunnelDoor({ timers, log, hostname: () => current.config.hostname });
  onPeer(tunnels.peer);
  const endpoint = await openEndpoint({ ...context, control }, {
    name: CONSOLE_LISTENER,
    host: config.host,
    port: config.port,
    askForCertificate: false,
    serve: (options) =>
      createServer({
        ...options,
        maxHeaderSize: CONSOLE_LIMITS.headerBytes,
        headersTimeout: CONSOLE_LIMITS.requestMs,
        requestTimeout: 0, // of its bodies: BodyDeadlines
        keepAliveTimeout: CONSOLE_LIMITS.keepAliveMs,
      }, handle).on("clientError", answerBroken).on("upgrade", (request, socket, head) => {
        tunnels.upgrade(request, socket, head, addressOf({ incoming: request }));
      }),
    onFailure: ({ source, reason }: HandshakeFailure) => log.debug("console.handshake.failed", { source, reason }),
    limits: { connections: CONSOLE_LIMITS.connections },
  });
  return {
    listening: { console: `https://${nameOf(config)}:${endpoint.port}` },
    handlers: { "trust.changed": ({ trust }) => endpoint.swap(trust) },
    health: () => ({ state: "ok" }),
    reconfigure: (next) => Promise.resolve(void (current.config = next)),
    drain: async (deadlineMs) => {
      const answered = Promise.withResolvers<void>();
      const cancel = timers.after(deadlineMs, answered.resolve);
      const idle = timers.every(DRAIN_LOOK_MS, () => running.size === 0 && answered.resolve());
      if (running.size === 0) answered.resolve();
      await answered.promise;
      cancel();
      idle();
      tunnels.close();
      endpoint.close();
    },
  };
}

/** What @hono/node-server gives each request. */
interface NodeBindings {
  readonly incoming?: IncomingMessage;
}

/** The browser's address as the socket saw it; IPv4 over an IPv6 socket in its usual form. */
function addressOf({ incoming }: NodeBindings): string {
  return (incoming?.socket.remoteAddress ?? "unknown").replace(/^::ffff:(?=\d+\.)/, "");
}

const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

/** Says why before it closes: over TLS the built-in answer to a broken request is lost (measured on Deno 2.9.6). */
function answerBroken(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const status = STATUS[error.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** On loopback the address is what a browser on this box can reach; elsewhere people type the host name. */
function nameOf({ host, hostname }: ConsoleWorkerConfig): string {
  return host.startsWith("127.") || host === "::1" ? host : hostname;
}
