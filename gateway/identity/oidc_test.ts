import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import type { OidcStart } from "../core/identity_api.ts";
import { systemTimers } from "../core/timers.ts";
import { DIRECT } from "../uplink/settings.ts";
import { IDENTITY_LIMITS } from "./limits.ts";
import { OidcProvider } from "./oidc.ts";

const REFUSED = { code: "IDENTITY_REFUSED" }, AWAY = { code: "IDENTITY_AWAY" };
const REDIRECT = "https://gw.example/login/oidc/callback";
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";
const SECRET = "a client secret of the tests, long enough for HMAC keys";
const keys = await generateKeyPair("ES256", { extractable: true });
const otherKeys = await generateKeyPair("ES256", { extractable: true });
const ca = new TestCa();
const { certPem, keyPem } = ca.server(["localhost"]);

/** What a provider answers, by path; absent: as a good one does. */
interface Lies {
  readonly metadata?: object;
  readonly claims?: JWTPayload;
  readonly token?: { readonly status: number; readonly body: object | string };
  readonly refresh?: { readonly status: number; readonly body: object };
  readonly userinfo?: { readonly status: number; readonly body: object };
  readonly forms?: URLSearchParams[];
}

/** A provider of which every answer can be bent: the peer of tests/integration never lies. */
class LyingProvider implements AsyncDisposable {
  nonce = "";
  private constructor(private readonly server: Server, readonly lies: Lies) {
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(lies: Lies): Promise<LyingProvider> {
    const server = createServer({ cert: certPem, key: keyPem });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new LyingProvider(server, lies);
  }

  get issuer(): string {
    return `https://localhost:${(this.server.address() as { port: number }).port}`;
  }

  async idToken(more: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.issuer, aud: "bulkhead", sub: "a1", iat: now, exp: now + 60, auth_time: now };
    return await new SignJWT({ ...claims, nonce: this.nonce, ...more }).setProtectedHeader({ alg: "ES256", kid: "1" })
      .sign(keys.privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (body: object | string, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" })
        .end(typeof body === "string" ? body : JSON.stringify(body));
    if (request.url === "/keys") return void send({ keys: [{ ...await exportJWK(keys.publicKey), kid: "1" }] });
    if (request.url === "/userinfo") {
      const { status, body } = this.lies.userinfo ?? { status: 200, body: { sub: "a1", groups: ["ops"] } };
      return void send(body, status);
    }
    if (request.url === "/token") return await this.#token(await textOf(request), send);
    send({
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      userinfo_endpoint: `${this.issuer}/userinfo`,
      jwks_uri: `${this.issuer}/keys`,
      id_token_signing_alg_values_supported: ["ES256"],
      ...this.lies.metadata,
    });
  }

  async #token(text: string, send: (body: object | string, status?: number) => unknown): Promise<void> {
    const form = new URLSearchParams(text);
    this.lies.forms?.push(form);
    const lie = form.get("grant_type") === "refresh_token" ? this.lies.refresh : this.lies.token;
    if (lie) return void send(lie.body, lie.status);
    const id_token = await this.idToken(this.lies.claims);
    send({ access_token: "at", token_type: "Bearer", refresh_token: "rt", expires_in: 60, id_token });
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

interface World {
  readonly peer: LyingProvider;
  readonly provider: OidcProvider;
  readonly time: ManualTime;
  login(answer?: string): Promise<Awaited<ReturnType<OidcProvider["finish"]>>>;
}

async function withProvider(lies: Lies, test: (world: World) => Promise<void>): Promise<void> {
  await using peer = await LyingProvider.start(lies);
  const time = new ManualTime(Date.now());
  const settings = {
    issuer: peer.issuer,
    clientId: "bulkhead",
    clientSecret: SECRET,
    ca: ca.pem,
    hosts: [],
    scopes: ["openid"],
    nameClaim: "preferred_username",
    groupsClaim: "groups",
  };
  const provider = new OidcProvider(settings, { clock: time, timers: systemTimers, uplink: DIRECT });
  const login = async (answer?: string) => {
    const { url: _, ...start } = await begun(provider);
    peer.nonce = start.nonce;
    return await provider.finish({
      callbackUrl: `${REDIRECT}?${answer ?? `code=c&state=${start.state}`}`,
      login: start,
    });
  };
  await test({ peer, provider, time, login });
}

const begun = (provider: OidcProvider): Promise<OidcStart> => provider.begin({ redirectUri: REDIRECT, fresh: false });

Deno.test("oidc: the browser is sent with PKCE, state and nonce of 256 bits, none of them twice", () =>
  withProvider({}, async ({ provider }) => {
    const first = new URL((await begun(provider)).url), second = new URL((await begun(provider)).url);
    equal(first.searchParams.get("code_challenge_method"), "S256");
    equal(first.searchParams.get("redirect_uri"), REDIRECT);
    equal(first.searchParams.get("max_age"), "86400");
    for (const name of ["state", "nonce", "code_challenge"]) {
      match(first.searchParams.get(name)!, /^[\w-]{43}$/);
      equal(first.searchParams.get(name) === second.searchParams.get(name), false, name);
    }
    const fresh = new URL((await provider.begin({ redirectUri: REDIRECT, fresh: true })).url);
    equal(fresh.searchParams.get("max_age"), "0");
  }));

Deno.test("oidc: a good answer is a person, named by issuer and subject", () =>
  withProvider({ claims: { preferred_username: "anna", name: "Anna", amr: ["pwd", "otp"] } }, async (world) => {
    const person = await world.login();
    equal(person.subject, `${world.peer.issuer}|a1`);
    deepEqual([person.name, person.displayName, person.groups], ["anna", "Anna", ["ops"]]);
    deepEqual([person.secondFactor, person.tokens], [true, { access: "at", refresh: "rt" }]);
  }));

const NOW = Math.floor(Date.now() / 1_000);
const LIES: readonly (readonly [name: string, lies: Lies])[] = [
  ["an ID token of another issuer", { claims: { iss: "https://evil.example" } }],
  ["an ID token for another client", { claims: { aud: "another" } }],
  ["an ID token for two clients, given to the other", { claims: { aud: ["bulkhead", "another"], azp: "another" } }],
  ["an ID token of another login: its nonce", { claims: { nonce: "another" } }],
  ["an ID token that is over", { claims: { exp: NOW - 600, iat: NOW - 1_200 } }],
  ["an ID token without a subject", { claims: { sub: undefined } as never }],
  ["an ID token that is none", {
    token: { status: 200, body: { access_token: "at", token_type: "bearer", id_token: "x.y.z" } },
  }],
  ["no ID token at all", { token: { status: 200, body: { access_token: "at", token_type: "bearer" } } }],
  ["a code that was used before", { token: { status: 400, body: { error: "invalid_grant" } } }],
  ["an answer that is no JSON", { token: { status: 200, body: "<html>" } }],
  ["userinfo of somebody else", { userinfo: { status: 200, body: { sub: "root" } } }],
  ["no userinfo", { userinfo: { status: 403, body: {} } }],
];
for (const [name, lies] of LIES) {
  Deno.test(`oidc: refused: ${name}`, () =>
    withProvider(lies, async ({ login }) => {
      await rejects(login(), REFUSED);
    }));
}

for (const answer of ["code=c&state=another", "code=c", "error=access_denied&state=another", "state=x", ""]) {
  Deno.test(`oidc: refused: a browser that comes back with "${answer}"`, () =>
    withProvider({}, async ({ login }) => {
      await rejects(login(answer), REFUSED);
    }));
}

Deno.test("oidc: an answer address longer than the limit is cut and so refused", () =>
  withProvider({}, async ({ login }) => {
    await rejects(login(`x=${"y".repeat(IDENTITY_LIMITS.textChars)}&code=c`), REFUSED);
  }));

Deno.test("oidc: a provider whose document names another issuer is not used", () =>
  withProvider({ metadata: { issuer: "https://evil.example" } }, async ({ provider }) => {
    await rejects(begun(provider), AWAY);
  }));

Deno.test("oidc: the secret goes the way the provider names: in the form, or in the header and then not in the form", async () => {
  for (const [way, inForm] of [["client_secret_post", true], ["client_secret_basic", false]] as const) {
    const forms: URLSearchParams[] = [];
    await withProvider({ forms, metadata: { token_endpoint_auth_methods_supported: [way] } }, async ({ login }) => {
      await login();
      equal(forms[0]!.get("client_secret") === SECRET, inForm, way);
      match(forms[0]!.get("code_verifier")!, /^[\w-]{43,128}$/);
    });
  }
});

const CHECKS: readonly (readonly [name: string, lies: Lies, wanted: object])[] = [
  ["its userinfo names the groups", {}, { active: true, groups: ["ops"] }],
  ["userinfo without groups and no refresh", { userinfo: { status: 200, body: { sub: "a1" } } }, { active: true }],
  ["userinfo refuses the token", { userinfo: { status: 401, body: {} } }, { active: false }],
];
for (const [name, lies, wanted] of CHECKS) {
  Deno.test(`oidc: asked again: ${name}`, () =>
    withProvider(lies, async ({ peer, provider }) => {
      deepEqual(await provider.check({ subject: `${peer.issuer}|a1`, tokens: { access: "at" } }), wanted);
    }));
}

Deno.test("oidc: asked again: a token that is over is renewed, and the new one counts", async () => {
  const gone = { userinfo: { status: 401, body: {} } };
  const ask = ({ peer, provider }: World) =>
    provider.check({ subject: `${peer.issuer}|a1`, tokens: { access: "old", refresh: "rt" } });
  await withProvider({ ...gone, refresh: { status: 400, body: { error: "invalid_grant" } } }, async (world) => {
    deepEqual(await ask(world), { active: false });
  });
  const renewed = { access_token: "new", token_type: "bearer" };
  await withProvider({ ...gone, refresh: { status: 200, body: renewed } }, async (world) => {
    deepEqual(await ask(world), { active: true, tokens: { refresh: "rt", access: "new" } });
  });
  await withProvider({ ...gone, refresh: { status: 500, body: {} } }, async (world) => {
    await rejects(ask(world), AWAY, "a provider in trouble takes nobody's rights");
  });
});

/** A logout token as the provider makes it, bent by `more`. */
async function logoutToken(peer: LyingProvider, more: JWTPayload = {}, key: unknown = keys.privateKey, alg = "ES256") {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: peer.issuer,
    aud: "bulkhead",
    iat,
    jti: "j1",
    sub: "a1",
    sid: "s1",
    events: { [LOGOUT_EVENT]: {} },
  };
  const given = Object.fromEntries(Object.entries({ ...claims, ...more }).filter(([, value]) => value !== undefined));
  return await new SignJWT(given as JWTPayload).setProtectedHeader({ alg, kid: "1" }).sign(key as CryptoKey);
}

Deno.test("oidc: a logout token names whom it ends", () =>
  withProvider({}, async ({ peer, provider }) => {
    const { id, subject, sid } = await provider.logout({ logoutToken: await logoutToken(peer) });
    deepEqual([id, subject, sid], ["j1", `${peer.issuer}|a1`, "s1"]);
    const bySession = await provider.logout({ logoutToken: await logoutToken(peer, { sub: undefined } as never) });
    deepEqual([bySession.subject, bySession.sid], [undefined, "s1"]);
  }));

// Back-Channel Logout 1.0, section 2.6
const BAD_LOGOUTS: readonly (readonly [name: string, claims: Record<string, unknown>])[] = [
  ["of another issuer", { iss: "https://evil.example" }],
  ["for another client", { aud: "another" }],
  ["of more than six minutes ago, the tolerance of clocks with it", { iat: NOW - 6 * 60 - 2 }],
  ["from the future", { iat: NOW + 6 * 60 }],
  ["without a name of its own", { jti: undefined }],
  ["without the event", { events: {} }],
  ["with an event that is text", { events: LOGOUT_EVENT }],
  ["that is an ID token: it has a nonce", { nonce: "n" }],
  ["that names nobody", { sub: undefined, sid: undefined }],
];
for (const [name, claims] of BAD_LOGOUTS) {
  Deno.test(`oidc: no logout by a token ${name}`, () =>
    withProvider({}, async ({ peer, provider }) => {
      await rejects(provider.logout({ logoutToken: await logoutToken(peer, claims as JWTPayload) }), REFUSED);
    }));
}

Deno.test("oidc: no logout by a token that anybody could sign: another key, our secret, no signature, too long", () =>
  withProvider({}, async ({ peer, provider }) => {
    const good = await logoutToken(peer);
    const unsigned = `${btoa('{"alg":"none"}')}.${good.split(".")[1]}.`;
    const bad = [
      await logoutToken(peer, {}, otherKeys.privateKey),
      await logoutToken(peer, {}, new TextEncoder().encode(SECRET), "HS256"),
      unsigned,
      `${good.slice(0, -2)}AA`,
      "",
      "a.b",
      good + "x".repeat(IDENTITY_LIMITS.textChars),
    ];
    for (const token of bad) await rejects(provider.logout({ logoutToken: token }), REFUSED, token.slice(0, 40));
  }));

Deno.test("oidc: the document is kept for a while; what was true is good enough while it cannot be read", async () => {
  const lies = { metadata: {} as object };
  await withProvider(lies, async ({ provider, time }) => {
    await begun(provider);
    lies.metadata = { issuer: "https://evil.example" };
    await time.advance(IDENTITY_LIMITS.discoveryMs + 1);
    match((await begun(provider)).url, /^https:\/\/localhost:\d+\/auth\?/);
  });
});
