import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import {
  checkServerIdentity as checkName,
  createSecureContext,
  type PeerCertificate,
  rootCertificates,
  type SecureContext,
} from "node:tls";
import WebSocket, { type RawData } from "ws";
import type { Clock } from "../core/clock.ts";
import type { UpstreamRoute } from "../core/control_api.ts";
import { UpstreamError } from "../core/errors.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { LegTls, UplinkDialer } from "../uplink/open_leg.ts";
import { targetOf } from "../uplink/settings.ts";
import { isVersion3 } from "./certificate_version.ts";
import { DeflateMemory } from "./deflate_memory.ts";
import type { LegSocket } from "./leg_socket.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { type SecurityEvent, upstreamSecurityEvent } from "./security_events.ts";
import { asBuffer, DEFLATE, frameOptions, legOptions } from "./web_socket.ts";
import { dialFrames, UnexpectedStatus } from "./websocket/frame_handshake.ts";

/** What to dial for one station. */
export interface DialRequest {
  readonly route: UpstreamRoute;
  readonly stationId: string;
  /** Subprotocols to offer, in the station's order; the CSMS picks. */
  readonly protocols: readonly string[];
  readonly deflate: boolean;
}

/** The open leg to the CSMS. Until `onMessage` is taken over, early messages wait in `early`. */
export interface UpstreamLeg {
  readonly socket: LegSocket;
  readonly protocol: string;
  /** Hands over messages that came with the handshake and stops collecting. */
  takeEarly(): readonly Early[];
  /** Set by a leg that outlives its CSMS's connections: whom to tell that there is another one. */
  readonly bind?: (session: { csmsReplaced(): void }) => void;
  /** Gives up the connection behind such a leg and opens another one: a credential has changed. */
  readonly renew?: () => void;
  /** What the CSMS connection behind such a leg is doing. */
  readonly state?: () => string;
}

/** A message that arrived before anyone listened. */
export interface Early {
  readonly data: Buffer;
  readonly isBinary: boolean;
  readonly text: string | undefined;
}

/** Why a CSMS could not be reached. */
export class DialError extends UpstreamError {
  override readonly name = "UpstreamError";

  constructor(
    message: string,
    /** HTTP status of the CSMS, when it answered. */
    readonly status: number | undefined,
    readonly securityEvent: SecurityEvent | undefined,
    cause: unknown,
  ) {
    super("OCPP_UPSTREAM_FAILED", message, { cause });
  }
}

/** What the dialer works with; WorkerContext has it all. */
export interface DialPowers {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Dials CSMS legs; TLS contexts are shared by all stations with the same CA and certificate (half the memory). */
export class UpstreamDialer {
  readonly #contexts = new Map<string, SecureContext>();
  readonly #deflate = new DeflateMemory();
  readonly #powers: DialPowers;

  /** `uplink` is renewed by a reload; connections that stand keep theirs. */
  constructor(readonly maxMessageBytes: number, public uplink: UplinkDialer, powers: DialPowers) {
    this.#powers = powers;
  }

  /**
   * Opens the leg: the uplink's proxy if there is one, TCP, TLS against the route's own CA only, upgrade.
   * @throws DialError with the HTTP status of the CSMS or the security event
   */
  async dial(request: DialRequest): Promise<UpstreamLeg> {
    const url = upstreamUrl(request.route.url, request.stationId);
    const { clock } = this.#powers, csms = `${request.route.csms} ${url.host}`;
    const isOffered = request.deflate && this.#deflate.shouldOffer(csms, clock.monotonic());
    let accepts: boolean | undefined;
    try {
      const way = await this.#open(request.route, url);
      if (!isOffered) return await this.#plain(request, url, way);
      const leg = await this.#compressed(request, url, way);
      accepts = leg.socket.extensions !== "";
      return leg;
    } finally {
      if (isOffered) this.#deflate.learned(csms, accepts, clock.monotonic());
    }
  }

  async #open(route: UpstreamRoute, url: URL): Promise<Socket> {
    try {
      return await this.uplink.open(targetOf(url), this.#tlsOptions(route, url));
    } catch (error) {
      throw dialError(url, undefined, error as Error);
    }
  }

  /** A leg without compression: frames of our own. */
  async #plain({ route, protocols }: DialRequest, url: URL, way: Socket): Promise<UpstreamLeg> {
    const { timers, random } = this.#powers;
    let takeEarly = (): readonly Early[] => [];
    try {
      const dialled = await dialFrames({
        url,
        protocols,
        headers: authorization(route),
        connect: () => way,
        timeoutMs: OCPP_LIMITS.dialTimeoutMs,
        random,
        onOpen: (socket) => takeEarly = collectEarly(socket),
      }, frameOptions(this.maxMessageBytes, timers));
      return { ...dialled, takeEarly };
    } catch (error) {
      throw dialError(url, error instanceof UnexpectedStatus ? error.status : undefined, error as Error);
    }
  }

