import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Timers } from "../core/timers.ts";
import { faultOfServer } from "../pki/verified_server.ts";
import { encodeTunnelFrame, TUNNEL_PROTOCOL, TunnelReader } from "./codec_tunnel.ts";
import { DHCP_LIMITS } from "./limits.ts";
import type { TunnelConfig } from "./worker_config.ts";

/** What a tunnel needs. */
export interface TunnelOptions {
  readonly config: TunnelConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Told of every change: undefined is up, a text says why not. */
  readonly onState: (why: string | undefined) => void;
}

/** The gateway's end of the tunnel to a concentrator: TLS 1.3 with both certificates, opened again by itself. */
export class TunnelClient {
  readonly #options: TunnelOptions;
  readonly #stopTicks: () => void;
  #socket: Socket | undefined;
  #isUp = false;
  #heardAt = 0;
  #delayMs: number = DHCP_LIMITS.retryFirstMs;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.#stopTicks = options.timers.every(DHCP_LIMITS.tunnelIdleMs, () => this.#tick());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /**
   * Starts to connect. TLS begins when TCP stands: Deno 2.9.6 keeps what a refused `tls.connect` has made for ever, and a central server
   * that is away is dialled for as long as it is.
   */
  open(): void {
    const { config: { host, port }, timers } = this.#options;
    const tcp = connectTcp({ host, port });
    this.#socket = tcp;
    const cancel = timers.after(DHCP_LIMITS.tunnelSilentMs, () => this.#socket?.destroy(new Error("no answer")));
    let why = "the connection was closed";
    let secure: TLSSocket | undefined;
    const lost = (socket: Socket) => {
      cancel();
      this.#lost(socket, why);
    };
    tcp.on("error", (error) => why = describeError(error));
    tcp.once("close", () => secure ? secure.destroy() : lost(tcp));
    tcp.once("connect", () => {
      secure = this.#secure(tcp, cancel);
      secure.on("error", (error) => why = describeError(error));
      secure.once("close", () => lost(secure!));
    });
  }

  #secure(tcp: Socket, cancel: () => void): TLSSocket {
    const { config: { name, ca, cert, key }, clock } = this.#options;
    const socket = connectTls({
      ...{ socket: tcp, ca, cert, key, ALPNProtocols: [TUNNEL_PROTOCOL], minVersion: "TLSv1.3" },
      ...isIP(name) ? {} : { servername: name },
      checkServerIdentity: (_, certificate) => faultOfServer(name, certificate),
    });
    this.#socket = socket;
    const reader = new TunnelReader();
    socket.on("secureConnect", () => {
      cancel();
      if (socket.alpnProtocol !== TUNNEL_PROTOCOL) return void socket.destroy(new Error("it is no concentrator"));
      this.#heardAt = clock.monotonic();
      // A refusal of our certificate comes after the handshake (TLS 1.3): up is who has said a word.
    });
    socket.on("data", (bytes: Uint8Array) => this.#read(socket, reader, bytes));
    return socket;
  }

  /** Sends a message, or drops it while the tunnel is down or full. */
  send(message: Uint8Array): boolean {
    const socket = this.#socket;
    if (!this.#isUp || !socket || socket.writableLength > DHCP_LIMITS.tunnelBytes) return false;
    socket.write(encodeTunnelFrame(message));
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#stopTicks();
    this.#cancel?.();
    this.#socket?.destroy();
  }

  #read(socket: TLSSocket, reader: TunnelReader, bytes: Uint8Array): void {
    this.#heardAt = this.#options.clock.monotonic();
    try {
      for (const message of reader.push(new Uint8Array(bytes))) {
        if (!this.#isUp) this.#up();
        if (message.length > 0) this.#options.onMessage(message);
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      socket.destroy(error);
    }
  }

  #up(): void {
    this.#isUp = true;
    this.#delayMs = DHCP_LIMITS.retryFirstMs;
    this.#options.onState(undefined);
  }

  #tick(): void {
    const silentMs = this.#options.clock.monotonic() - this.#heardAt;
    if (!this.#isUp || !this.#socket) return;
    if (silentMs > DHCP_LIMITS.tunnelSilentMs) this.#socket.destroy(new Error("it has fallen silent"));
    else this.#socket.write(encodeTunnelFrame(new Uint8Array(0)));
  }

  #lost(socket: Socket, why: string): void {
    if (this.#closed || this.#socket !== socket) return;
    this.#isUp = false;
    this.#options.onState(why);
    this.#cancel = this.#options.timers.after(this.#delayMs, () => this.open());
    this.#delayMs = Math.min(this.#delayMs * 2, DHCP_LIMITS.retryLongestMs);
  }
}
