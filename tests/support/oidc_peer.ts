import { createServer, type Server } from "node:https";
import { Provider } from "oidc-provider";
import { freePort } from "./free_port.ts";
import { TestCa } from "./test_ca.ts";

/** A person at the provider. */
export interface PeerPerson {
  sub: string;
  preferred_username: string;
  name: string;
  groups: string[];
  /** Ways of proof that the provider says it used (RFC 8176). */
  amr?: string[];
}

/** An identity provider: npm oidc-provider over TLS with a certificate of its own CA. */
export class OidcPeer implements AsyncDisposable {
  readonly people = new Map<string, PeerPerson>();
  /** Logout tokens that it would have posted. */
  readonly logouts: string[] = [];
  readonly issuer: string;
  readonly caPem: string;
  #server: Server;
  readonly #options: { cert: string; key: string };
  readonly #port: number;
  #handler: (request: never, response: never) => void;

  private constructor(
    port: number,
    server: Server,
    ca: TestCa,
    options: { cert: string; key: string },
    redirectUri: string,
  ) {
    this.#port = port;
    this.#server = server;
    this.#options = options;
    this.caPem = ca.pem;
    this.issuer = `https://localhost:${port}`;
    this.#handler = this.#provider(redirectUri).callback() as never;
    server.on("request", (request, response) => this.#handler(request as never, response as never));
  }

  /** Starts it on a free port of loopback, for a client "bulkhead" with the secret SECRET. */
  static async start(redirectUri: string): Promise<OidcPeer> {
    const ca = new TestCa();
    const { certPem, keyPem } = ca.server(["localhost", "127.0.0.1"]);
    const options = { cert: certPem, key: keyPem };
    const server = createServer(options);
    const port = freePort(); // it comes back on it
    await listen(server, port);
    return new OidcPeer(port, server, ca, options, redirectUri);
  }

  /** Nobody answers any more, as when the provider is down. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Answers again, on the same port and with what it knew. */
  async resume(): Promise<void> {
    this.#server = createServer(
      this.#options,
      (request, response) => this.#handler(request as never, response as never),
    );
    await listen(this.#server, this.#port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #provider(redirectUri: string): Provider {
    const logouts = this.logouts;
    return new Provider(this.issuer, {
      clients: [{
        client_id: "bulkhead",
        client_secret: SECRET,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [],
        grant_types: ["authorization_code", "refresh_token"],
        backchannel_logout_uri: "https://gw.lab.example/login/oidc/logout",
        backchannel_logout_session_required: true,
      }],
      claims: { openid: ["sub", "groups", "amr"], profile: ["name", "preferred_username"] },
      scopes: ["openid", "offline_access", "profile"],
      features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
      pkce: { required: () => true },
      issueRefreshToken: () => Promise.resolve(true),
      ttl: { AccessToken: 3_600 },
      cookies: { keys: ["a key for the tests alone"] },
      findAccount: (_: unknown, id: string) => {
        const person = this.people.get(id);
        return person && { accountId: id, claims: () => ({ ...person, sub: id }) };
      },
      // what it would post to the gateway; the test hands it over
      fetch: (url: string | URL | Request, options?: RequestInit) => {
        const body = new URLSearchParams(String(options?.body));
        if (String(url).includes("/login/oidc/logout")) logouts.push(body.get("logout_token") ?? "");
        return Promise.resolve(new Response(null, { status: 200 }));
      },
    } as never);
  }
}

/** The client secret of the gateway at the peer. */
export const SECRET = "a client secret of the tests, long enough for HMAC keys";

async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, "127.0.0.1", resolve);
  await promise;
}
