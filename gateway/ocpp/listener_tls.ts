import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import type { WorkerContext } from "../core/conduit.ts";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { SocketVerifier } from "../pki/verify_socket.ts";
import {
  answerPlainRequest,
  closeServer,
  HTTP_OPTIONS,
  listen,
  type OnUpgrade,
  type OpenListener,
  requirePermission,
  serveUpgrades,
} from "./listener.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { PeerIdentity } from "./peer_identity.ts";
import type { Reporter } from "./reporter.ts";
import { stationSecurityEvent } from "./security_events.ts";
import type { OcppListener, OcppWorkerConfig } from "./worker_config.ts";

/** What a TLS listener works with. */
export interface TlsListenerOptions {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly reporter: Reporter;
  readonly onUpgrade: OnUpgrade;
}

/** Opens a TLS 1.2 and 1.3 listener with an optional client certificate: profiles 2 and 3 on one port. */
export async function openTlsListener(listener: OcppListener, options: TlsListenerOptions): Promise<OpenListener> {
  await requirePermission(listener);
  const { context, reporter } = options;
  let trust = await context.control.call("trust.listener", { listener: listener.name });
  const verifier = new SocketVerifier();
  const server = createServer({
    ...HTTP_OPTIONS,
    ...secureOptions(trust),
    handshakeTimeout: OCPP_LIMITS.headersTimeoutMs,
    requestCert: true,
    rejectUnauthorized: false, // no certificate is profile 2; a wrong one is refused below, with the reason
  }, answerPlainRequest);
  const identify = (socket: Socket): PeerIdentity => {
    const verdict = verifier.verify(socket as TLSSocket, trust, context.clock.now());
    if (verdict.ok) {
      const { commonName, fingerprint, serial } = verdict;
      return { kind: "certificate", commonName, fingerprint, serial };
    }
    if (verdict.rule === "peer.presented") return { kind: "anonymous" };
    return { kind: "refused", rule: verdict.rule, message: verdict.message };
  };
  serveUpgrades(server, identify, options.onUpgrade);
  server.on("tlsClientError", (error: Error & { code?: string }, socket: TLSSocket) => {
    reportTlsFailure(listener, options, error, socket.remoteAddress ?? "unknown");
  });
  await listen(server, listener);
  reporter.clear("ocpp.station.tls", listener.name);
  return {
    port: (server.address() as AddressInfo).port,
    swap: (next) => {
      server.setSecureContext(secureOptions(next));
      trust = next;
      return Promise.resolve();
    },
    close: () => closeServer(server),
  };
}

function secureOptions({ identities, clientCas }: ListenerTrust): SecureContextOptions {
  const [identity] = identities;
  if (!identity) throw new GatewayError("SUP_START_FAILED", "Cannot open a TLS listener: it has no certificate");
  requirePair(identity);
  return { cert: identity.certPem, key: identity.keyPem, ca: [...clientCas], minVersion: "TLSv1.2" };
}

/** setSecureContext takes anything and kills the listener with it (facts: security F5). */
function requirePair({ certPem, keyPem, names }: ServerIdentity): void {
  if (new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))) return;
  throw new GatewayError(
    "SUP_START_FAILED",
    `Certificate and key of ${names[0] ?? "a listener"} do not belong together`,
  );
}

function reportTlsFailure(
  listener: OcppListener,
  { context, reporter }: TlsListenerOptions,
  error: Error & { code?: string },
  source: string,
): void {
  const event = stationSecurityEvent(error.code, error.message);
  context.metrics.count("bulkhead_ocpp_tls_failures_total", { event: event ?? "other" });
  reporter.auditRepeating({
    event: "ocpp.tls.failed",
    class: "security",
    who: "unknown",
    outcome: "refused",
    rule: event ?? "ocpp.tls",
    source,
    detail: { listener: listener.name, why: `${error.code ?? ""} ${error.message}`.slice(0, 300) },
  });
  if (event) reporter.raise("ocpp.station.tls", source, `${event} at ${listener.name}`);
}
