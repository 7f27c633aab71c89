import { parseHostPort } from "../config/ip.ts";
import { describeError, GatewayError, IdentityError } from "../core/errors.ts";
import type { IdentityApi, OidcStart, ProviderPerson } from "../core/identity_api.ts";
import type { LoginStep } from "../core/people_api.ts";
import type { RpcArgs, RpcResult } from "../core/rpc.ts";
import { KEYS } from "../store/keys.ts";
import { Ceremonies } from "./ceremonies.ts";
import { auditRefusal, loginRefused } from "./login_refusals.ts";
import { beginSession, type LoginPlace } from "./logins.ts";
import type { People } from "./people.ts";
import { applyGroups, linkAccount, type ProviderKind } from "./provider_accounts.ts";
import { ProviderTokenBook } from "./provider_tokens.ts";
import type { AccountRecord, SessionRecord } from "./records.ts";

/** Milliseconds a person may take at the identity provider. */
const LOGIN_MS = 10 * 60_000;
/** Milliseconds that one question to the provider may take: with the time between two looks this stays below a minute. */
const ASK_MS = 9_000;
/** Logout tokens older than this are refused; their ids are remembered as long. */
const LOGOUT_MS = 10 * 60_000;
/** Questions to the provider at once. */
const ASKING = 8;

interface PendingLogin {
  readonly login: Omit<OidcStart, "url">;
  readonly returnTo?: string;
}

/** Logins elsewhere, and whether those who are logged in still may be. */
export class Providers {
  readonly tokens: ProviderTokenBook;
  readonly #people: People;
  readonly #logins: Ceremonies<PendingLogin>;
  readonly #away = new Set<ProviderKind>();
  readonly #asking = new Set<string>();

  constructor(people: People) {
    this.#people = people;
    this.tokens = new ProviderTokenBook(people.context);
    this.#logins = new Ceremonies({ clock: people.clock, random: people.context.random, lifeMs: LOGIN_MS });
  }

