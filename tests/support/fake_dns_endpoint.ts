import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { TestCa } from "./test_ca.ts";

/** A customer's HTTPS endpoint that sets TXT records, on loopback; it wants its bearer token. */
export class FakeDnsEndpoint implements AsyncDisposable {
  readonly ca = new TestCa("DNS endpoint CA");
  readonly token = "dns-t0ken";
  /** "set _acme-challenge.x" and "remove ..." in order. */
  readonly changes: string[] = [];
  /** Status of every answer, when it is to be another than the right one. */
  status: number | undefined;
  readonly #records = new Map<string, Set<string>>();
  #server: Server | undefined;

  async up(): Promise<void> {
    const { certPem: cert, keyPem: key } = this.ca.server(["localhost", "127.0.0.1"]);
    const server = this.#server = createServer({ cert, key }, (request, response) => {
      let body = "";
      request.on("data", (part) => body += part);
      request.on("end", () => {
        const isKnown = request.headers.authorization === `Bearer ${this.token}` && request.method === "POST";
        const status = this.status ?? (isKnown ? 204 : 401);
        if (status === 204) this.#apply(JSON.parse(body) as { name: string; value: string; action: string });
        response.writeHead(status);
        response.end();
      });
    });
    server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `https://localhost:${(this.#server!.address() as AddressInfo).port}/txt`;
  }

  /** The values of a TXT record now. */
  values(name: string): readonly string[] {
    return [...this.#records.get(name) ?? []];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server!.closeAllConnections();
    await new Promise((resolve) => this.#server!.close(resolve));
  }

  #apply({ name, value, action }: { name: string; value: string; action: string }): void {
    this.changes.push(`${action} ${name}`);
    const values = this.#records.get(name) ?? new Set();
    if (action === "set") values.add(value);
    else values.delete(value);
    this.#records.set(name, values);
  }
}
