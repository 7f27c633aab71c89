import { deepEqual } from "node:assert/strict";
import { PEOPLE_RULES } from "./rules_people.ts";
import { Site } from "./schema.ts";

const OIDC = { issuer: "https://idp.example", clientId: "bulkhead", roles: { auditor: ["audit"] } };
const LDAP = { url: "ldaps://ldap.example", baseDn: "dc=example", roles: { auditor: ["audit"] } };
const CONSOLE = { listen: "127.0.0.1:8443", hostname: "gw.example" };

function faults(people: Record<string, unknown>, console: unknown = CONSOLE): string[] {
  const site = Site.parse({ version: 1, site: { id: "lab" }, people, ...console ? { console } : {} });
  return PEOPLE_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong }) =>
    `${path.join(".")}: ${wrong}`
  );
}

Deno.test("config rules: people with OIDC and LDAP are in order", () => {
  deepEqual(faults({ oidc: OIDC, ldap: LDAP }), []);
  deepEqual(faults({}), []);
  deepEqual(faults({ oidc: { ...OIDC, hosts: ["token.example", "keys.example:8443"] } }), []);
  deepEqual(faults({ ldap: { ...LDAP, url: "ldap://10.99.0.9", plaintext: "isolated-segment" } }), []);
  deepEqual(faults({ ldap: { ...LDAP, bindDn: "cn=a", bindPasswordFile: "a" } }), []);
});

Deno.test("config rules: OIDC needs a console, a role and hosts that are some", () => {
  deepEqual(faults({ oidc: OIDC }, null), ["people.oidc: brings people back to the console, and there is none"]);
  deepEqual(faults({ oidc: { ...OIDC, roles: {} } }), [
    "people.oidc.roles: gives nobody a role, so nobody could log in",
  ]);
  deepEqual(faults({ oidc: { ...OIDC, hosts: ["https://token.example"] } }), [
    'people.oidc.hosts.0: "https://token.example" is no host',
  ]);
});

Deno.test("config rules: LDAP is encrypted or said to be not, and its account is whole", () => {
  deepEqual(faults({ ldap: { ...LDAP, url: "ldap://ldap.example" } }), [
    "people.ldap.url: is not encrypted: passwords would cross the wire for all to see",
  ]);
  deepEqual(faults({ ldap: { ...LDAP, plaintext: "isolated-segment" } }), [
    "people.ldap.plaintext: stands beside ldaps://",
  ]);
  deepEqual(faults({ ldap: { ...LDAP, bindDn: "cn=a" } }), [
    "people.ldap: has only one of bindDn and bindPasswordFile",
  ]);
  deepEqual(faults({ ldap: { ...LDAP, roles: {} } }), [
    "people.ldap.roles: gives nobody a role, so nobody could log in",
  ]);
});

Deno.test("config rules: a key switch needs hald to read it", () => {
  deepEqual(faults({ keySwitch: { input: "service-key" } }), [
    "people.keySwitch: is an input of the box, which only hald reads, and there is no hald",
  ]);
});
