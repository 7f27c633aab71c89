import { deepEqual, equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { Box } from "../core/conduit.ts";
import { identity } from "./mod.ts";
import { identityConfig, identityNet } from "./worker_config.ts";

const FILES: Record<string, string> = { secret: "s3cret\n", bind: "b1nd\r\n", ca: "PEM" };
const files = { bytes: (path: string) => new TextEncoder().encode(FILES[path]), text: (path: string) => FILES[path]! };

function site(people: Record<string, unknown>, network: Record<string, unknown> = {}): Site {
  return Site.parse({ version: 1, site: { id: "lab" }, people, network });
}
const OIDC = {
  issuer: "https://idp.example/realm",
  clientId: "bulkhead",
  clientSecretFile: "secret",
  caFile: "ca",
  hosts: ["keys.example", "token.example:8443"],
  scopes: ["profile"],
  roles: { auditor: ["audit"] },
};

Deno.test("identity: a site without provider and directory has no such Worker", () => {
  equal(identityConfig(site({}), files), undefined);
  deepEqual(identity.workers(site({}), {} as Box, files), []);
});

Deno.test("identity: the Worker reaches exactly the hosts of provider and directory, and nothing else of the box", () => {
  const both = site({ oidc: OIDC, ldap: { url: "ldaps://ldap.example", baseDn: "dc=x", roles: { auditor: ["a"] } } });
  const [spec] = identity.workers(both, {} as Box, files);
  deepEqual(spec!.permissions, {
    net: ["idp.example:443", "keys.example:443", "ldap.example:636", "token.example:8443"],
  });
});

Deno.test("identity: behind a proxy the provider is reached through it, the directory directly", () => {
  const proxied = site({ oidc: OIDC, ldap: { url: "ldap://10.0.0.9", baseDn: "dc=x", roles: { auditor: ["a"] } } }, {
    uplink: { proxy: { url: "http://proxy.example:3128" } },
  });
  deepEqual(identityNet(identityConfig(proxied, files)!), ["10.0.0.9:389", "proxy.example:3128"]);
});

Deno.test("identity: secrets come by value, without the line break that editors add; openid is always asked for", () => {
  const config = identityConfig(site({ oidc: OIDC }), files)!;
  equal(config.oidc!.clientSecret, "s3cret");
  deepEqual(config.oidc!.scopes, ["openid", "profile"]);
  const ldap = { url: "ldaps://l.example", baseDn: "dc=x", bindDn: "cn=b", bindPasswordFile: "bind", roles: {} };
  equal(identityConfig(site({ ldap }), files)!.ldap!.bindPassword, "b1nd");
});
