import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ControlApi } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { COURIER_LIMITS } from "./limits.ts";

/** The listener for Prometheus while it runs. */
export interface MetricsListener {
  /** Host and port that it listens on. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` on a plain port that the configuration keeps off OT addresses; nothing else has an answer.
 * @param listen "host:port", IPv6 in brackets
 * @throws GatewayError SUP_PERMISSION when the Worker may not listen there, SUP_START_FAILED when it cannot
 */
export async function listenForMetrics(
  listen: string,
  control: Rpc<ControlApi>,
  log: Logger,
): Promise<MetricsListener> {
  // A listen without permission ends the whole process instead of failing (measured on 2.9.6).
  const { state } = await Deno.permissions.query({ name: "net", host: listen });
  if (state !== "granted") throw new GatewayError("SUP_PERMISSION", `The courier may not listen on ${listen}`);
  const server = createServer({
    headersTimeout: COURIER_LIMITS.metricsHeadersMs,
    requestTimeout: COURIER_LIMITS.metricsRequestMs,
    keepAliveTimeout: COURIER_LIMITS.metricsIdleMs,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: COURIER_LIMITS.metricsHeaderBytes,
  }, (request, response) => void answer(request, response, control, log));
  server.maxConnections = COURIER_LIMITS.metricsConnections;
  await listenOn(server, listen);
  const address = server.address() as { readonly address: string; readonly port: number; readonly family: string };
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    where: `${host}:${address.port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listenOn(server: Server, listen: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const at = listen.lastIndexOf(":");
  server.once("error", (cause) => {
    reject(new GatewayError("SUP_START_FAILED", `Cannot listen on ${listen} for Prometheus`, { cause }));
  });
  const host = listen.slice(0, at).replace(/^\[|\]$/g, "");
  // Shared, so that a reload can start the next courier beside this one.
  server.listen({ host, port: Number(listen.slice(at + 1)), reusePort: true }, () => resolve());
  return promise;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  control: Rpc<ControlApi>,
  log: Logger,
): Promise<void> {
  request.resume();
  if (request.url !== "/metrics") return end(response, 404, "Not found\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return end(response, 405, "Only GET\n");
  }
  try {
    const { contentType, text } = await control.call("metrics.text", {});
    end(response, 200, text, contentType);
  } catch (error) {
    log.warn("courier.metrics.failed", { msg: describeError(error) });
    end(response, 503, "Metrics are not available now\n");
  }
}

function end(response: ServerResponse, status: number, text: string, contentType = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(text);
}
