import assert from "node:assert/strict";
import { makeTestCertificate, makeTestKey, TestCa } from "../../tests/support/test_ca.ts";
import { Site } from "../config/schema.ts";
import { PURPOSE } from "../pki/extensions.ts";
import { checkCertificates } from "./check_certificates.ts";

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 3_600_000;
const CA = new TestCa();
const HOST = "gw.example";

const SITE = Site.parse({
  version: 1,
  site: { id: "a" },
  console: { listen: "127.0.0.1:1", hostname: HOST, certificate: { certFile: "c", keyFile: "k" } },
});
const encode = (text: string) => new TextEncoder().encode(text);

/** Findings for a console certificate and key. */
function consoleFindings(certPem: string, keyPem: string): string[] {
  const materials = new Map([["c", encode(certPem)], ["k", encode(keyPem)]]);
  return checkCertificates(SITE, materials, NOW).map(({ level, key, text }) => {
    assert.equal(key, "console.certificate.certFile");
    return `${level}: ${text}`;
  });
}

/** Findings for a file of a station listener's client CAs. */
function bundleFindings(pem: string): string[] {
  const site = Site.parse({
    version: 1,
    site: { id: "a" },
    ocpp: {
      listeners: [{ listen: "127.0.0.1:1", tls: { clientCaFile: "b" } }],
      csms: [{ id: "main", url: "wss://a.example" }],
    },
  });
  return checkCertificates(site, new Map([["b", encode(pem)]]), NOW).map(({ level, text }) => `${level}: ${text}`);
}

const good = CA.server([HOST]);

Deno.test("check certificates: a good pair has no finding", () => {
  assert.deepEqual(consoleFindings(good.certPem, good.keyPem), []);
});

Deno.test("check certificates: a chain in order has no finding, out of order it has", () => {
  const chained = CA.intermediate("Issuing CA").server([HOST]);
  assert.deepEqual(consoleFindings(chained.certPem, chained.keyPem), []);
  const [found] = consoleFindings(good.certPem + chained.certPem, good.keyPem);
  assert.match(found ?? "", /was not issued by the next one in the file.*leaf first/);
});

const CASES: readonly (readonly [string, () => readonly [certPem: string, keyPem: string], RegExp])[] = [
  ["another key", () => [good.certPem, makeTestKey().keyPem], /^fault: the private key beside it does not belong to/],
  ["no key", () => [good.certPem, "nothing"], /^fault: the private key beside it cannot be read/],
  ["no certificate", () => ["", good.keyPem], /^fault: the file holds no certificate in PEM$/],
  ["a cut certificate", () => [good.certPem.slice(0, 200), good.keyPem], /^fault: the certificates cannot be read/],
  ["another host", () => {
    const other = CA.server(["other.example"]);
    return [other.certPem, other.keyPem];
  }, /^fault: certificate "other.example" does not hold the host name "gw.example"$/],
  ["an expired one", () => {
    const old = CA.server([HOST], { notAfter: NOW - DAY });
    return [old.certPem, old.keyPem];
  }, /^fault: .* expired on 2026-05-31$/],
  ["one that ends soon", () => {
    const soon = CA.server([HOST], { notAfter: NOW + 10 * DAY });
    return [soon.certPem, soon.keyPem];
  }, /^warning: .* expires on 2026-06-11$/],
  ["one of tomorrow", () => {
    const next = CA.server([HOST], { notBefore: NOW + DAY });
    return [next.certPem, next.keyPem];
  }, /^fault: .* is valid from 2026-06-02$/],
  ["a client certificate", () => {
    const client = CA.server([HOST], { purposes: [PURPOSE.clientAuth] });
    return [client.certPem, client.keyPem];
  }, /^fault: .* is not meant for TLS servers/],
  ["an RSA key of 1,024 bits", () => {
    const weak = CA.server([HOST], { keyKind: "rsa1024" });
    return [weak.certPem, weak.keyPem];
  }, /^fault: .* RSA key has 1024 bits/],
  ["a v1 certificate", () => {
    const old = makeTestCertificate({ version: 1, subject: [["CN", HOST]] }, CA.certificate);
    return [old.certPem, old.keyPem];
  }, /^fault: .* is an X.509 v1 certificate: wanted v3$/],
];
for (const [name, make, wanted] of CASES) {
  Deno.test(`check certificates: ${name} is found`, () => {
    const found = consoleFindings(...make());
    assert.ok(found.some((finding) => wanted.test(finding)), found.join("\n") || "nothing found");
  });
}

Deno.test("check certificates: every entry of a CA bundle is judged", () => {
  const second = new TestCa("Second CA");
  assert.deepEqual(bundleFindings(CA.pem + second.pem), []);
  assert.match(bundleFindings(CA.pem + good.certPem).join(), /fault: certificate "gw.example" is not a CA/);
  assert.match(bundleFindings(CA.pem + second.pem.slice(0, 100)).join(), /fault: the certificates cannot be read/);
  const expired = new TestCa("Old CA", { notAfter: NOW - DAY });
  assert.match(bundleFindings(CA.pem + expired.pem).join(), /fault: .*Old CA.* expired/);
});

Deno.test("check certificates: the intermediate of a customer's root must be a CA", () => {
  const site = Site.parse({
    version: 1,
    site: { id: "a" },
    pki: { intermediate: { certFile: "c", keyFile: "k" } },
  });
  const findings = (pair: { certPem: string; keyPem: string }) =>
    checkCertificates(site, new Map([["c", encode(pair.certPem)], ["k", encode(pair.keyPem)]]), NOW);
  assert.deepEqual(findings(CA.intermediate("Site CA").certificate), []);
  assert.match(findings(good)[0]?.text ?? "", /is not a CA/);
});

Deno.test("check certificates: findings never hold key material", () => {
  const secret = good.keyPem.split("\n")[1]!;
  assert.ok(!consoleFindings(good.certPem, good.keyPem.replace("-----END", "!-----END")).join().includes(secret));
});
