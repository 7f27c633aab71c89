import {
  AndFilter,
  Client,
  EqualityFilter,
  type Filter,
  FilterParser,
  InvalidCredentialsError,
  NoSuchObjectError,
  OrFilter,
} from "ldapts";
import { UpstreamError } from "../core/errors.ts";
import type { ProviderCheck, ProviderPerson } from "../core/identity_api.ts";
import { readGroups } from "./groups.ts";
import { verifiedServer } from "../pki/verified_server.ts";
import { IDENTITY_LIMITS } from "./limits.ts";
import type { LdapSettings } from "./worker_config.ts";

type Entry = Awaited<ReturnType<Client["search"]>>["searchEntries"][number];

/** LDAP: finds the person with the service account, then binds as the person. One connection per question. */
export class LdapServer {
  readonly #settings: LdapSettings;

  constructor(settings: LdapSettings) {
    this.#settings = settings;
  }

  /** The person of this name, if the password is right; the same answer whatever is wrong. */
  async login(
    { name, password }: { readonly name: string; readonly password: string },
  ): Promise<{ person?: ProviderPerson }> {
    // an empty password would be an anonymous bind, which succeeds (RFC 4513 section 5.1.2)
    if (password === "" || name === "") return {};
    return await this.#with(async (client) => {
      const { baseDn, nameAttribute } = this.#settings;
      const { searchEntries } = await client.search(baseDn, {
        scope: "sub",
        filter: this.#filterOf(name),
        sizeLimit: 2,
        attributes: ["*", "memberOf"],
      });
      const [entry, second] = searchEntries;
      if (!entry || second || isDisabled(entry)) return {}; // two of one name are nobody
      const groups = await this.#groupsOf(client, entry);
      if (!await this.#binds(entry.dn, password)) return {};
      const known = firstOf(entry[nameAttribute]) ?? name;
      return {
        person: {
          subject: `ldap|${entry.dn}`,
          name: known,
          displayName: firstOf(entry["displayName"]) ?? firstOf(entry["cn"]) ?? known,
          groups,
          secondFactor: false,
        },
      };
    });
  }

  /** Whether the person is still there, and in which groups. */
  async check({ subject }: { readonly subject: string }): Promise<ProviderCheck> {
    return await this.#with(async (client) => {
      const entry = await entryOf(client, subject.slice("ldap|".length));
      if (!entry || isDisabled(entry)) return { active: false };
      return { active: true, groups: await this.#groupsOf(client, entry) };
    });
  }

  #filterOf(name: string): Filter {
    const { nameAttribute, filter } = this.#settings;
    const named = new EqualityFilter({ attribute: nameAttribute, value: name }); // escapes what a person types
    return filter === undefined ? named : new AndFilter({ filters: [named, FilterParser.parseString(filter)] });
  }

  /** Groups that name the person as a member, or memberOf; as DNs and as names. */
  async #groupsOf(client: Client, entry: Entry): Promise<readonly string[]> {
    const { groupBaseDn, groupAttribute, nameAttribute } = this.#settings;
    if (groupBaseDn === undefined) {
      const dns = readGroups(textsOf(entry["memberOf"])) ?? [];
      return dns.flatMap((dn) => [dn, nameInDn(dn)]);
    }
    const member = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
    const { searchEntries } = await client.search(groupBaseDn, {
      scope: "sub",
      filter: new OrFilter({
        filters: [
          member("member", entry.dn),
          member("uniqueMember", entry.dn),
          member("memberUid", firstOf(entry[nameAttribute]) ?? entry.dn),
        ],
      }),
      sizeLimit: IDENTITY_LIMITS.groups,
      attributes: [groupAttribute],
    });
    return searchEntries.flatMap((group) => [group.dn, ...textsOf(group[groupAttribute])]);
  }

  async #binds(dn: string, password: string): Promise<boolean> {
    return await this.#connected(async (client) => {
      try {
        await client.bind(dn, password);
        return true;
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false;
        throw error;
      }
    });
  }

  /** Runs with a connection of the service account. @throws UpstreamError IDENTITY_AWAY */
  async #with<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return await this.#connected(async (client) => {
      const { bindDn, bindPassword } = this.#settings;
      if (bindDn !== undefined) await client.bind(bindDn, bindPassword);
      return await work(client);
    });
  }

  async #connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const { url, ca } = this.#settings;
    const client = new Client({
      url,
      timeout: IDENTITY_LIMITS.requestMs,
      connectTimeout: IDENTITY_LIMITS.requestMs,
      ...url.startsWith("ldaps:") ? { tlsOptions: verifiedServer(new URL(url).hostname, ca) } : {},
    });
    try {
      return await work(client);
    } catch (cause) {
      if (cause instanceof UpstreamError) throw cause;
      throw new UpstreamError("IDENTITY_AWAY", "The LDAP server gives no usable answer", { cause });
    } finally {
      await client.unbind().catch(() => undefined); // the connection may be gone; nothing was left to say
    }
  }
}

async function entryOf(client: Client, dn: string): Promise<Entry | undefined> {
  try {
    const { searchEntries } = await client.search(dn, { scope: "base", attributes: ["*", "memberOf"] });
    return searchEntries[0];
  } catch (error) {
    if (error instanceof NoSuchObjectError) return undefined;
    throw error;
  }
}

/** Active Directory's disabled bit, and the lock attributes of OpenLDAP and 389 Directory Server. */
function isDisabled(entry: Entry): boolean {
  const control = Number(firstOf(entry["userAccountControl"]) ?? 0);
  return (control & 2) !== 0 || firstOf(entry["nsAccountLock"])?.toLowerCase() === "true" ||
    firstOf(entry["pwdAccountLockedTime"]) !== undefined;
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string");
}

function firstOf(value: unknown): string | undefined {
  return textsOf(value)[0];
}

/** "cn=field,ou=groups,dc=example" -> "field". */
function nameInDn(dn: string): string {
  return /^[^=]+=((?:\\.|[^,\\])+)/.exec(dn)?.[1] ?? dn;
}
