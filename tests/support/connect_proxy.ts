import { Buffer } from "node:buffer";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { HttpProxy } from "../../gateway/uplink/settings.ts";
import { TestCa } from "./test_ca.ts";

/** How a test proxy behaves. */
export interface ConnectProxyOptions {
  /** TLS to the proxy itself. */
  readonly tls?: boolean;
  /** "user:password" that it wants. */
  readonly credentials?: string;
  /** Names that it alone can resolve, to a port of loopback. */
  readonly hosts?: Readonly<Record<string, number>>;
  /** Bytes to answer instead of opening a tunnel. */
  readonly answer?: string;
}

/** A real HTTP CONNECT proxy on loopback. Names it does not know it connects to as they stand. */
export class ConnectProxy implements AsyncDisposable {
  readonly ca = new TestCa("Proxy CA");
  /** Authorities asked for, in order. */
  readonly asked: string[] = [];
  /** Addresses the connections came from. */
  readonly sources: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(readonly options: ConnectProxyOptions) {
    const { certPem: cert, keyPem: key } = this.ca.server(["localhost", "127.0.0.1"]);
    const serve = (socket: Socket) => this.#serve(socket);
    this.#server = options.tls ? createTlsServer({ cert, key }, serve) : createServer(serve);
    this.#server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
  }

  static async up(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As the gateway would be configured for it. */
  get settings(): HttpProxy {
    const { tls = false, credentials } = this.options;
    return {
      host: "localhost",
      port: this.port,
      tls,
      ...(tls ? { ca: this.ca.pem } : {}),
      ...(credentials === undefined ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    };
  }

  /** Cuts every tunnel. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#track(socket);
    this.sources.push(socket.remoteAddress ?? "");
    let head = "";
    const onData = (chunk: Uint8Array) => {
      head += Buffer.from(chunk).toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      this.#answer(socket, head);
    };
    socket.on("data", onData);
  }

  #answer(socket: Socket, head: string): void {
    const { answer, credentials, hosts = {} } = this.options;
    const authority = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1];
    if (authority === undefined) return void socket.end("HTTP/1.1 405 Method Not Allowed\r\n\r\n");
    this.asked.push(authority);
    if (answer !== undefined) return void socket.write(answer);
    const sent = /\r\nproxy-authorization: Basic (\S+)\r\n/i.exec(head)?.[1];
    if (credentials !== undefined && Buffer.from(sent ?? "", "base64").toString() !== credentials) {
      return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    const at = authority.lastIndexOf(":"), name = authority.slice(0, at);
    const known = hosts[name];
    const far = connect(
      known === undefined ? { host: name, port: Number(authority.slice(at + 1)) } : {
        host: "127.0.0.1",
        port: known,
      },
    );
    this.#track(far);
    far.once("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    far.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n");
      far.pipe(socket);
      socket.pipe(far);
    });
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
