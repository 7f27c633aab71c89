import { createServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { WorkerContext } from "../core/conduit.ts";
import type { HandshakeFailure } from "../pki/handshake_failure.ts";
import type { TlsEndpoint } from "../pki/tls_listener.ts";
import { openEndpoint } from "../pki/worker_endpoint.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { HTTP_OPTIONS, type OnMalformed, type OnUpgrade, type OpenListener, serveUpgrades } from "./listener.ts";
import type { PeerIdentity } from "./peer_identity.ts";
import type { OcppListener, OcppWorkerConfig } from "./worker_config.ts";

/** What a TLS listener works with. */
export interface TlsListenerOptions {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly onUpgrade: OnUpgrade;
  readonly onMalformed: OnMalformed;
  readonly onFailure: (listener: OcppListener, failure: HandshakeFailure) => void;
}

/**
 * Opens a TLS 1.2 and 1.3 listener with an optional client certificate: profiles 2 and 3 on one port. Which of them a
 * station must use is control's decision; here a certificate that was shown must be right.
 */
export async function openTlsListener(listener: OcppListener, options: TlsListenerOptions): Promise<OpenListener> {
  const { context, onUpgrade } = options;
  const identify = (socket: Socket): PeerIdentity => identityOf(endpoint, socket as TLSSocket);
  const endpoint = await openEndpoint(context, {
    name: listener.name,
    host: listener.host,
    port: listener.port,
    askForCertificate: true,
    limits: { connections: OCPP_LIMITS.connectionsPerListener },
    serve: (tlsOptions) => {
      const server = createServer({ ...HTTP_OPTIONS, ...tlsOptions });
      serveUpgrades(server, identify, onUpgrade, options.onMalformed);
      return server;
    },
    onFailure: (failure) => options.onFailure(listener, failure),
  });
  return endpoint;
}

function identityOf(endpoint: TlsEndpoint, socket: TLSSocket): PeerIdentity {
  const verdict = endpoint.judge(socket);
  if (verdict.ok) {
    const { commonName, fingerprint, serial } = verdict;
    return { kind: "certificate", commonName, fingerprint, serial };
  }
  if (verdict.rule === "peer.presented") return { kind: "anonymous" };
  const { rule, message, commonName, isStranger } = verdict;
  return {
    ...{ kind: "refused", rule, message },
    ...commonName === undefined ? {} : { commonName },
    ...isStranger ? { isStranger } : {},
  };
}
