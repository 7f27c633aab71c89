import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../core/clock.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import type { Metrics } from "../core/metrics.ts";
import { listen, listenShared, requireListenPermission } from "../core/shared_port.ts";
import type { Timers } from "../core/timers.ts";
import { type ClientHello, readClientHello } from "./client_hello.ts";
import { type HandshakeFailure, reasonOfError } from "./handshake_failure.ts";
import { PKI_LIMITS } from "./limits.ts";
import { judgeOffer } from "./offer.ts";
import { SourceLimiter } from "./source_limiter.ts";
import { type ServeTls, TlsGeneration } from "./tls_generation.ts";
import { verifyPeer } from "./verify_peer.ts";
import { type SocketVerdict, SocketVerifier } from "./verify_socket.ts";

/** What a TLS listener needs. */
export interface TlsEndpointOptions {
  /** Name of the listener in metrics and errors. */
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Shares the port between Workers, so that one can take over from another: those it may share now; see listenShared. */
  readonly sharedPorts?: readonly number[];
  readonly trust: ListenerTrust;
  /** Asks clients for a certificate when the trust names CAs; whether one is needed is the caller's decision. */
  readonly askForCertificate: boolean;
  /**
   * Ends the handshake itself, with an alert where a client shows no certificate. Of one that it does not accept TLS says
   * nothing at all, so the next connection from there goes on to `judge`, which names the fault. Absent: all do.
   */
  readonly requireCertificate?: boolean;
  /** Makes a server with these TLS options and the caller's handlers; called anew for every key and every new trust. */
  readonly serve: ServeTls;
  /** Told once of every handshake that failed or was refused. */
  readonly onFailure: (failure: HandshakeFailure) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: Metrics;
  readonly limits?: Partial<Readonly<Record<LimitName, number>>>;
}

type LimitName =
  | "handshakeMs"
  | "pendingHandshakes"
  | "connections"
  | "handshakeBurst"
  | "handshakesPerSecond"
  | "handshakeSources";

/** An open TLS listener. */
export interface TlsEndpoint {
  /** The port in use. */
  readonly port: number;
  /** The trust in force. */
  readonly trust: ListenerTrust;
  /**
   * Judges the peer of a socket that came by this listener, by the trust in force now: at the upgrade and again on a
   * timer. "peer.presented" when it sent no certificate.
   */
  judge(socket: TLSSocket): SocketVerdict;
  /**
   * Takes a new trust after a handshake self-test with every certificate; live connections stay.
   * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE and keeps the one before (invariant 4)
   */
  swap(trust: ListenerTrust): Promise<void>;
  /** Stops accepting and ends what is in its handshake or idle; upgraded connections stay. */
  close(): void;
}

/**
 * Opens a TLS listener: TLS 1.2 and 1.3, RSA and P-256 side by side, certificates by SNI, every failed handshake told
 * once with what was offered. Deno's TLS takes one certificate per context and tells nothing of a refused ClientHello,
 * so the first bytes are read here and the connection is then handed to the server that fits.
 * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE, GatewayError SUP_PERMISSION or SUP_START_FAILED
 */
export async function createTlsEndpoint(options: TlsEndpointOptions): Promise<TlsEndpoint> {
  await requireListenPermission(options);
  const endpoint = new Endpoint(options);
  try {
    await endpoint.swap(options.trust);
    await endpoint.listen();
    return endpoint;
  } catch (error) {
    endpoint.close();
    throw error;
  }
}

/**
 * Fatal alerts (RFC 8446 section 6) for offers that cannot be served. Written here, because a server with several names
 * closes without a word (measured on Deno 2.9.6: SNICallback), and then a technician sees no reason at the station.
 */
const ALERTS = {
  InvalidTLSCipherSuite: Buffer.from([0x15, 3, 1, 0, 2, 2, 40]), // handshake_failure
  InvalidTLSVersion: Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), // protocol_version
} as const;

