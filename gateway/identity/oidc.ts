import { createLocalJWKSet, errors as joseErrors, type JSONWebKeySet, jwtVerify } from "jose";
import * as client from "openid-client";
import type { Clock } from "../core/clock.ts";
import { GatewayError, UpstreamError } from "../core/errors.ts";
import type { OidcStart, ProviderCheck, ProviderLogout, ProviderPerson, ProviderTokens } from "../core/identity_api.ts";
import { readGroups } from "./groups.ts";
import { type FetchParts, httpsFetch } from "./https_fetch.ts";
import { IDENTITY_LIMITS } from "./limits.ts";
import type { OidcSettings } from "./worker_config.ts";

/** Ways of proof that are more than a password (RFC 8176). */
const STRONG = new Set(["fpt", "hwk", "iris", "mfa", "otp", "phr", "phrh", "retina", "swk", "vbm"]);
/** Seconds that the provider may have remembered somebody: a day. */
const REMEMBERED_SECONDS = 86_400;
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** OpenID Connect: code flow with PKCE, state and nonce; userinfo and refresh to ask again; back-channel logout. */
export class OidcProvider {
  readonly #settings: OidcSettings;
  readonly #fetch: (url: string, options: object) => Promise<Response>;
  readonly #clock: Clock;
  #known: { readonly config: client.Configuration; readonly at: number } | undefined;

  constructor(settings: OidcSettings, parts: FetchParts & { readonly clock: Clock }) {
    this.#settings = settings;
    this.#clock = parts.clock;
    this.#fetch = (url, options) => httpsFetch(url, options, { ...parts, ca: settings.ca });
  }

