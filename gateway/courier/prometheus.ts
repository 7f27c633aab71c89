import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ControlApi } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Rpc } from "../core/rpc.ts";
import { listenShared } from "../core/shared_port.ts";
import { COURIER_LIMITS } from "./limits.ts";

/** The listener for Prometheus while it runs. */
export interface MetricsListener {
  /** Host and port that it listens on. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` on a plain port that the configuration keeps off OT addresses; nothing else has an answer.
 * @param where "host:port", IPv6 in brackets
 * @param sharedPorts see listenShared: a reload starts the next courier beside this one
 * @throws GatewayError SUP_PERMISSION when the Worker may not listen there, SUP_START_FAILED when it cannot
 */
export async function listenForMetrics(
  where: string,
  control: Rpc<ControlApi>,
  log: Logger,
  sharedPorts: readonly number[] = [],
): Promise<MetricsListener> {
  const at = where.lastIndexOf(":");
  const place = { host: where.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(where.slice(at + 1)) };
  const server = createServer({
    headersTimeout: COURIER_LIMITS.metricsHeadersMs,
    requestTimeout: COURIER_LIMITS.metricsRequestMs,
    keepAliveTimeout: COURIER_LIMITS.metricsIdleMs,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: COURIER_LIMITS.metricsHeaderBytes,
  }, (request, response) => void answer(request, response, control, log));
  server.maxConnections = COURIER_LIMITS.metricsConnections;
  await listenShared(server, { name: "metrics", ...place }, sharedPorts);
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
