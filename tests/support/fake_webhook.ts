import { createServer, type Server } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { TestCa } from "./test_ca.ts";

/** What a receiver of JSON got. */
export interface ReceivedPost {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTPS receiver on loopback that answers as told. */
export class FakeWebhook implements AsyncDisposable {
  readonly ca = new TestCa("Webhook CA");
  readonly posts: ReceivedPost[] = [];
  /** Status and headers of the next answers. */
  status = 200;
  answerHeaders: Record<string, string> = {};
  answerBody = "ok";
  readonly #server: Server;

  private constructor() {
    const { certPem: cert, keyPem: key } = this.ca.server(["localhost", "127.0.0.1"]);
    this.#server = createServer({ cert, key }, (request, response) => {
      let body = "";
      request.on("data", (part) => body += part);
      request.on("end", () => {
        this.posts.push({ method: request.method!, path: request.url!, headers: request.headers, body });
        response.writeHead(this.status, this.answerHeaders);
        response.end(this.answerBody);
      });
    });
    this.#server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
  }

  static async up(): Promise<FakeWebhook> {
    const fake = new FakeWebhook();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/hook?x=1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
