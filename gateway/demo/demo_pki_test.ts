import { deepEqual, equal, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createAuthority, createRequest, publicKeyOf } from "./demo_pki.ts";
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

Deno.test("demo PKI: openssl reads version 1, version 3 and a request as they are meant", async () => {
  const openssl = async (pem: string, ...args: string[]): Promise<string> => {
    const child = new Deno.Command("openssl", { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(pem));
    await writer.close();
    const { stdout, stderr } = await child.output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const print = (version: 1 | 3) =>
    openssl(
      authority.issue({ commonName: "CP001", usage: "client", version }).certPem,
      ..."x509 -noout -text".split(" "),
    );
  ok((await print(1)).includes("Version: 1 (0x0)"));
  const modern = await print(3);
  ok(modern.includes("Version: 3 (0x2)") && modern.includes("TLS Web Client Authentication"));
  const { csrPem } = createRequest("CP001", "Bulkhead demo");
  const request = await openssl(csrPem, ..."req -noout -verify -subject".split(" "));
  ok(/verify OK/i.test(request) && /CN ?= ?CP001/.test(request), request);
});
