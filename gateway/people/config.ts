import { z } from "zod";
import { FilePath, HttpsUrl, IsolatedSegment, listOf, NameId, Text, urlOf } from "../config/values.ts";

/** Which groups of an identity provider have which role. */
const RoleGroups = z.strictObject({
  administrator: listOf(Text).default([]).describe(
    "Groups whose people are administrators: installs, configures, manages people",
  ),
  operator: listOf(Text).default([]).describe("Groups whose people are operators: watches, adopts, acknowledges"),
  technician: listOf(Text).default([]).describe(
    "Groups whose people are technicians: gets a controller's page for a limited time",
  ),
  auditor: listOf(Text).default([]).describe("Groups whose people are auditors: reads and verifies the audit trail"),
});

/** Login by OpenID Connect. */
export const OidcConfig = z.strictObject({
  issuer: HttpsUrl.describe("Issuer URL of the identity provider; its discovery document is read from there"),
  label: Text.default("Single sign-on").describe("Text of the button on the login page"),
  clientId: Text.describe("Client id of this gateway at the provider"),
  clientSecretFile: FilePath.optional().describe("File with the client secret; absent: a public client, PKCE alone"),
  caFile: FilePath.optional().describe(
    "PEM file: CAs of the provider's certificate; absent: the public CAs of the box",
  ),
  hosts: listOf(Text).default([]).describe(
    "Further hosts (host or host:port) that the provider's endpoints stand on; the issuer's own is always one",
  ),
  scopes: listOf(NameId).default(["openid", "profile", "email"]).describe("Scopes to ask for; openid is always one"),
  nameClaim: NameId.default("preferred_username").describe("Claim with the person's name"),
  groupsClaim: NameId.default("groups").describe("Claim with the person's groups"),
  roles: RoleGroups.describe("Groups of the provider that give a role; a person without any role is refused"),
  recheckSeconds: z.int().min(10).max(50).default(40).describe(
    "Seconds between two questions whether a person who is logged in still is one, with which groups",
  ),
});

/** Login by LDAP. */
export const LdapConfig = z.strictObject({
  url: urlOf(["ldaps:", "ldap:"], { mayHaveQuery: false }).describe("Server, as ldaps://ldap.example:636"),
  plaintext: IsolatedSegment.optional().describe("Needed for ldap://: passwords cross the wire unencrypted"),
  caFile: FilePath.optional().describe("PEM file: CAs of the server's certificate; absent: the public CAs of the box"),
  bindDn: Text.optional().describe("DN of the account that searches; absent: anonymously"),
  bindPasswordFile: FilePath.optional().describe("File with the password of bindDn"),
  baseDn: Text.describe("Where people are searched"),
  nameAttribute: NameId.default("uid").describe("Attribute with the name that people type"),
  filter: Text.optional().describe("Further condition on people, as (objectClass=inetOrgPerson)"),
  groupBaseDn: Text.optional().describe("Where groups are searched by member; absent: memberOf of the person counts"),
  groupAttribute: NameId.default("cn").describe("Attribute with the name of a group"),
  roles: RoleGroups.describe("Groups that give a role, by name or DN; a person without any role is refused"),
  recheckSeconds: z.int().min(10).max(50).default(40).describe(
    "Seconds between two questions whether a person who is logged in still is one, with which groups",
  ),
});

/** The `people` section: who may use this gateway. */
export const PeopleConfig = z.strictObject({
  passwordPolicy: z.enum(["nist-63b", "evlink-pro-dc", "bender-strong"]).default("nist-63b").describe(
    "Rules for passwords of people; `user policy` shows all side by side",
  ),
  refusedWords: listOf(Text).default([]).describe("Words of this site that no password is made of"),
  lockoutScope: z.enum(["person", "interface"]).default("person").describe(
    "What six wrong tries lock for 30 minutes: this name, or every password login (EV-11 to the letter)",
  ),
  idleMinutes: z.int().min(1).max(30).default(30).describe(
    "Minutes without mouse or keyboard until the logout (EV-14)",
  ),
  absoluteHours: z.int().min(1).max(24).default(12).describe("Hours after which a session ends, whatever happens"),
  secondFactorRoles: z.array(z.enum(["administrator", "operator", "technician", "auditor"])).max(4)
    .default(["administrator", "technician"]).describe("Roles that must have a second factor"),
  keySwitch: z.strictObject({
    input: Text.describe("Name of the input in hald.json (tamper[].name); open, cut or unreadable: closed"),
  }).optional().describe(
    "A key switch at the box that closes all remote access to controllers: pages and tunnels; absent: none",
  ),
  recordings: z.strictObject({
    days: z.int().min(1).max(400).default(30).describe("Days that a recording is kept"),
    deviceRoles: z.array(z.enum(["user", "operator", "installer", "manufacturer"])).min(1).max(4)
      .default(["installer", "manufacturer"]).describe("Accounts of controllers whose sessions are recorded"),
  }).optional().describe(
    "Records what people do on controllers' pages, requests and form fields with secrets masked, sealed; absent: nothing",
  ),
  oidc: OidcConfig.optional().describe("Login by OpenID Connect; absent: none"),
  ldap: LdapConfig.optional().describe("Login by LDAP; absent: none"),
});
/** The `people` section. */
export type PeopleConfig = z.infer<typeof PeopleConfig>;
/** The `people.oidc` section. */
export type OidcConfig = z.infer<typeof OidcConfig>;
/** The `people.ldap` section. */
export type LdapConfig = z.infer<typeof LdapConfig>;
/** Which groups have which role. */
export type RoleGroups = z.infer<typeof RoleGroups>;
