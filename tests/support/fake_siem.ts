import { createServer, type Server, type TLSSocket } from "node:tls";
import { freePort } from "./free_port.ts";
import { TestCa } from "./test_ca.ts";

/** A syslog receiver (RFC 5425) on loopback that can be away, cut connections and demand client certificates. */
export class FakeSiem implements AsyncDisposable {
  readonly ca: TestCa;
  /** Messages in the order they came, over all connections. */
  readonly messages: string[] = [];
  connections = 0;
  /** Bytes that did not make a whole frame when their connection ended. */
  torn = 0;
  readonly port = freePort();
  readonly #options: { readonly names?: readonly string[]; readonly clientCa?: string };
  #server: Server | undefined;
  readonly #sockets = new Set<TLSSocket>();

  constructor(options: { readonly names?: readonly string[]; readonly clientCa?: string; readonly ca?: TestCa } = {}) {
    this.ca = options.ca ?? new TestCa("SIEM CA");
    this.#options = options;
  }

  /** Listens, always on the same port. */
  async up(): Promise<this> {
    const { names = ["localhost"], clientCa } = this.#options;
    const { certPem: cert, keyPem: key } = this.ca.server(names);
    const demand = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    this.#server = createServer({ cert, key, ...demand }, (socket) => this.#accept(socket));
    this.#server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
    await new Promise<void>((resolve) => this.#server!.listen(this.port, "127.0.0.1", resolve));
    return this;
  }

  /** Is away: cuts every connection and listens no more. */
  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server ? this.#server.close(() => resolve()) : resolve());
    this.cut();
    this.#server = undefined;
    await closed;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Sequence numbers of the audit lines received, in order. */
  sequences(): number[] {
    return this.messages.map((message) => Number(/ seq="(\d+)"/.exec(message)?.[1]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  #accept(socket: TLSSocket): void {
    this.connections++;
    this.#sockets.add(socket);
    let rest = new Uint8Array(0);
    socket.on("data", (part: Uint8Array) => {
      const all = new Uint8Array(rest.length + part.length);
      all.set(rest);
      all.set(part, rest.length);
      rest = this.#takeFrames(all);
    });
    socket.on("error", () => {}); // cut on purpose
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      this.torn += rest.length;
      this.#sockets.delete(socket);
    });
  }

  #takeFrames(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    for (;;) {
      const space = bytes.indexOf(32);
      const digits = new TextDecoder().decode(bytes.subarray(0, Math.max(0, space)));
      if (space > 0 && !/^[1-9]\d*$/.test(digits)) throw new Error(`Not octet counting: "${digits}"`);
      const end = space + 1 + Number(digits);
      if (space < 0 || bytes.length < end) return bytes;
      this.messages.push(new TextDecoder().decode(bytes.subarray(space + 1, end)));
      bytes = bytes.slice(end);
    }
  }
}
