import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, randomBytes, verify } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readSigningRequest } from "../../gateway/pki/csr.ts";
import { toPem } from "../../gateway/pki/der_writer.ts";
import { FakeDnsEndpoint } from "./fake_dns_endpoint.ts";
import { TestCa, type TestCertificateOptions } from "./test_ca.ts";

interface Order {
  readonly names: readonly string[];
  readonly account: string;
  status: "pending" | "ready" | "processing" | "valid" | "invalid";
  chain?: string;
}

interface Authorization {
  readonly order: number;
  readonly name: string;
  readonly token: string;
  status: "pending" | "valid" | "invalid";
  error?: Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A certificate authority that speaks RFC 8555 over TLS on loopback and believes nothing: nonces are used once, every
 * signature is checked with the account's key, a challenge is only valid when the TXT record stands at the DNS endpoint.
 */
export class FakeAcme implements AsyncDisposable {
  /** Vouches for the server itself. */
  readonly tlsCa = new TestCa("ACME TLS CA");
  readonly root = new TestCa("ACME Root");
  readonly issuer = this.root.intermediate("ACME Issuing CA", { ca: { pathLength: 0 } });
  readonly dns = new FakeDnsEndpoint();
  /** "POST /new-order" and so on, in order. */
  readonly seen: string[] = [];
  readonly accounts = new Map<string, { readonly key: KeyObject; readonly contact: unknown }>();
  /** Names of the orders that were made. */
  readonly orders: Order[] = [];
  issued = 0;
  /** Answers so many signed requests with badNonce. */
  badNonces = 0;
  /** Answers newOrder with rateLimited and this Retry-After. */
  rateLimitSeconds: number | undefined;
  /** The next orders stay "processing" for so many questions after finalize. */
  processingFor = 0;
  /** Refuses every validation, whatever the DNS says. */
  failValidation = false;
  /** Made with every certificate; wrong ones let tests see that control looks. */
  certificate: TestCertificateOptions & { readonly chain?: (chain: string) => string } = {};
  /** Names another host in the directory. */
  foreignOrderUrl = false;
  readonly #authorizations: Authorization[] = [];
  readonly #nonces = new Set<string>();
  #server: Server | undefined;

  /** Starts server and DNS endpoint. */
  static async up(port = 0): Promise<FakeAcme> {
    const fake = new FakeAcme();
    const { certPem: cert, keyPem: key } = fake.tlsCa.server(["localhost", "127.0.0.1"]);
    const server = fake.#server = createServer({ cert, key }, (request, response) => fake.#receive(request, response));
    server.on("tlsClientError", () => {}); // the client's side of it is what tests look at
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await fake.dns.up();
    return fake;
  }

  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  get directoryUrl(): string {
    return this.#url("/directory");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server!.closeAllConnections();
    await new Promise((resolve) => this.#server!.close(resolve));
    await this.dns[Symbol.asyncDispose]();
  }

  #url(path: string): string {
    return `https://localhost:${this.port}${path}`;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Uint8Array[] = [];
    request.on("data", (part) => chunks.push(part));
    request.on("end", () => {
      this.seen.push(`${request.method} ${request.url}`);
      const { status, body, text, headers } = this.#answer(request, Buffer.concat(chunks).toString());
      const nonce = randomBytes(12).toString("base64url");
      this.#nonces.add(nonce);
      const type = text !== undefined
        ? "application/pem-certificate-chain"
        : status >= 400
        ? "application/problem+json"
        : "application/json";
      response.writeHead(status, { "replay-nonce": nonce, "content-type": type, ...headers });
      response.end(text ?? (body === undefined ? "" : JSON.stringify(body)));
    });
  }

