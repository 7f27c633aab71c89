import { lookup } from "node:dns/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../core/clock.ts";
import type { Json, UpstreamRoute } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { upstreamSecurityEvent } from "./security_events.ts";
import { upstreamUrl } from "./upstream.ts";

/** How far a probe came; absent steps were not reached. Times in milliseconds from the start. */
export interface ProbeResult {
  readonly host: string;
  addresses?: string[];
  tcpMs?: number;
  tlsMs?: number;
  tlsVersion?: string;
  certificate?: { readonly subject: string; readonly issuer: string; readonly validTo: string };
  httpMs?: number;
  /** Status of a plain GET. Any answer means that a web server is there: OCPP servers say 400, 404 or 426. */
  httpStatus?: number;
  error?: string;
  securityEvent?: string;
}

/**
 * Walks name, TCP, TLS and HTTP to a CSMS without opening a WebSocket: a second connection of the same identity would
 * disturb the live one.
 */
export async function probeUpstream(route: UpstreamRoute, stationId: string, clock: Clock): Promise<Json> {
  const url = upstreamUrl(route.url, stationId);
  const result: ProbeResult = { host: url.host };
  const start = clock.monotonic();
  const elapsed = () => Math.round(clock.monotonic() - start);
  try {
    const found = await lookup(url.hostname.replace(/^\[|\]$/g, ""), { all: true });
    result.addresses = found.map(({ address }) => address);
    await get(url, route, result, elapsed);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    result.error = code === undefined ? message : `${code}: ${message}`;
    const event = upstreamSecurityEvent(code, message);
    if (event) result.securityEvent = event;
  }
  return result as unknown as Json;
}

function get(url: URL, route: UpstreamRoute, result: ProbeResult, elapsed: () => number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const isTls = url.protocol === "wss:";
  const target = new URL(url);
  target.protocol = isTls ? "https:" : "http:";
  const options = {
    agent: false,
    timeout: OCPP_LIMITS.dialTimeoutMs,
    ...(route.caPem?.length ? { ca: [...route.caPem] } : {}),
    ...(route.clientCertificate ? { cert: route.clientCertificate.certPem, key: route.clientCertificate.keyPem } : {}),
  } as const;
  const sent = (isTls ? httpsRequest : httpRequest)(target, options, (response) => {
    result.httpMs = elapsed();
    if (response.statusCode !== undefined) result.httpStatus = response.statusCode;
    response.destroy();
    resolve();
  });
  sent.on("socket", (socket) => {
    socket.once("connect", () => result.tcpMs ??= elapsed());
    socket.once("secureConnect", () => describeTls(socket as TLSSocket, result, elapsed));
  });
  sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
  sent.once("error", reject);
  sent.end();
  return promise;
}

function describeTls(socket: TLSSocket, result: ProbeResult, elapsed: () => number): void {
  result.tlsMs = elapsed();
  result.tcpMs ??= result.tlsMs;
  const version = socket.getProtocol();
  if (version) result.tlsVersion = version;
  const { subject, issuer, valid_to: validTo } = socket.getPeerCertificate();
  if (subject) {
    result.certificate = { subject: String(subject.CN ?? ""), issuer: String(issuer?.CN ?? ""), validTo };
  }
}
