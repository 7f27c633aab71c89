import { createPrivateKey } from "node:crypto";
import { createServer, type TLSSocket } from "node:tls";
import { parseSocketAddress } from "../../config/ip.ts";
import type { Clock } from "../../core/clock.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import type { Timers } from "../../core/timers.ts";
import { createTlsEndpoint, type TlsEndpoint } from "../../pki/tls_listener.ts";
import { encodeTunnelFrame, TUNNEL_PROTOCOL, TunnelReader } from "../codec_tunnel.ts";
import { DHCP_LIMITS } from "../limits.ts";
import { type ConcentratorEffect, type ConcentratorGateway, ConcentratorSession } from "../session_concentrator.ts";
import type { LoadedConcentrator } from "./load.ts";

/** What the concentrator needs beside its configuration. */
export interface ConcentratorOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
}

interface Connection {
  readonly socket: TLSSocket;
  readonly gateway: ConcentratorGateway;
  heardAt: number;
}

const NOTHING = new Uint8Array(0);

/** Takes tunnels of gateways and talks to the DHCP server in the words of an ordinary relay agent. */
export class Concentrator {
  readonly #loaded: LoadedConcentrator;
  readonly #options: ConcentratorOptions;
  readonly #session: ConcentratorSession;
  readonly #connections = new Map<number, Connection>();
  readonly #udp: Deno.DatagramConn;
  readonly #stops: (() => void)[];
  #endpoint: TlsEndpoint | undefined;
  #nextId = 1;
  #closed = false;

  private constructor(loaded: LoadedConcentrator, options: ConcentratorOptions) {
    const { config, self } = loaded;
    this.#loaded = loaded;
    this.#options = options;
    this.#session = new ConcentratorSession(self, config.port);
    this.#udp = Deno.listenDatagram({ transport: "udp", hostname: config.address, port: config.port });
    this.#stops = [
      options.timers.every(1_000, () => this.#session.tick(options.clock.monotonic())),
      options.timers.every(DHCP_LIMITS.tunnelIdleMs, () => this.#keepAlive()),
    ];
    this.#receive().catch((error) => {
      if (!this.#closed) options.log.error("concentrator.server.lost", { msg: describeError(error) });
    });
  }

  /** Listens on both sides. @throws IntegrityError PKI_CERTIFICATE_UNUSABLE, GatewayError SUP_START_FAILED */
  static async start(loaded: LoadedConcentrator, options: ConcentratorOptions): Promise<Concentrator> {
    const concentrator = new Concentrator(loaded, options);
    try {
      await concentrator.#listen();
      return concentrator;
    } catch (error) {
      concentrator.close();
      throw error;
    }
  }

