import { createServer as createPlainServer, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { WorkerContext } from "../../core/conduit.ts";
import type { ListenerTrust } from "../../core/control_api.ts";
import { listenShared } from "../../core/shared_port.ts";
import { openEndpoint } from "../../pki/worker_endpoint.ts";
import type { FileDesk } from "./file_desk.ts";
import { answer, HttpFiles, type HttpPeer } from "./http_files.ts";
import { SERVING_LIMITS } from "./limits.ts";
import type { FileListener, ServingConfig } from "./worker_config.ts";

/** An open listener of either kind. */
export interface OpenFileListener {
  readonly port: number;
  /** New trust; only of HTTPS. */
  swap?(trust: ListenerTrust): Promise<void>;
  /** Stops accepting. */
  close(): void;
  /** Ends what is left. */
  destroy(): void;
}

/** What a listener works with. */
export interface HttpListenerOptions {
  readonly context: WorkerContext<ServingConfig>;
  readonly desk: FileDesk;
}

const HTTP_OPTIONS = {
  maxHeaderSize: SERVING_LIMITS.headerBytes,
  headersTimeout: SERVING_LIMITS.headersMs,
  requestTimeout: 0, // a log may take long; silence and slowness are looked at while it comes in
  keepAliveTimeout: SERVING_LIMITS.keepAliveMs,
  connectionsCheckingInterval: 1_000,
  noDelay: true,
} as const;

/** Opens the HTTPS listener: a station may show its certificate, which then counts instead of its address. */
export async function openHttps(listener: FileListener, options: HttpListenerOptions): Promise<OpenFileListener> {
  const { context } = options;
  const files = new HttpFiles({ ...context, desk: options.desk, protocol: "https" });
  const sockets = new Set<Socket>();
  const endpoint = await openEndpoint(context, {
    name: listener.name,
    host: listener.host,
    port: listener.port,
    askForCertificate: true,
    limits: { connections: SERVING_LIMITS.connections },
    serve: (tlsOptions) => {
      const server = createServer({ ...HTTP_OPTIONS, ...tlsOptions });
      serve(server, files, sockets, (socket) => {
        const source = socket.remoteAddress ?? "unknown";
        const verdict = endpoint.judge(socket as TLSSocket);
        if (verdict.ok) return { source, commonName: verdict.commonName };
        return verdict.rule === "peer.presented" ? { source } : undefined;
      });
      return server;
    },
    onFailure: ({ source, reason }) => context.log.info("firmware.handshake.failed", { source, reason }),
  });
  return {
    port: endpoint.port,
    swap: (trust) => endpoint.swap(trust),
    close: () => endpoint.close(),
    destroy: ender(sockets),
  };
}

/** Opens a plain listener: an exception of site.yaml, where the address alone proves the station. */
export async function openHttp(
  listener: FileListener,
  { context, desk }: HttpListenerOptions,
): Promise<OpenFileListener> {
  const server = createPlainServer(HTTP_OPTIONS);
  const sockets = new Set<Socket>();
  server.maxConnections = SERVING_LIMITS.connections;
  serve(server, new HttpFiles({ ...context, desk, protocol: "http" }), sockets, ({ remoteAddress = "unknown" }) => ({
    source: remoteAddress,
  }));
  await listenShared(server, listener, context.sharedPorts ?? []);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
    destroy: ender(sockets),
  };
}

function serve(
  server: Server,
  files: HttpFiles,
  sockets: Set<Socket>,
  identify: (socket: Socket) => HttpPeer | undefined,
): void {
  const accept = (socket: Socket) => {
    const of = [...sockets].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress).length;
    if (of >= SERVING_LIMITS.connectionsPerSource) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  server.on("secureConnection", accept);
  if (!isTls(server)) server.on("connection", accept);
  server.on("request", (request, response) => {
    const peer = identify(request.socket);
    if (!peer) return answer(response, 403); // it showed a certificate that is not acceptable
    void files.handle(request, response, peer);
  });
  server.on("clientError", (_error, socket) => {
    if (!socket.writable) return void socket.destroy();
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", () => socket.destroy());
  });
}

const isTls = (server: Server): boolean => "setSecureContext" in server;

const ender = (sockets: ReadonlySet<Socket>) => () => sockets.forEach((socket) => socket.destroy());
