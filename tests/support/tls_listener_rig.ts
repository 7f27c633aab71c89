import { createServer as createHttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { systemClock } from "../../gateway/core/clock.ts";
import type { ListenerTrust, ServerIdentity } from "../../gateway/core/control_api.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import type { HandshakeFailure } from "../../gateway/pki/handshake_failure.ts";
import { identityOf } from "../../gateway/pki/server_identity.ts";
import { createTlsEndpoint, type TlsEndpoint, type TlsEndpointOptions } from "../../gateway/pki/tls_listener.ts";
import { TestCa, type TestCertificate } from "./test_ca.ts";

/** The CA of the rig: of the servers and of their clients. */
export const ca = new TestCa();
/** Server certificates that it issued. */
export const ec = ca.server(["localhost"]);
export const rsa = ca.server(["localhost"], { keyKind: "rsa2048" });
export const other = ca.server(["other.example", "*.wild.example"]);
const identity = ({ certPem, keyPem }: TestCertificate): ServerIdentity => identityOf(certPem, keyPem);
/** A listener with these certificates that lets in who the CA vouches for. */
export const trustOf = (...identities: readonly TestCertificate[]): ListenerTrust => ({
  identities: identities.map(identity),
  clientCas: [ca.pem],
  denied: { fingerprints: [], serials: [] },
  organizations: [],
});

/** A TLS listener that answers "served", and what it said of its clients. */
export interface Fixture extends AsyncDisposable {
  readonly endpoint: TlsEndpoint;
  readonly failures: HandshakeFailure[];
  readonly verdicts: string[];
  readonly sockets: TLSSocket[];
}

/** Opens one on loopback. */
export async function openListener(trust: ListenerTrust, more: Partial<TlsEndpointOptions> = {}): Promise<Fixture> {
  const failures: HandshakeFailure[] = [];
  const verdicts: string[] = [];
  const sockets: TLSSocket[] = [];
  const endpoint: TlsEndpoint = await createTlsEndpoint({
    ...{ name: "test", host: "127.0.0.1", port: 0, trust, askForCertificate: true },
    ...{ clock: systemClock, timers: systemTimers, metrics: nullMetrics },
    onFailure: (failure) => failures.push(failure),
    serve: (tls) => {
      const timeouts = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 };
      const server = createHttpsServer({ ...tls, ...timeouts }, (request, response) => {
        const verdict = endpoint.judge(request.socket as TLSSocket);
        verdicts.push(verdict.ok ? verdict.commonName : verdict.rule);
        response.end("served");
      });
      server.on("upgrade", (_request, socket) => {
        sockets.push(socket as TLSSocket);
        socket.on("error", () => socket.destroy());
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
        socket.on("data", (chunk) => socket.write(chunk));
      });
      return server;
    },
    ...more,
  });
  return {
    ...{ endpoint, failures, verdicts, sockets },
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      endpoint.close();
      return Promise.resolve();
    },
  };
}
