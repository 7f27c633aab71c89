import type { Server as HttpsServer } from "node:https";
import { createSecureContext, type SecureContext, type Server as TlsServer, type TlsOptions } from "node:tls";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import type { Timers } from "../core/timers.ts";
import { testHandshake } from "./handshake_probe.ts";
import type { Offer } from "./offer.ts";
import { checkClientCas, checkIdentity, unusable } from "./server_identity.ts";

/** Makes one server with these TLS options: `https.createServer({ ...options, ...own }, handler)` or tls.createServer. */
export type ServeTls = (options: TlsOptions) => TlsServer;

type KeyType = ServerIdentity["keyType"];

/**
 * The servers of one state of trust: one per kind of key, since rustls takes one certificate per context. They never
 * listen; connections are handed to them. A new trust is a new generation, so nothing of the old can be half replaced,
 * and live connections keep the servers that they came by.
 */
export class TlsGeneration {
  readonly trust: ListenerTrust;
  readonly #servers: ReadonlyMap<KeyType, TlsServer>;
  readonly #first: KeyType;

  private constructor(trust: ListenerTrust, servers: ReadonlyMap<KeyType, TlsServer>) {
    this.trust = trust;
    this.#servers = servers;
    this.#first = trust.identities[0]!.keyType;
  }

  /**
   * Builds the servers and makes a handshake with every certificate, or throws and leaves nothing behind (invariant 4).
   * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE
   */
  static async create(
    trust: ListenerTrust,
    options: {
      readonly askForCertificate: boolean;
      readonly requireCertificate?: boolean;
      readonly now: number | undefined;
      readonly timers: Timers;
    },
    serve: ServeTls,
  ): Promise<TlsGeneration> {
    if (trust.identities.length === 0) throw unusable("there is none");
    for (const identity of trust.identities) checkIdentity(identity, options.now);
    checkClientCas(trust.clientCas);
    const servers = new Map<KeyType, TlsServer>();
    const generation = new TlsGeneration(trust, servers);
    try {
      for (const keyType of ["ec", "rsa"] as const) {
        const identities = reachable(trust.identities.filter((identity) => identity.keyType === keyType));
        if (identities.length === 0) continue;
        const server = serve(tlsOptions(identities, trust, options));
        servers.set(keyType, server);
        actAsListening(server);
        for (const identity of identities) await testHandshake(server, identity, options.timers);
      }
      return generation;
    } catch (error) {
      generation.close();
      throw error;
    }
  }

  /** The server for a client: P-256 where the client can, since it costs less. */
  serverFor(offer: Offer): TlsServer {
    const choice = offer.ec && this.#servers.has("ec")
      ? "ec"
      : offer.rsa && this.#servers.has("rsa")
      ? "rsa"
      : this.#first;
    return this.#servers.get(choice)!;
  }

  /** True when the client can work with one of the keys that are there. */
  serves(offer: Offer): boolean {
    return (offer.ec && this.#servers.has("ec")) || (offer.rsa && this.#servers.has("rsa"));
  }

  get servers(): readonly TlsServer[] {
    return [...this.#servers.values()];
  }

  /** No more keep-alive: connections end after the answer that they wait for; idle ones end now. */
  close(): void {
    for (const server of this.servers) {
      Object.defineProperty(server, "listening", { value: false, configurable: true });
      server.close();
    }
  }

  /** Ends all that is still open and was not upgraded to a WebSocket. */
  end(): void {
    for (const server of this.servers) (server as Partial<HttpsServer>).closeAllConnections?.();
  }
}

/** Identities that a client can come to: later ones whose names are all taken are never presented. */
function reachable(identities: readonly ServerIdentity[]): readonly ServerIdentity[] {
  const taken = new Set<string>();
  return identities.filter(({ names }, index) => {
    const isNew = index === 0 || names.some((name) => !taken.has(name.toLowerCase()));
    for (const name of names) taken.add(name.toLowerCase());
    return isNew;
  });
}

function tlsOptions(
  identities: readonly ServerIdentity[],
  trust: ListenerTrust,
  { askForCertificate: ask, requireCertificate = false }: {
    readonly askForCertificate: boolean;
    readonly requireCertificate?: boolean;
  },
): TlsOptions {
  const [first, ...others] = identities;
  const clients = ask && trust.clientCas.length > 0
    // Stations are not rejected here: TLS would not say why, and those of profile 2 come without. SocketVerifier judges.
    ? { ca: [...trust.clientCas], requestCert: true, rejectUnauthorized: requireCertificate }
    : { requestCert: false };
  const shared = { minVersion: "TLSv1.2" as const, ...clients };
  const options: TlsOptions = { ...shared, cert: first!.certPem, key: first!.keyPem };
  if (others.length === 0) return options;
  const contexts = new Map<string, SecureContext>();
  for (const { certPem, keyPem, names } of identities) {
    const context = createSecureContext({ cert: certPem, key: keyPem, ...(clients.ca ? { ca: clients.ca } : {}) });
    for (const name of names) if (!contexts.has(name.toLowerCase())) contexts.set(name.toLowerCase(), context);
  }
  return { ...options, SNICallback: (name, done) => done(null, contextFor(contexts, name)) };
}

/** The context of a name or of a wildcard one label above it; undefined takes the first identity. */
function contextFor(contexts: ReadonlyMap<string, SecureContext>, serverName: string): SecureContext | undefined {
  const name = serverName.toLowerCase();
  return contexts.get(name) ?? contexts.get(name.replace(/^[^.]+/, "*"));
}

/**
 * A server that connections are handed to believes that it is closed: it then checks no header timeouts and ends each
 * connection after one answer (measured on Deno 2.9.6). Both follow from "listening".
 */
function actAsListening(server: TlsServer): void {
  Object.defineProperty(server, "listening", { value: true, configurable: true });
  server.emit("listening");
}
