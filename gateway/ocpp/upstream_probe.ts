import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../core/clock.ts";
import type { UpstreamRoute } from "../core/control_api.ts";
import type { UplinkDialer } from "../uplink/open_leg.ts";
import { proxyFor, targetOf } from "../uplink/settings.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { upstreamSecurityEvent } from "./security_events.ts";
import { checkServerIdentity, trustedCas, upstreamUrl } from "./upstream.ts";

/** One step on the way to a CSMS. */
export interface ProbeStep {
  readonly step: "name" | "proxy" | "tcp" | "tls" | "http";
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Walks name, TCP (or the uplink's proxy, which does both), TLS and HTTP to a CSMS, up to the first that fails. Opens no WebSocket: a second connection of
 * the same identity would disturb the live one.
 */
export async function probeUpstream(
  route: UpstreamRoute,
  stationId: string,
  clock: Clock,
  uplink: UplinkDialer,
): Promise<ProbeStep[]> {
  const url = upstreamUrl(route.url, stationId);
  const steps: ProbeStep[] = [];
  const start = clock.monotonic();
  const pass = (step: ProbeStep["step"], detail: string) => {
    steps.push({ step, ok: true, detail: `${detail} after ${Math.round(clock.monotonic() - start)} ms` });
  };
  const isProxied = proxyFor(uplink.uplink, targetOf(url).host) !== undefined;
  const order: readonly ProbeStep["step"][] = [
    ...(isProxied ? ["proxy"] as const : ["name", "tcp"] as const),
    ...(url.protocol === "wss:" ? ["tls"] as const : []),
    "http",
  ];
  const late = Promise.withResolvers<never>(), way = openWay(url, route, uplink, isProxied, pass);
  const cancel = uplink.timers.after(OCPP_LIMITS.dialTimeoutMs, () => late.reject(new Error(NO_ANSWER)));
  try {
    await Promise.race([late.promise, way.then((socket) => get(url, socket, pass))]);
  } catch (error) {
    // Only the connection itself may resolve the name: a look-up apart needs a permission for every port of the host.
    const { code } = error as { readonly code?: string };
    if (!isProxied && steps.length === 0 && !/^(ENOTFOUND|EAI_)/.test(code ?? "")) {
      pass("name", `${url.hostname} is known`);
    }
    const step = order.find((name) => !steps.some((done) => done.step === name)) ?? "http";
    steps.push({ step, ok: false, detail: describeFault(error as Error & { code?: string }) });
  } finally {
    cancel();
    way.then((socket) => socket.destroy(), () => undefined); // also one that opens after all
  }
  return steps;
}

/** What hears nothing more is told as far as it went; the asker's own patience is longer. */
const NO_ANSWER = `no answer in ${OCPP_LIMITS.dialTimeoutMs / 1_000} s`;

type Pass = (step: ProbeStep["step"], detail: string) => void;

/** node:https would ask for rights to the list of public CAs that no Worker can be given. */
async function openWay(url: URL, route: UpstreamRoute, uplink: UplinkDialer, isProxied: boolean, pass: Pass) {
  const isTls = url.protocol === "wss:";
  const socket = await uplink.open(targetOf(url), isTls ? tlsOptions(route) : undefined);
  const connected = () => {
    pass("name", `${url.hostname} is ${socket.remoteAddress ?? "known"}`);
    pass("tcp", `connected to ${url.host}`);
  };
  if (isProxied) pass("proxy", `a tunnel to ${url.host}`);
  else if (isTls) connected(); // the uplink begins TLS once TCP is there
  else socket.once("connect", connected);
  if (isTls) socket.once("secureConnect", () => pass("tls", describeTls(socket as TLSSocket)));
  return socket;
}

function get(url: URL, socket: Socket, pass: Pass): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { createConnection: () => socket, path: url.pathname, headers: { host: url.host } };
  const sent = httpRequest(options, (response) => {
    // Any answer means that a web server is there: OCPP servers say 400, 404 or 426 to a plain GET.
    pass("http", `status ${response.statusCode}`);
    response.destroy();
    resolve();
  });
  sent.on("error", reject); // destroyed before its answer it says so
  sent.end();
  return promise;
}

function tlsOptions(route: UpstreamRoute) {
  const { clientCertificate } = route;
  return {
    checkServerIdentity,
    ...trustedCas(route),
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