  /** A leg that offers compression, by `ws`. */
  #compressed({ route, protocols }: DialRequest, url: URL, way: Socket): Promise<UpstreamLeg> {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamLeg>();
    let status: number | undefined;
    const socket = new WebSocket(url, [...protocols], {
      ...legOptions(this.maxMessageBytes),
      perMessageDeflate: this.#deflateOptions(),
      followRedirects: false,
      headers: authorization(route),
      createConnection: () => way,
    });
    const takeEarly = collectEarly(socket);
    // The library's own handshakeTimeout has no effect on Deno (decision 0203): a CSMS that never answers held the station for ever.
    const cancel = this.#powers.timers.after(OCPP_LIMITS.dialTimeoutMs, () => {
      fail(new Error("no answer in time"));
      socket.terminate();
    });
    socket.once("unexpected-response", (clientRequest, response) => {
      status = response.statusCode;
      clientRequest.destroy(new Error(`the CSMS answered ${status}`));
    });
    const fail = (error: Error & { code?: string }) => reject(dialError(url, status, error));
    socket.on("error", fail);
    socket.once("close", () => fail(new Error("the CSMS closed the connection")));
    socket.once("open", () => {
      socket.off("error", fail);
      resolve({ socket, protocol: socket.protocol, takeEarly });
    });
    return promise.finally(cancel);
  }

  #deflateOptions() {
    const { deflateBytes } = this.uplink.uplink;
    return deflateBytes === undefined ? DEFLATE : { ...DEFLATE, threshold: deflateBytes };
  }

  #tlsOptions(route: UpstreamRoute, url: URL): LegTls {
    if (url.protocol !== "wss:") return undefined;
    return { secureContext: this.#context(route), rejectUnauthorized: true, checkServerIdentity };
  }

  #context(route: UpstreamRoute): SecureContext {
    const { caPem = [], moreCaPem = [], clientCertificate } = route;
    const hash = createHash("sha256");
    for (
      const pem of [...caPem, "+", ...moreCaPem, "|", clientCertificate?.certPem ?? "", clientCertificate?.keyPem ?? ""]
    ) {
      hash.update(pem);
    }
    const key = hash.digest("base64");
    let context = this.#contexts.get(key);
    if (!context) {
      if (this.#contexts.size >= OCPP_LIMITS.upstreamContexts) {
        this.#contexts.delete(this.#contexts.keys().next().value!);
      }
      context = createSecureContext({
        minVersion: "TLSv1.2",
        ...trustedCas(route),
        ...(clientCertificate ? { cert: clientCertificate.certPem, key: clientCertificate.keyPem } : {}),
      });
      this.#contexts.set(key, context);
    }
    return context;
  }
}

/**
 * Name check, and X.509 v3: of a v1 certificate Deno does not check that the peer holds its key (facts: security F1).
 * A name in the common name alone is enough, as OCPP wants it (O-11).
 */
export function checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  if (!isVersion3(certificate.raw)) {
    return Object.assign(new Error("the certificate of the CSMS is not X.509 v3"), { code: "CERT_UNTRUSTED" });
  }
  return checkName(host, certificate);
}

/** The CAs of a route for node:tls: its own ones alone, or the public ones, with those that the CSMS added to them. */
export function trustedCas({ caPem = [], moreCaPem = [] }: UpstreamRoute): { ca?: string[] } {
  if (caPem.length > 0) return { ca: [...caPem] };
  return moreCaPem.length > 0 ? { ca: [...rootCertificates, ...moreCaPem] } : {};
}

/** The station's URL at its CSMS: the route's path, then the identity, percent-encoded (LC2). */
export function upstreamUrl(base: string, stationId: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${encodeURIComponent(stationId)}`;
  return url;
}

function authorization({ basic }: UpstreamRoute): Record<string, string> {
  if (!basic) return {};
  const user = Buffer.from(basic.user, "base64"), password = Buffer.from(basic.password, "base64");
  const bytes = Buffer.concat([user, Buffer.from(":"), password]);
  return { Authorization: `Basic ${bytes.toString("base64")}` };
}

function collectEarly(socket: LegSocket): () => readonly Early[] {
  const early: Early[] = [];
  const collect = (data: RawData, isBinary: boolean, text?: string) => {
    if (early.length >= OCPP_LIMITS.earlyMessages) socket.terminate();
    else early.push({ data: asBuffer(data), isBinary, text });
  };
  socket.on("message", collect);
  return () => {
    socket.off("message", collect);
    return early;
  };
}

function dialError(url: URL, status: number | undefined, error: Error & { code?: string }): DialError {
  const event = status === undefined ? upstreamSecurityEvent(error.code, error.message) : undefined;
  const what = status === undefined ? error.message : `it answered ${status}`;
  return new DialError(`Cannot connect to the CSMS at ${url.host}: ${what}`, status, event, error);
}
