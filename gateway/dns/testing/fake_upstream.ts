import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { TestCa, type TestCertificate } from "../../../tests/support/test_ca.ts";
import { contentOf, FLAGS, FRAMES, Http2Reader, writeFrame } from "../codec_h2.ts";
import { framed, FrameReader } from "../frames.ts";
import type { DnsUpstreamConfig } from "../worker_config.ts";

/** What a fake upstream does with a query: answers with these bytes, says nothing, or closes the connection. */
export type Behaviour = (query: Uint8Array) => Uint8Array | "close" | "silence";

/** A DNS upstream under the control of a test: real TCP and TLS, DNS over TLS or HTTPS. */
export class FakeUpstream implements AsyncDisposable {
  /** Queries that came in. */
  readonly asked: Uint8Array[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly kind: "https" | "tls",
    readonly server: Server,
    public behave: Behaviour,
    readonly ca: string,
  ) {}

  /** Starts one for the name dns.test, or with another certificate than it should have. */
  static async up(kind: "https" | "tls", behave: Behaviour, other?: TestCertificate): Promise<FakeUpstream> {
    const ca = new TestCa();
    const { certPem: cert, keyPem: key } = other ?? ca.server(["dns.test"]);
    const options = { cert, key };
    const server = createServer({ ...options, ALPNProtocols: [kind === "tls" ? "dot" : "h2"] });
    const fake = new FakeUpstream(kind, server, behave, ca.pem);
    server.on("tlsClientError", () => {});
    server.on("connection", (socket: Socket) => fake.#keep(socket));
    server.on("secureConnection", (socket: Socket) => kind === "tls" ? fake.#serve(socket) : fake.#serveHttp(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that stand. */
  get open(): number {
    return this.#sockets.size;
  }

  /** How the Worker is told of it. */
  config(more: Partial<DnsUpstreamConfig> = {}): DnsUpstreamConfig {
    const { kind, port, ca } = this;
    const at = { id: `${kind}:${port}`, kind, host: "127.0.0.1", port, name: "dns.test", ca };
    return { ...at, ...kind === "https" ? { path: "/dns-query" } : {}, ...more };
  }

  /** Closes every connection that stands. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #keep(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #serve(socket: Socket): void {
    const frames = new FrameReader();
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      for (const query of frames.push(chunk)) {
        this.asked.push(query);
        const answer = this.behave(query);
        if (answer === "close") socket.destroy();
        else if (answer !== "silence") socket.write(framed(answer));
      }
    });
  }

  /** The server's side of HTTP/2, as far as a client of DNS sees it. */
  #serveHttp(socket: Socket): void {
    const reader = new Http2Reader();
    let prefaceLeft = 24;
    socket.on("error", () => {});
    socket.write(writeFrame(FRAMES.settings, 0, 0, new Uint8Array()));
    socket.on("data", (chunk: Uint8Array) => {
      const skipped = Math.min(prefaceLeft, chunk.length);
      prefaceLeft -= skipped;
      for (const frame of reader.push(chunk.subarray(skipped))) {
        if (frame.type !== FRAMES.data) continue;
        const query = contentOf(frame).slice();
        this.asked.push(query);
        const answer = this.behave(query);
        if (answer === "close") return void socket.destroy();
        if (answer === "silence") continue;
        socket.write(writeFrame(FRAMES.headers, FLAGS.endHeaders, frame.stream, Uint8Array.of(0x88)));
        socket.write(writeFrame(FRAMES.data, FLAGS.endStream, frame.stream, answer));
      }
    });
  }
}