  /** The URL to send the browser to, and what has to come back. */
  async begin({ redirectUri, fresh }: { readonly redirectUri: string; readonly fresh: boolean }): Promise<OidcStart> {
    const config = await this.#config();
    const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: this.#settings.scopes.join(" "),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      // providers give refresh tokens for offline access only when they asked the person
      ...this.#settings.scopes.includes("offline_access") ? { prompt: "consent" } : {},
      // asked for so that the answer says when the person was there (Core 1.0, section 3.1.2.1)
      max_age: fresh ? "0" : String(REMEMBERED_SECONDS),
    });
    return { url: url.href, state, nonce, verifier };
  }

  /** Who came back. @throws GatewayError IDENTITY_REFUSED, IDENTITY_AWAY */
  async finish(
    { callbackUrl, login }: { readonly callbackUrl: string; readonly login: Omit<OidcStart, "url"> },
  ): Promise<ProviderPerson> {
    const config = await this.#config();
    return await this.#asked("the login", async () => {
      const tokens = await client.authorizationCodeGrant(
        config,
        new URL(callbackUrl.slice(0, IDENTITY_LIMITS.textChars)),
        {
          pkceCodeVerifier: login.verifier,
          expectedState: login.state,
          expectedNonce: login.nonce,
          idTokenExpected: true,
        },
      );
      const claims = tokens.claims()!;
      const hasUserinfo = config.serverMetadata().userinfo_endpoint !== undefined;
      const info = hasUserinfo ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : {};
      return this.#person({ ...claims, ...info }, tokensOf(tokens));
    });
  }

  /** Whether the person still is one, and in which groups. Answers from the provider decide; silence throws. */
  async check(
    { subject, tokens }: { readonly subject: string; readonly tokens: ProviderTokens },
  ): Promise<ProviderCheck> {
    const config = await this.#config(), sub = subject.slice(subject.indexOf("|") + 1);
    const groups = await this.#userinfoGroups(config, tokens.access, sub);
    if (groups.known && groups.list !== undefined) return { active: true, groups: groups.list };
    if (tokens.refresh === undefined) return groups.known ? { active: true } : { active: false };
    return await this.#refresh(config, tokens.refresh, sub);
  }

  /** @throws GatewayError IDENTITY_REFUSED */
  async logout({ logoutToken }: { readonly logoutToken: string }): Promise<ProviderLogout> {
    const config = await this.#config();
    return await this.#asked("the logout", async () => {
      const { jwks_uri } = config.serverMetadata();
      if (jwks_uri === undefined || logoutToken.length > IDENTITY_LIMITS.textChars) {
        throw new Error("it cannot be verified");
      }
      const keys = await (await this.#fetch(jwks_uri, {})).json() as JSONWebKeySet;
      const { payload } = await jwtVerify(logoutToken, createLocalJWKSet(keys), {
        issuer: config.serverMetadata().issuer,
        audience: this.#settings.clientId,
        requiredClaims: ["iat", "jti", "events"],
        maxTokenAge: "5 minutes",
        clockTolerance: 60,
        currentDate: new Date(this.#clock.now()),
        // the sort that a provider signs with a key of its own; never "none", never one made of our secret
        algorithms: [
          "RS256",
          "RS384",
          "RS512",
          "PS256",
          "PS384",
          "PS512",
          "ES256",
          "ES384",
          "ES512",
          "EdDSA",
          "Ed25519",
        ],
      });
      const { sub, sid, events, nonce, jti, iat } = payload;
      const isEvent = typeof events === "object" && events !== null && LOGOUT_EVENT in events;
      if (!isEvent || nonce !== undefined || sub === undefined && typeof sid !== "string") {
        throw new Error("it is no logout token");
      }
      return {
        id: jti!,
        issuedAt: iat! * 1_000,
        ...sub === undefined ? {} : { subject: this.#subject(sub) },
        ...typeof sid === "string" ? { sid } : {},
      };
    });
  }

  async #userinfoGroups(
    config: client.Configuration,
    access: string,
    sub: string,
  ): Promise<{ readonly known: boolean; readonly list?: readonly string[] }> {
    if (config.serverMetadata().userinfo_endpoint === undefined) return { known: false };
    try {
      const info = await client.fetchUserInfo(config, access, sub);
      const list = readGroups(info[this.#settings.groupsClaim]);
      return { known: true, ...list === undefined ? {} : { list } };
    } catch (error) {
      if (isRefusal(error)) return { known: false };
      throw away(error);
    }
  }

  async #refresh(config: client.Configuration, refresh: string, sub: string): Promise<ProviderCheck> {
    try {
      const tokens = await client.refreshTokenGrant(config, refresh);
      const info = await this.#userinfoGroups(config, tokens.access_token, sub);
      const groups = info.list ?? readGroups(tokens.claims()?.[this.#settings.groupsClaim]);
      return { active: true, ...groups ? { groups } : {}, tokens: { refresh, ...tokensOf(tokens) } };
    } catch (error) {
      if (isRefusal(error)) return { active: false };
      throw error instanceof GatewayError ? error : away(error);
    }
  }

  #person(
    claims: Readonly<Record<string, unknown>> & { readonly sub?: string },
    tokens: ProviderTokens,
  ): ProviderPerson {
    const { sub, sid, name, amr, auth_time } = claims;
    const known = claims[this.#settings.nameClaim] ?? claims["email"] ?? sub;
    return {
      subject: this.#subject(sub!),
      name: String(known),
      displayName: typeof name === "string" ? name : String(known),
      groups: readGroups(claims[this.#settings.groupsClaim]) ?? [],
      secondFactor: Array.isArray(amr) && amr.some((way) => STRONG.has(String(way))),
      tokens,
      ...typeof sid === "string" ? { sid } : {},
      // a provider that does not say when proves nothing fresh
      provenAt: typeof auth_time === "number" ? auth_time * 1_000 : 0,
    };
  }

  #subject(sub: string): string {
    return `${this.#settings.issuer}|${sub}`;
  }

  /** Reads the discovery document now and then; a provider that is away is asked again at the next login. */
  async #config(): Promise<client.Configuration> {
    const now = this.#clock.monotonic();
    if (this.#known && now - this.#known.at < IDENTITY_LIMITS.discoveryMs) return this.#known.config;
    const { issuer, clientId, clientSecret } = this.#settings;
    try {
      const config = await client.discovery(new URL(issuer), clientId, undefined, authenticate(clientSecret), {
        [client.customFetch]: this.#fetch as client.CustomFetch,
      });
      this.#known = { config, at: now };
      return config;
    } catch (error) {
      if (this.#known) return this.#known.config; // what was true an hour ago is good enough while it cannot be read
      throw away(error);
    }
  }

  async #asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof UpstreamError) throw error;
      if (error instanceof TypeError && error.cause instanceof UpstreamError) throw error.cause;
      const cause = error instanceof Error && error.cause instanceof UpstreamError ? error.cause : undefined;
      if (cause) throw cause;
      throw new GatewayError("IDENTITY_REFUSED", `The provider's answer to ${what} cannot be used`, { cause: error });
    }
  }
}

/** The way the provider prefers: HTTP Basic where it names it or nothing, else in the form. */
function authenticate(secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const basic = client.ClientSecretBasic(secret), post = client.ClientSecretPost(secret);
  return (server, ...rest) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return (ways.includes("client_secret_basic") ? basic : post)(server, ...rest);
  };
}

/** The provider has answered, and the answer is no: the token or the person is not good any more. */
function isRefusal(error: unknown): boolean {
  if (error instanceof client.WWWAuthenticateChallengeError) return true;
  if (error instanceof client.ResponseBodyError) return error.status >= 400 && error.status < 500;
  if (error instanceof joseErrors.JOSEError) return true;
  const { cause } = error as { cause?: unknown };
  return cause instanceof Response && (cause.status === 401 || cause.status === 403);
}

function away(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const { cause } = error as { cause?: unknown };
  if (cause instanceof UpstreamError) return cause;
  return new UpstreamError("IDENTITY_AWAY", "The identity provider gives no usable answer", { cause: error });
}

function tokensOf(tokens: { readonly access_token: string; readonly refresh_token?: string }): ProviderTokens {
  const { access_token, refresh_token } = tokens;
  return { access: access_token, ...refresh_token === undefined ? {} : { refresh: refresh_token } };
}
