import { request as httpRequest } from "node:http";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Clock } from "../core/clock.ts";
import type { UpstreamRoute } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { upstreamSecurityEvent } from "./security_events.ts";
import { checkServerIdentity, upstreamUrl } from "./upstream.ts";

/** One step on the way to a CSMS. */
export interface ProbeStep {
  readonly step: "name" | "tcp" | "tls" | "http";
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Walks name, TCP, TLS and HTTP to a CSMS, up to the first step that fails. Opens no WebSocket: a second connection of
 * the same identity would disturb the live one.
 */
export async function probeUpstream(route: UpstreamRoute, stationId: string, clock: Clock): Promise<ProbeStep[]> {
  const url = upstreamUrl(route.url, stationId);
  const steps: ProbeStep[] = [];
  const start = clock.monotonic();
  const pass = (step: ProbeStep["step"], detail: string) => {
    steps.push({ step, ok: true, detail: `${detail} after ${Math.round(clock.monotonic() - start)} ms` });
  };
  const order: readonly ProbeStep["step"][] = url.protocol === "wss:"
    ? ["name", "tcp", "tls", "http"]
    : ["name", "tcp", "http"];
  try {
    await get(url, route, pass);
  } catch (error) {
    // Only the connection itself may resolve the name: a look-up apart needs a permission for every port of the host.
    const { code } = error as { readonly code?: string };
    if (steps.length === 0 && !/^(ENOTFOUND|EAI_)/.test(code ?? "")) pass("name", `${url.hostname} is known`);
    const step = order.find((name) => !steps.some((done) => done.step === name)) ?? "http";
    steps.push({ step, ok: false, detail: describeFault(error as Error & { code?: string }) });
  }
  return steps;
}

function get(url: URL, route: UpstreamRoute, pass: (step: ProbeStep["step"], detail: string) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const isTls = url.protocol === "wss:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const at = { host, port: Number(url.port || (isTls ? 443 : 80)) };
  const open = () => {
    // node:https would ask for rights to the list of public CAs that no Worker can be given.
    const socket = isTls
      ? connectTls({ ...at, ...(isIP(host) ? {} : { servername: host }), ...tlsOptions(route) })
      : connectTcp(at);
    socket.once("connect", () => {
      pass("name", `${url.hostname} is ${socket.remoteAddress}`);
      pass("tcp", `connected to ${url.host}`);
    });
    if (isTls) socket.once("secureConnect", () => pass("tls", describeTls(socket as TLSSocket)));
    return socket;
  };
  const options = {
    createConnection: open,
    path: url.pathname,
    headers: { host: url.host },
    timeout: OCPP_LIMITS.dialTimeoutMs,
  };
  const sent = httpRequest(options, (response) => {
    // Any answer means that a web server is there: OCPP servers say 400, 404 or 426 to a plain GET.
    pass("http", `status ${response.statusCode}`);
    response.destroy();
    resolve();
  });
  sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
  sent.once("error", reject);
  sent.end();
  return promise;
}

function tlsOptions({ caPem, clientCertificate }: UpstreamRoute) {
  return {
    checkServerIdentity,
    ...(caPem?.length ? { ca: [...caPem] } : {}),
    ...(clientCertificate ? { cert: clientCertificate.certPem, key: clientCertificate.keyPem } : {}),
  } as const;
}

function describeTls(socket: TLSSocket): string {
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  return `${socket.getProtocol()}, certificate of ${String(subject?.CN ?? "no name")} valid to ${validTo}`;
}

function describeFault({ code, message }: Error & { readonly code?: string }): string {
  const event = upstreamSecurityEvent(code, message);
  const shown = code !== undefined && message.includes(code) ? [event, message] : [event, code, message];
  return shown.filter((part) => part !== undefined).join(": ").slice(0, 300);
}
