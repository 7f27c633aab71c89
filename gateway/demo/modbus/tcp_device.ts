import type { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { encodeMbap, MbapDecoder } from "../../modbus/codec_mbap.ts";
import { ProtocolError } from "../../core/errors.ts";
import type { Registers } from "./registers.ts";

/** A simulated Modbus/TCP device. `answer` may be changed to misbehave. */
export class TcpDevice {
  /** Connections that were made to it. */
  connections = 0;
  /** Requests that reached it. */
  requests = 0;
  /** Sends what the device says; a test may say something else, later or nothing. */
  reply: (frame: { transaction: number; unit: number; pdu: Uint8Array }, socket: Socket) => void = (frame, socket) => {
    const registers = this.units.get(frame.unit);
    if (registers) socket.write(encodeMbap({ ...frame, pdu: registers.answer(frame.pdu) }));
  };
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly units: ReadonlyMap<number, Registers>,
    private readonly server: Server,
    event: "connection" | "secureConnection",
  ) {
    server.on(event, (socket: Socket) => this.#serve(socket));
  }

  static start(units: ReadonlyMap<number, Registers>, port = 0, host = "127.0.0.1"): Promise<TcpDevice> {
    return new TcpDevice(units, createServer(), "connection").listen(port, host);
  }

  /** A device that speaks Modbus/TCP Security, on a server of its own making. */
  static onTls(server: TlsServer, units: ReadonlyMap<number, Registers>): Promise<TcpDevice> {
    return new TcpDevice(units, server, "secureConnection").listen(0, "127.0.0.1");
  }

  /** Opens its port. */
  listen(port: number, host: string): Promise<TcpDevice> {
    const { promise, resolve, reject } = Promise.withResolvers<TcpDevice>();
    this.server.once("error", reject);
    this.server.listen(port, host, () => resolve(this));
    return promise;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts all connections, as a device that restarts. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const decoder = new MbapDecoder();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      try {
        for (const frame of decoder.push(bytes)) {
          this.requests++;
          this.reply(frame, socket);
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        socket.destroy();
      }
    });
  }
}
