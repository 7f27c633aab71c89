import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { parseHostPort } from "../config/ip.ts";
import { netOf, type Target, targetOf, type Uplink, uplinkOf } from "../uplink/settings.ts";

/** How the provider is asked. JSON; the secret is held in memory only. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly ca?: string;
  readonly hosts: readonly string[];
  readonly scopes: readonly string[];
  readonly nameClaim: string;
  readonly groupsClaim: string;
}

/** How the LDAP server is asked. */
export interface LdapSettings {
  readonly url: string;
  readonly ca?: string;
  readonly bindDn?: string;
  readonly bindPassword?: string;
  readonly baseDn: string;
  readonly nameAttribute: string;
  readonly filter?: string;
  readonly groupBaseDn?: string;
  readonly groupAttribute: string;
}

/** All that the identity Worker needs. It holds no key of the site and no session. */
export interface IdentityWorkerConfig {
  readonly oidc?: OidcSettings;
  readonly ldap?: LdapSettings;
  readonly uplink: Uplink;
}

/** What the Worker needs of a site; undefined when nobody logs in elsewhere. @throws ConfigError CFG_UNREADABLE */
export function identityConfig(site: Site, files: SiteFiles): IdentityWorkerConfig | undefined {
  const { oidc, ldap } = site.people;
  if (!oidc && !ldap) return undefined;
  const { localAddress: _, ...uplink } = uplinkOf(site, files); // only CSMS connections are bound to it
  return {
    uplink,
    ...oidc ? { oidc: oidcSettings(oidc, files) } : {},
    ...ldap ? { ldap: ldapSettings(ldap, files) } : {},
  };
}

/** Exactly the hosts of provider and server, or the proxy that leads to the provider. */
export function identityNet({ oidc, ldap, uplink }: IdentityWorkerConfig): readonly string[] {
  const provider = oidc ? netOf(uplink, [targetOf(new URL(oidc.issuer)), ...oidc.hosts.map(hostOf)]) : [];
  return [...new Set([...provider, ...ldap ? [ldapTarget(ldap.url)] : []])].sort();
}

function oidcSettings(oidc: NonNullable<Site["people"]["oidc"]>, files: SiteFiles): OidcSettings {
  const { issuer, clientId, clientSecretFile, caFile, hosts, scopes, nameClaim, groupsClaim } = oidc;
  return {
    issuer,
    clientId,
    hosts,
    scopes: [...new Set(["openid", ...scopes])],
    nameClaim,
    groupsClaim,
    ...secret("clientSecret", clientSecretFile, files),
    ...caFile === undefined ? {} : { ca: files.text(caFile) },
  };
}

function ldapSettings(ldap: NonNullable<Site["people"]["ldap"]>, files: SiteFiles): LdapSettings {
  const { url, caFile, bindDn, bindPasswordFile, baseDn, nameAttribute, filter, groupBaseDn, groupAttribute } = ldap;
  return {
    url,
    baseDn,
    nameAttribute,
    groupAttribute,
    ...bindDn === undefined ? {} : { bindDn },
    ...filter === undefined ? {} : { filter },
    ...groupBaseDn === undefined ? {} : { groupBaseDn },
    ...secret("bindPassword", bindPasswordFile, files),
    ...caFile === undefined ? {} : { ca: files.text(caFile) },
  };
}

function secret<K extends string>(key: K, file: string | undefined, files: SiteFiles): { [P in K]?: string } {
  if (file === undefined) return {};
  return { [key]: new TextDecoder().decode(secretBytes(files.bytes(file))) } as { [P in K]: string };
}

function hostOf(text: string): Target {
  return parseHostPort(text) ?? { host: text, port: 443 };
}

/** "ldaps://ldap.example" means port 636, "ldap://" 389. */
export function ldapTarget(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === "ldaps:" ? 636 : 389)}`;
}