  /** @throws UpstreamError IDENTITY_AWAY */
  async begin(
    { source, returnTo, fresh = false }: {
      readonly source: string;
      readonly returnTo?: string;
      readonly fresh?: boolean;
    },
  ): Promise<{ url: string; ticket: string }> {
    const { url, ...login } = await this.#ask("oidc", "identity.oidc.begin", {
      redirectUri: this.#redirectUri(),
      fresh,
    });
    // only a path of ours: a login must not end on somebody else's page
    const isOwn = returnTo !== undefined && returnTo.length <= 512 && /^\/(?![\/\\])[\x21-\x7e]*$/.test(returnTo);
    return { url, ticket: this.#logins.begin(source, { login, ...isOwn ? { returnTo } : {} }) };
  }

  /** @throws IdentityError LOGIN_REFUSED, UpstreamError IDENTITY_AWAY */
  async finish(
    { ticket, callbackUrl, ...place }: LoginPlace & { readonly ticket: string; readonly callbackUrl: string },
  ): Promise<{ step: LoginStep; returnTo?: string }> {
    const pending = this.#logins.take(ticket);
    const refuse = async (rule: string) => {
      await auditRefusal(this.#people, { name: "", source: place.source }, rule);
      return loginRefused();
    };
    if (!pending) throw await refuse("login.oidc-ticket");
    const { search } = new URL(callbackUrl, this.#redirectUri()); // only its answer counts, never its host
    const person = await this.#ask("oidc", "identity.oidc.finish", {
      callbackUrl: `${this.#redirectUri()}${search}`,
      login: pending.login,
    }).catch(async (error) => {
      const isRefused = error instanceof GatewayError && error.code === "IDENTITY_REFUSED";
      const refusal = await refuse(isRefused ? "login.oidc" : "login.provider-away");
      throw isRefused ? refusal : error;
    });
    const account = await linkAccount(this.#people, "oidc", person);
    if (!account) throw await refuse("login.no-role");
    if (account.state === "disabled") throw await refuse("login.disabled");
    const step = await this.#start(account, person, place);
    return { step, ...pending.returnTo === undefined ? {} : { returnTo: pending.returnTo } };
  }

  /** Back-channel logout: ends the sessions that the provider names. @throws IdentityError LOGIN_REFUSED */
  async logout({ logoutToken, source }: { readonly logoutToken: string; readonly source: string }): Promise<number> {
    const people = this.#people, { clock, store } = people.context;
    const told = await this.#ask("oidc", "identity.oidc.logout", { logoutToken }).catch(async (error) => {
      if (!(error instanceof GatewayError && error.code === "IDENTITY_REFUSED")) throw error;
      await auditRefusal(people, { name: "", source }, "login.oidc-logout");
      throw loginRefused();
    });
    const key = [...KEYS.people, "logout", await people.digest("logout", told.id)];
    const isOld = clock.now() - told.issuedAt >= LOGOUT_MS;
    if (isOld || await store.get(key)) {
      await auditRefusal(people, { name: "", source }, "login.oidc-logout-replayed");
      throw loginRefused();
    }
    await store.commit([{ set: key, value: true, expiresAt: clock.now() + LOGOUT_MS }]);
    const ended = people.sessions.living().filter(({ provider }) =>
      provider !== undefined && (told.sid === undefined ? provider.subject === told.subject : provider.sid === told.sid)
    );
    return await people.sessions.end(ended, "session.provider-logout", "oidc");
  }

  /** A name and password that are not local: asks LDAP, if the site has one. */
  async foreignPassword(
    name: string,
    password: string,
  ): Promise<{ account: AccountRecord; person: ProviderPerson } | undefined> {
    if (!this.#people.context.site.people.ldap) return undefined;
    const { person } = await this.#ask("ldap", "identity.ldap.login", { name: name.replace(/@ldap$/i, ""), password });
    const account = person && await linkAccount(this.#people, "ldap", person);
    return person && account ? { account, person } : undefined;
  }

  /** Asks the providers about everybody who is logged in and was not asked about for a while. */
  async recheck(): Promise<void> {
    const { clock, sessions, context } = this.#people, now = clock.now();
    const due = sessions.living().filter(({ id, provider }) => {
      const kind = provider && kindOf(provider.subject), every = kind && context.site.people[kind]?.recheckSeconds;
      if (!provider || this.#asking.has(id)) return false;
      return every === undefined || now - provider.checkedAt >= every * 1_000;
    });
    const free = Math.max(0, ASKING - this.#asking.size);
    await Promise.all(due.slice(0, free).map((session) => this.#recheck(session)));
  }

  async #recheck(session: SessionRecord): Promise<void> {
    const people = this.#people, provider = session.provider!, kind = kindOf(provider.subject);
    this.#asking.add(session.id);
    try {
      if (!people.context.site.people[kind]) {
        await people.sessions.end([session], "session.provider-removed", "gateway");
        return;
      }
      const tokens = kind === "oidc" ? await this.tokens.get(session.id) : undefined;
      const check = kind === "ldap"
        ? await this.#ask("ldap", "identity.ldap.check", { subject: provider.subject })
        : tokens
        ? await this.#ask("oidc", "identity.oidc.check", { subject: provider.subject, tokens })
        : { active: false as const };
      if (!check.active) {
        await people.sessions.end([session], "session.provider-ended", kind);
        return;
      }
      if (check.tokens) await this.tokens.put(session.id, check.tokens);
      people.sessions.note(session, { provider: { ...provider, checkedAt: people.clock.now() } });
      const account = people.accounts.get(session.person);
      if (account && check.groups) await applyGroups(people, kind, account, check.groups);
    } catch (error) {
      // the provider is away: who is in stays in, and is asked about again (idea 5 of people: no lockout by an outage)
      people.context.log.info("people.provider.unasked", { msg: describeError(error) });
    } finally {
      this.#asking.delete(session.id);
    }
  }

  /** A session for a person whom a provider has proven. */
  async start(account: AccountRecord, person: ProviderPerson, place: LoginPlace): Promise<LoginStep> {
    return await this.#start(account, person, place);
  }

  async #start(account: AccountRecord, person: ProviderPerson, place: LoginPlace): Promise<LoginStep> {
    const { clock, context } = this.#people, now = clock.now();
    const age = person.provenAt === undefined ? 0 : Math.max(0, context.clock.now() - person.provenAt);
    const { sid, subject, tokens } = person;
    const provider = { subject, checkedAt: now, ...sid === undefined ? {} : { sid } };
    // the tokens are stored before the session can be used: without them nobody could ask about it again
    return await beginSession(
      this.#people,
      account,
      { provider, provenAt: now - age, ...person.secondFactor ? { secondFactorAt: now - age } : {} },
      place,
      async ({ id }) => tokens && await this.tokens.put(id, tokens),
    );
  }

  /** Asks the identity Worker; an alarm stands while nobody answers. */
  async #ask<M extends keyof IdentityApi & string>(
    kind: ProviderKind,
    method: M,
    args: RpcArgs<IdentityApi, M>,
  ): Promise<RpcResult<IdentityApi, M>> {
    const { workers } = this.#people.context;
    try {
      const answer = await workers.get("identity").call(method, args as never, { deadlineMs: ASK_MS });
      await this.#answers(kind);
      return answer as RpcResult<IdentityApi, M>;
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : "";
      if (code === "IDENTITY_REFUSED") await this.#answers(kind);
      else await this.#silent(kind, error);
      if (!AWAY.has(code)) throw error;
      throw new IdentityError(
        "IDENTITY_AWAY",
        `The ${kind === "ldap" ? "LDAP server" : "identity provider"} does not answer`,
        {
          hint: "Local accounts and running sessions go on; try again later",
          cause: error,
        },
      );
    }
  }

  async #answers(kind: ProviderKind): Promise<void> {
    if (this.#away.delete(kind)) await this.#people.context.alarms.clear("people.provider.away", kind);
  }

  async #silent(kind: ProviderKind, error: unknown): Promise<void> {
    if (this.#away.has(kind)) return;
    this.#away.add(kind);
    const detail = describeError(error).slice(0, 300);
    await this.#people.audit({
      event: "people.provider.away",
      who: "gateway",
      target: kind,
      outcome: "failed",
      detail: { why: detail },
    });
    await this.#people.context.alarms.raise({ kind: "people.provider.away", subject: kind, detail });
  }

  #redirectUri(): string {
    const { console } = this.#people.context.site, port = parseHostPort(console?.listen ?? "")?.port ?? 443;
    return `https://${console?.hostname ?? "localhost"}${port === 443 ? "" : `:${port}`}/login/oidc/callback`;
  }
}

const AWAY: ReadonlySet<string> = new Set([
  "IDENTITY_AWAY",
  "RPC_DEADLINE",
  "RPC_PEER_GONE",
  "RPC_OVERLOAD",
  "RPC_FAILED",
]);

function kindOf(subject: string): ProviderKind {
  return subject.startsWith("ldap|") ? "ldap" : "oidc";
}
