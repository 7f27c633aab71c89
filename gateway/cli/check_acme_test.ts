import assert from "node:assert/strict";
import { makeTestKey } from "../../tests/support/test_ca.ts";
import { Site } from "../config/schema.ts";
import { announceAcme, checkAcme } from "./check_acme.ts";

const site = Site.parse({
  version: 1,
  site: { id: "g12" },
  console: { listen: "127.0.0.1:8443", hostname: "GW.garage.example" },
  pki: {
    acme: { directoryUrl: "https://ca.example/dir", accountKeyFile: "key", dns01: { url: "https://dns.example/txt" } },
  },
});
const withKey = (pem: string) => new Map([["key", new TextEncoder().encode(pem)]]);

Deno.test("check: says what ACME will do, and nothing where there is none", () => {
  const text = announceAcme(site).join("\n");
  for (
    const part of ["gw.garage.example and *.gw.garage.example", "https://ca.example/dir", "https://dns.example/txt"]
  ) {
    assert.ok(text.includes(part), part);
  }
  assert.deepEqual(announceAcme(Site.parse({ version: 1, site: { id: "g12" } })), []);
});

Deno.test("check: an ACME account key must be readable and strong, and is never quoted", () => {
  assert.deepEqual(checkAcme(site, withKey(makeTestKey().keyPem)), []);
  const [weak] = checkAcme(site, withKey(makeTestKey("p384").keyPem));
  assert.deepEqual([weak!.level, weak!.key], ["fault", "pki.acme.accountKeyFile"]);
  const [broken] = checkAcme(site, withKey("-----BEGIN PRIVATE KEY-----\nQUJD"));
  assert.ok(!broken!.text.includes("QUJD"));
});