  /** The port that gateways connect to. */
  get port(): number {
    return this.#endpoint!.port;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#endpoint?.close();
    for (const { socket } of this.#connections.values()) socket.destroy();
    this.#udp.close();
  }

  async #listen(): Promise<void> {
    const { config, certPem, keyPem, clientCas } = this.#loaded;
    const { host, port } = parseSocketAddress(config.listen)!;
    const { clock, timers, log } = this.#options;
    const keyType = createPrivateKey(keyPem).asymmetricKeyType === "rsa" ? "rsa" : "ec";
    this.#endpoint = await createTlsEndpoint({
      ...{ name: "concentrator", host, port, clock, timers, metrics: nullMetrics, askForCertificate: true },
      trust: {
        identities: [{ keyType, names: config.names, certPem, keyPem }],
        clientCas,
        denied: { fingerprints: [], serials: [] },
        organizations: [],
      },
      serve: (options) => {
        const server = createServer({ ...options, minVersion: "TLSv1.3", ALPNProtocols: [TUNNEL_PROTOCOL] });
        server.on("secureConnection", (socket) => this.#accept(socket));
        return server;
      },
      onFailure: ({ reason, source }) => log.warn("concentrator.handshake.failed", { reason, source }),
    });
  }

  /** A gateway is who its certificate says, judged as every peer is; the name must be one of ours. */
  #accept(socket: TLSSocket): void {
    const { log, clock } = this.#options;
    const source = socket.remoteAddress ?? "";
    socket.on("error", (error) => log.debug("concentrator.connection.failed", { source, msg: describeError(error) }));
    const verdict = this.#endpoint!.judge(socket);
    const gateway = verdict.ok ? this.#loaded.gateways.get(verdict.commonName) : undefined;
    if (!gateway || socket.alpnProtocol !== TUNNEL_PROTOCOL) {
      const reason = !verdict.ok ? verdict.message : gateway ? "it speaks another protocol" : "it is not listed";
      const rule = !verdict.ok ? verdict.rule : "concentrator.gateway";
      log.warn("concentrator.gateway.refused", { source, rule, reason, name: verdict.commonName ?? "" });
      return void socket.destroy();
    }
    for (const [id, old] of this.#connections) if (old.gateway === gateway) this.#end(id, "it has connected anew");
    const id = this.#nextId++;
    const connection = { socket, gateway, heardAt: clock.monotonic() };
    this.#connections.set(id, connection);
    log.info("concentrator.gateway.connected", { gateway: gateway.name, source });
    const reader = new TunnelReader();
    socket.on("data", (bytes: Uint8Array) => this.#read(id, connection, reader, bytes));
    socket.on("close", () => {
      if (this.#connections.delete(id)) log.info("concentrator.gateway.left", { gateway: gateway.name });
    });
    socket.write(encodeTunnelFrame(NOTHING)); // The word that tells the gateway it is let in.
  }

  #read(id: number, connection: Connection, reader: TunnelReader, bytes: Uint8Array): void {
    const { clock, log } = this.#options;
    connection.heardAt = clock.monotonic();
    try {
      for (const message of reader.push(new Uint8Array(bytes))) {
        if (message.length === 0) continue;
        this.#perform(this.#session.asked(id, connection.gateway, message, clock.monotonic()));
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      log.warn("concentrator.message.malformed", { gateway: connection.gateway.name, msg: describeError(error) });
      this.#end(id, "it sent what is no message");
    }
  }

  async #receive(): Promise<void> {
    for await (const [bytes, from] of this.#udp) {
      // Only the server speaks here; the kernel has checked nothing of who sent a datagram.
      if (from.transport !== "udp" || from.hostname !== this.#loaded.config.server) continue;
      try {
        this.#perform(this.#session.answered(bytes, this.#options.clock.monotonic()));
      } catch (error) {
        this.#options.log.warn("concentrator.answer.malformed", { msg: describeError(error) });
      }
    }
  }

  #perform(effects: readonly ConcentratorEffect[]): void {
    const { config: { server, serverPort } } = this.#loaded;
    for (const effect of effects) {
      switch (effect.do) {
        case "ask":
          this.#udp.send(effect.bytes, { transport: "udp", hostname: server, port: serverPort }).catch((error) =>
            this.#options.log.warn("concentrator.server.unreached", { msg: describeError(error) })
          );
          break;
        case "answer": {
          const socket = this.#connections.get(effect.connection)?.socket;
          if (socket && socket.writableLength < DHCP_LIMITS.tunnelBytes) socket.write(encodeTunnelFrame(effect.bytes));
          break;
        }
        case "refuse":
          this.#options.log.warn("concentrator.message.refused", {
            ...{ gateway: effect.gateway, rule: effect.rule, reason: effect.reason },
          });
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #keepAlive(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, { socket, heardAt }] of this.#connections) {
      if (now - heardAt > DHCP_LIMITS.tunnelSilentMs) this.#end(id, "it has fallen silent");
      else if (!this.#endpoint!.judge(socket).ok) this.#end(id, "its certificate holds no longer");
      else socket.write(encodeTunnelFrame(NOTHING));
    }
  }

  #end(id: number, why: string): void {
    const connection = this.#connections.get(id);
    if (!connection) return;
    this.#connections.delete(id);
    this.#options.log.info("concentrator.gateway.closed", { gateway: connection.gateway.name, why });
    connection.socket.destroy();
  }
}
