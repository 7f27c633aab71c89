import { deepEqual, equal, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createAuthority, publicKeyOf } from "./demo_pki.ts";
import { seededRandom } from "./seeded_random.ts";

const NOW = Date.UTC(2026, 0, 1);
const authority = createAuthority("CSMS CA", NOW, seededRandom(1));

Deno.test("demo PKI: a server certificate chains to its authority and names its hosts and addresses", () => {
  const leaf = authority.issue({ commonName: "localhost", usage: "server", names: ["localhost", "127.0.0.1"] });
  const certificate = new X509Certificate(leaf.certPem);
  ok(certificate.verify(new X509Certificate(authority.certPem).publicKey));
  equal(certificate.checkHost("localhost"), "localhost");
  equal(certificate.checkIP("127.0.0.1"), "127.0.0.1");
  const spki = certificate.publicKey.export({ type: "spki", format: "der" }) as Uint8Array;
  deepEqual(new Uint8Array(spki), publicKeyOf(leaf.keyPem));
});

Deno.test("demo PKI: certificates are valid a day before and a month after", () => {
  const { validFrom, validTo } = new X509Certificate(authority.certPem);
  equal(Date.parse(validFrom), NOW - 86_400_000);
  equal(Date.parse(validTo), NOW + 30 * 86_400_000);
});

Deno.test("demo PKI: serial numbers differ", () => {
  const serial = () => new X509Certificate(authority.issue({ commonName: "x", usage: "client" }).certPem).serialNumber;
  ok(serial() !== serial());
});