  #answer({ method, url = "" }: IncomingMessage, body: string): Answer {
    if (method === "GET" && url === "/directory") {
      const newOrder = this.foreignOrderUrl ? "https://elsewhere.example/new-order" : this.#url("/new-order");
      return { status: 200, body: { newNonce: this.#url("/nonce"), newAccount: this.#url("/new-account"), newOrder } };
    }
    if (method === "HEAD" && url === "/nonce") return { status: 200 };
    if (method !== "POST") return problem(405, "malformed", "only POST-as-GET");
    const jws = JSON.parse(body) as { protected: string; payload: string; signature: string };
    const head = JSON.parse(Buffer.from(jws.protected, "base64url").toString()) as {
      alg: string;
      nonce: string;
      url: string;
      jwk?: Record<string, string>;
      kid?: string;
    };
    if (!this.#nonces.delete(head.nonce) || this.badNonces > 0) {
      this.badNonces = Math.max(0, this.badNonces - 1);
      return problem(400, "badNonce", "used before");
    }
    if (head.url !== this.#url(url)) return problem(401, "unauthorized", "signed for another URL");
    const key = head.jwk ? createPublicKey({ key: head.jwk, format: "jwk" }) : this.accounts.get(head.kid ?? "")?.key;
    if (!key) return problem(400, "accountDoesNotExist", "unknown account");
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const options = head.alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" as const } : { key };
    if (!verify("sha256", signed, options, Buffer.from(jws.signature, "base64url"))) {
      return problem(401, "unauthorized", "the signature is wrong");
    }
    const payload = jws.payload === "" ? undefined : JSON.parse(Buffer.from(jws.payload, "base64url").toString());
    if (url === "/new-account") return this.#register(key, payload);
    if (!head.kid) return problem(400, "malformed", "kid wanted");
    return this.#serve(url, payload, head.kid);
  }

  #register(key: KeyObject, payload: { termsOfServiceAgreed?: boolean; contact?: unknown }): Answer {
    if (payload.termsOfServiceAgreed !== true) return problem(403, "userActionRequired", "terms");
    const kid = this.#url(`/account/${thumbprintOf(key)}`);
    const isKnown = this.accounts.has(kid);
    this.accounts.set(kid, { key, contact: payload.contact });
    return { status: isKnown ? 200 : 201, body: { status: "valid" }, headers: { location: kid } };
  }

  #serve(url: string, payload: Record<string, unknown> | undefined, account: string): Answer {
    if (url === "/new-order") return this.#newOrder(payload as { identifiers: { value: string }[] }, account);
    const [, kind, number] = /^\/(order|authz|challenge|finalize|cert)\/(\d+)$/.exec(url) ?? [];
    const id = Number(number);
    const order = this.orders[kind === "authz" || kind === "challenge" ? this.#authorizations[id]?.order ?? -1 : id];
    if (!order || order.account !== account) return problem(404, "malformed", "no such thing");
    switch (kind) {
      case "order":
        return this.#showOrder(id);
      case "authz":
        return { status: 200, body: this.#authorizationBody(id) };
      case "challenge":
        this.#validate(this.#authorizations[id]!, account);
        return { status: 200, body: this.#challengeBody(id) };
      case "finalize":
        return this.#finalize(id, String(payload?.csr));
      default:
        return order.chain ? { status: 200, text: order.chain } : problem(404, "malformed", "no certificate");
    }
  }

  #newOrder({ identifiers }: { identifiers: { value: string }[] }, account: string): Answer {
    if (this.rateLimitSeconds !== undefined) {
      const headers = { "retry-after": String(this.rateLimitSeconds) };
      return { ...problem(429, "rateLimited", "too many new orders"), headers };
    }
    const names = identifiers.map(({ value }) => value);
    const id = this.orders.push({ names, account, status: "pending" }) - 1;
    for (const name of names) {
      this.#authorizations.push({ order: id, name, token: randomBytes(24).toString("base64url"), status: "pending" });
    }
    return { status: 201, body: this.#orderBody(id), headers: { location: this.#url(`/order/${id}`) } };
  }

  #showOrder(id: number): Answer {
    const order = this.orders[id]!;
    if (order.status === "processing" && this.processingFor-- <= 0) order.status = "valid";
    return { status: 200, body: this.#orderBody(id), headers: { "retry-after": "1" } };
  }

  #orderBody(id: number): Record<string, unknown> {
    const order = this.orders[id]!;
    const own = this.#authorizations.flatMap((each, at) => each.order === id ? [{ each, at }] : []);
    if (order.status === "pending" && own.every(({ each }) => each.status === "valid")) order.status = "ready";
    if (own.some(({ each }) => each.status === "invalid")) order.status = "invalid";
    return {
      status: order.status,
      identifiers: order.names.map((value) => ({ type: "dns", value })),
      authorizations: own.map(({ at }) => this.#url(`/authz/${at}`)),
      finalize: this.#url(`/finalize/${id}`),
      ...(order.status === "valid" ? { certificate: this.#url(`/cert/${id}`) } : {}),
    };
  }

  #authorizationBody(id: number): Record<string, unknown> {
    const { name, status } = this.#authorizations[id]!;
    const wildcard = name.startsWith("*.") ? { wildcard: true } : {};
    const http = { type: "http-01", url: this.#url(`/challenge/${id}`), token: "not-for-us", status };
    const challenges = [http, this.#challengeBody(id)];
    return { identifier: { type: "dns", value: name.replace("*.", "") }, status, ...wildcard, challenges };
  }

  #challengeBody(id: number): Record<string, unknown> {
    const { status, token, error } = this.#authorizations[id]!;
    return { type: "dns-01", url: this.#url(`/challenge/${id}`), token, status, ...(error ? { error } : {}) };
  }

  #validate(authorization: Authorization, account: string): void {
    const key = this.accounts.get(account)!.key;
    const wanted = createHash("sha256").update(`${authorization.token}.${thumbprintOf(key)}`).digest("base64url");
    const values = this.dns.values(`_acme-challenge.${authorization.name.replace("*.", "")}`);
    authorization.status = values.includes(wanted) && !this.failValidation ? "valid" : "invalid";
    if (authorization.status === "valid") return;
    authorization.error = { type: "urn:ietf:params:acme:error:unauthorized", detail: "no such TXT record found" };
  }

  #finalize(id: number, csr: string): Answer {
    const order = this.orders[id]!;
    if (order.status !== "ready") return problem(403, "orderNotReady", order.status);
    const request = readSigningRequest(toPem("CERTIFICATE REQUEST", Buffer.from(csr, "base64url")));
    const key = createPublicKey({ key: Buffer.from(request.publicKey.spki), format: "der", type: "spki" });
    const { chain = (pem: string) => pem, ...options } = this.certificate;
    const subjectKey = { key, keyPem: "", spki: request.publicKey.spki };
    const now = Date.now();
    const { certPem } = this.issuer.server(order.names, {
      key: subjectKey,
      notBefore: now - 3_600_000,
      notAfter: now + 90 * 86_400_000,
      ...options,
    });
    order.chain = chain(certPem);
    order.status = "processing";
    this.issued++;
    return { status: 200, body: this.#orderBody(id) };
  }
}

/** RFC 7638, from the account's key as this server knows it. */
function thumbprintOf(key: KeyObject): string {
  const { kty, crv, x, y, n, e } = key.export({ format: "jwk" });
  const members = kty === "EC" ? { crv, kty, x, y } : { e, kty, n };
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}

function problem(status: number, type: string, detail: string): Answer {
  return { status, body: { type: `urn:ietf:params:acme:error:${type}`, detail, status } };
}
