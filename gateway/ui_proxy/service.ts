import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { makePrivateFolder } from "../../hal/durable_file.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import type { DeviceSession } from "../core/device_api.ts";
import type { HandshakeFailure } from "../pki/handshake_failure.ts";
import { createTlsEndpoint, type TlsEndpoint } from "../pki/tls_listener.ts";
import { FrontDoor } from "./front/front_door.ts";
import { PageMap } from "./front/page_map.ts";
import { SessionTable } from "./front/session_table.ts";
import { StationDrivers } from "./front/station_drivers.ts";
import { StrangerLog } from "./front/stranger_log.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { createSpool } from "./upstream/spool.ts";
import {
  createOldTlsHelper,
  type DeviceLink,
  DeviceOperator,
  type DeviceTarget,
  type LinkNeeds,
  openDeviceLink,
  seeTransport,
} from "./upstream/mod.ts";
import type { UiProxyWorkerConfig } from "./worker_config.ts";

/** The listeners of device pages as pki names them: they present the same certificates. */
export const PAGES_LISTENER = "ui_proxy";

/** Milliseconds between two looks whether all requests are answered, while draining. */
const DRAIN_LOOK_MS = 50;

type Context = WorkerContext<UiProxyWorkerConfig>;

/** Starts the door of device pages: HTTPS only, every session, ticket and decision about people asked of control. */
export async function startUiProxy(context: Context): Promise<Service<UiProxyWorkerConfig>> {
  const { control, clock, timers, log, metrics } = context;
  const current = { config: context.config, pages: new PageMap(context.config) };
  const drivers = new StationDrivers();
  const spool = await createSpool(context.config.spoolDir, () => current.config.uploadBytes);
  const table = new SessionTable({
    control,
    clock,
    timers,
    openLink: (session) => openLink({ ...context, spool }, current.config, drivers, session),
    onCount: (sessions) => metrics.set("bulkhead_ui_sessions", sessions),
  });
  const { downloadsDir: downloads, imagesDir: images } = context.config;
  await makePrivateFolder(downloads);
  const operator = new DeviceOperator({ ...context, spool, downloads, ...images === undefined ? {} : { images } });
  const strangers = new StrangerLog((event) => control.call("audit.record", event), timers, log);
  const door = new FrontDoor({
    ...{ control, table, strangers, clock, timers, log, metrics, driverOf: (device) => drivers.of(device) },
    config: () => current.config,
    pages: () => current.pages,
  });
  const running = new Set<ServerResponse>();
  const endpoints = await openEndpoints(context, door, running);
  const sweep = timers.every(UI_PROXY_LIMITS.sweepMs, () => void table.sweep());
  const { config } = context;
  return {
    listening: listeningAt(config, endpoints.map(({ port }) => port)),
    handlers: {
      "trust.changed": async ({ trust }) => void await Promise.all(endpoints.map((endpoint) => endpoint.swap(trust))),
      "device.ended": async ({ sessions }) => ({ ended: await table.end(sessions) }),
      "device.carried": () => ({ sessions: table.ids() }),
      "device.lease.lost": async ({ session, by }) => {
        if (!operator.lose(session, by)) await table.get(session)?.link.lose(by);
      },
      "device.transport": async ({ station }) => {
        const origin = current.config.pages.find((page) => page.station === station)?.device;
        return origin === undefined ? undefined : await seeTransport(origin, timers);
      },
      "device.operate": async ({ session, station, role, task }) => {
        const target = targetOf(current.config, drivers, station);
        if (target) return await operator.operate(target, { id: session, deviceRole: role }, task);
        return { ok: false, failure: "away", why: "The Worker that reaches controllers does not know this one yet" };
      },
    },
    health: () => ({ state: "ok" }),
    reconfigure: (next) => {
      current.config = next;
      current.pages = new PageMap(next);
      return Promise.resolve();
    },
    drain: async (deadlineMs) => {
      await drain(running, deadlineMs, context);
      sweep();
      operator.end();
      for (const endpoint of endpoints) endpoint.close();
      await table.end(table.ids());
      await strangers.flush();
    },
  };
}