/** One connection until its handshake is over. */
interface Pending {
  readonly socket: Socket;
  readonly source: string;
  hello?: ClientHello;
  received: Uint8Array[];
  cancel: () => void;
}

class Endpoint implements TlsEndpoint {
  readonly #options: TlsEndpointOptions;
  readonly #limits: Readonly<Record<LimitName, number>>;
  readonly #server: Server;
  readonly #limiter: SourceLimiter;
  readonly #verifier = new SocketVerifier();
  readonly #chains = new WeakMap<TLSSocket, readonly Uint8Array[]>();
  readonly #pending = new Map<Socket, Pending>();
  readonly #retiring = new Set<() => void>();
  #current: TlsGeneration | undefined;
  /** With requireCertificate: takes connections whose fault `judge` is to name. */
  #naming: TlsGeneration | undefined;
  /** Sources that showed a certificate which TLS did not accept, and did not say why. */
  readonly #unnamed = new Set<string>();

  constructor(options: TlsEndpointOptions) {
    this.#options = options;
    this.#limits = { ...PKI_LIMITS, ...options.limits };
    const { handshakeBurst: burst, handshakesPerSecond: perSecond, handshakeSources: sources } = this.#limits;
    this.#limiter = new SourceLimiter({ burst, perSecond, sources });
    this.#server = createServer({ noDelay: true });
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on("connection", (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get trust(): ListenerTrust {
    return this.#current!.trust;
  }

  async listen(): Promise<void> {
    const { sharedPorts } = this.#options;
    if (sharedPorts) await listenShared(this.#server, this.#options, sharedPorts);
    else await listen(this.#server, this.#options, false);
  }

  judge(socket: TLSSocket): SocketVerdict {
    const now = this.#options.clock.now();
    const chain = this.#chains.get(socket);
    if (chain) return { ...verifyPeer(chain, this.trust, now), chain };
    const verdict = this.#verifier.verify(socket, this.trust, now);
    // Only what was proven is remembered: a refused socket must not pass at the second look.
    if (verdict.ok) this.#chains.set(socket, verdict.chain);
    return verdict;
  }

  async swap(trust: ListenerTrust): Promise<void> {
    const { askForCertificate, requireCertificate = false, clock, timers, serve } = this.#options;
    // A box whose clock is wrong must still open its listeners: at the first trust, clients judge the dates themselves.
    const now = this.#current && clock.now();
    const next = await TlsGeneration.create(trust, { askForCertificate, requireCertificate, now, timers }, serve);
    const naming = requireCertificate
      ? await TlsGeneration.create(trust, { askForCertificate, now, timers }, serve)
      : undefined;
    for (const server of [...next.servers, ...naming?.servers ?? []]) {
      server.on("secureConnection", (socket: TLSSocket) => this.#succeed(rawOf(socket)));
      server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
        this.#fail(rawOf(socket), reasonOfError(error), error.message);
      });
    }
    this.#retire(this.#current);
    this.#retire(this.#naming);
    this.#current = next;
    this.#naming = naming;
  }

  /** A retired generation checks no timeouts any more, so what still hangs on it is closed after a while. */
  #retire(generation: TlsGeneration | undefined): void {
    if (!generation) return;
    generation.close();
    const cancel = this.#options.timers.after(PKI_LIMITS.retireMs, () => {
      this.#retiring.delete(cancel);
      generation.end();
    });
    this.#retiring.add(cancel);
  }

  close(): void {
    this.#server.close();
    for (const { socket, cancel } of this.#pending.values()) {
      cancel();
      socket.destroy();
    }
    this.#pending.clear();
    for (const cancel of this.#retiring) cancel();
    this.#current?.close();
    this.#naming?.close();
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy()); // told by "close" or by the TLS server
    const source = socket.remoteAddress ?? "unknown";
    const attempt = this.#limiter.attempt(source, this.#options.clock.monotonic());
    if (!attempt.allowed) {
      socket.destroy();
      this.#count("TooManyAttempts");
      if (!attempt.silent) this.#report({ source, reason: "TooManyAttempts", detail: `${attempt.before} before it` });
      return;
    }
    if (this.#pending.size >= this.#limits.pendingHandshakes) {
      socket.destroy();
      this.#count("TooManyHandshakes");
      return this.#report({ source, reason: "TooManyHandshakes" });
    }
    const expire = () => this.#fail(socket, "HandshakeTimeout");
    const cancel = this.#options.timers.after(this.#limits.handshakeMs, expire);
    const pending: Pending = { socket, source, received: [], cancel };
    this.#pending.set(socket, pending);
    socket.on("close", () => this.#fail(socket, "ClosedByPeer"));
    const onData = (chunk: Uint8Array) => {
      pending.received.push(chunk);
      const bytes = Buffer.concat(pending.received);
      const result = readClientHello(bytes);
      if (result.kind === "more" && pending.received.length < PKI_LIMITS.helloChunks) return;
      socket.off("data", onData);
      if (result.kind === "hello") return this.#route(pending, result.hello, bytes);
      if (result.kind === "not-tls") return this.#fail(socket, "NotTls");
      this.#fail(socket, "HandshakeFailed", result.kind === "more" ? "the ClientHello came in crumbs" : result.why);
    };
    socket.on("data", onData);
  }

  /** Hands the connection, with the bytes already read, to the server that fits. */
  #route(pending: Pending, hello: ClientHello, bytes: Buffer): void {
    const generation = this.#current!;
    const offer = judgeOffer(hello);
    const refusal = offer.refusal ?? (generation.serves(offer) ? undefined : "InvalidTLSCipherSuite");
    pending.hello = hello;
    pending.received = [];
    if (refusal) {
      pending.socket.write(ALERTS[refusal]);
      return this.#fail(pending.socket, refusal);
    }
    pending.socket.pause();
    pending.socket.unshift(bytes);
    const naming = this.#unnamed.delete(pending.source) ? this.#naming : undefined;
    (naming ?? generation).serverFor(offer).emit("connection", pending.socket);
  }

  #succeed(raw: Socket | undefined): void {
    if (this.#settle(raw)) this.#count("ok");
  }

  #fail(raw: Socket | undefined, reason: HandshakeFailure["reason"], detail?: string): void {
    const pending = this.#settle(raw);
    if (!pending) return;
    const { hello, source, socket } = pending;
    // Where it does not accept a certificate the library hangs up without a word, which looks as if the client had.
    if (this.#naming && hello && reason === "ClosedByPeer") this.#nameNext(source);
    // The alert is on its way: end, then make sure.
    if (hello && reason !== "HandshakeTimeout") socket.destroySoon();
    else socket.destroy();
    // Port checks of load balancers and monitoring connect and leave without a byte.
    if (reason === "ClosedByPeer" && !hello && pending.received.length === 0) return this.#count("NoBytes");
    this.#count(reason);
    this.#report({
      source,
      reason,
      ...(hello ? { hello } : {}),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  #nameNext(source: string): void {
    if (this.#unnamed.size >= PKI_LIMITS.provenPeers) this.#unnamed.clear();
    this.#unnamed.add(source);
  }

  #settle(raw: Socket | undefined): Pending | undefined {
    const pending = raw && this.#pending.get(raw);
    if (!pending) return undefined;
    this.#pending.delete(raw);
    pending.cancel();
    return pending;
  }

  #report(failure: HandshakeFailure): void {
    this.#options.onFailure(failure);
  }

  #count(result: string): void {
    this.#options.metrics.count("bulkhead_tls_handshakes_total", { listener: this.#options.name, result });
  }
}

/** The TCP socket below a TLS socket; undefined for the connection in memory of the self-test. */
function rawOf(socket: TLSSocket): Socket | undefined {
  return (socket as unknown as { readonly _parent?: Socket })._parent;
}
