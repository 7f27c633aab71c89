import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { TestCa } from "./test_ca.ts";

/** An HTTPS or HTTP server on loopback for a few files, which a test can make misbehave. */
export class FileServer implements AsyncDisposable {
  readonly ca = new TestCa("File server CA");
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** Answers instead of the files when it returns true. */
  misbehave: ((path: string, response: ServerResponse, request: IncomingMessage) => boolean) | undefined;
  readonly #server: Server;

  private constructor(
    private readonly files: ReadonlyMap<string, Uint8Array>,
    private readonly scheme: "http" | "https",
  ) {
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    const { certPem: cert, keyPem: key } = this.ca.server(["localhost"]);
    this.#server = scheme === "https" ? createHttps({ cert, key }, answer) : createHttp(answer);
    this.#server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
  }

  static async up(files: ReadonlyMap<string, Uint8Array>, scheme: "http" | "https" = "https"): Promise<FileServer> {
    const server = new FileServer(files, scheme);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `${this.scheme}://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url!.split("?")[0]!.slice(1));
    this.asked.push(path);
    if (this.misbehave?.(path, response, request)) return;
    const file = this.files.get(path);
    response.writeHead(file ? 200 : 404, file ? { "content-length": file.length } : {});
    response.end(file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