/** For people and for the next Worker, which may open the same ports. */
function listeningAt(
  { host, hostname }: UiProxyWorkerConfig,
  [port, ...own]: readonly number[],
): Readonly<Record<string, string>> {
  const text = host.includes(":") ? `[${host}]` : host;
  return {
    "device-pages": `https://*.${hostname}:${port}`,
    ...(own.length > 0 ? { "device-pages-ports": `https://${text}:${own.join(",")}` } : {}),
  };
}

/** The port of all pages that have names, and that of each page which has one. */
async function openEndpoints(
  { config, control, clock, timers, metrics, log, sharedPorts = [] }: Context,
  door: FrontDoor,
  running: Set<ServerResponse>,
): Promise<readonly TlsEndpoint[]> {
  const trust = await control.call("trust.listener", { listener: PAGES_LISTENER });
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    running.add(response);
    response.on("close", () => running.delete(response));
    void door.answer(request, response);
  };
  const ports = [config.port, ...config.pages.flatMap(({ ownPort }) => ownPort === undefined ? [] : [ownPort])];
  return await Promise.all(ports.map((port) =>
    createTlsEndpoint({
      name: PAGES_LISTENER,
      host: config.host,
      port,
      sharedPorts,
      trust,
      askForCertificate: false,
      serve: (options) =>
        createServer({
          ...options,
          maxHeaderSize: UI_PROXY_LIMITS.headBytes,
          headersTimeout: UI_PROXY_LIMITS.headMs,
          requestTimeout: 0, // uploads take their time; a body that stands still is broken off
          keepAliveTimeout: UI_PROXY_LIMITS.keepAliveMs,
          connectionsCheckingInterval: 1_000,
          // Its own answer to a missing Host lets what stands behind it through as the next request (seen on 2.9.6).
          requireHostHeader: false,
        }, handle)
          .on("upgrade", (request, socket, head) => void door.upgrade(request, socket, head))
          .on("clientError", answerBroken),
      onFailure: ({ source, reason }: HandshakeFailure) => log.debug("ui.handshake.failed", { source, reason }),
      clock,
      timers,
      metrics,
      limits: { connections: UI_PROXY_LIMITS.connections },
    })
  ));
}

/** A session's way to its device. */
function openLink(
  needs: LinkNeeds,
  config: UiProxyWorkerConfig,
  drivers: StationDrivers,
  session: DeviceSession,
): DeviceLink {
  const target = targetOf(config, drivers, session.station)!; // it was a page of this configuration
  const { control, timers, clock, log, spool } = needs;
  return openDeviceLink(target, session, { control, timers, clock, log, ...(spool ? { spool } : {}) });
}

/** A configured controller; undefined for one that is none. */
function targetOf(
  { pages, devices, haldSocket }: UiProxyWorkerConfig,
  drivers: StationDrivers,
  station: string,
): DeviceTarget | undefined {
  const [first, ...others] = pages.flatMap((page) => page.station === station ? [page.device] : []);
  const device = devices[station];
  if (!device || first === undefined) return undefined;
  const oldTls = device.oldTls && haldSocket !== undefined ? { oldTls: createOldTlsHelper(haldSocket) } : {};
  return { station, driver: drivers.of(device), origins: [first, ...others], ...oldTls };
}

async function drain(
  running: ReadonlySet<ServerResponse>,
  deadlineMs: number,
  { timers, log }: Context,
): Promise<void> {
  const answered = Promise.withResolvers<void>();
  const cancel = timers.after(deadlineMs, answered.resolve);
  const idle = timers.every(DRAIN_LOOK_MS, () => running.size === 0 && answered.resolve());
  if (running.size === 0) answered.resolve();
  await answered.promise;
  cancel();
  idle();
  if (running.size > 0) log.info("ui.drain.cut", { requests: running.size });
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
