import { deepEqual, equal, match } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { TestCa } from "../../tests/support/test_ca.ts";
import { faultOfServer, verifiedServer } from "./verified_server.ts";

const ca = new TestCa();

/** A certificate as node:tls shows it. */
function shown(names: string[], options: { version?: 1 } = {}): PeerCertificate {
  const certificate = new X509Certificate(ca.server(names, options).certPem);
  const { subjectAltName: subjectaltname = "" } = certificate;
  return { raw: certificate.raw, subject: { CN: names[0] }, subjectaltname } as unknown as PeerCertificate;
}

const CASES: readonly [what: string, host: string, certificate: PeerCertificate, fault: RegExp | undefined][] = [
  ["its own name", "files.example", shown(["files.example"]), undefined],
  ["another name", "other.example", shown(["files.example"]), /altnames/],
  ["a name below it", "a.files.example", shown(["files.example"]), /altnames/],
  ["its own name in X.509 version 1", "files.example", shown(["files.example"], { version: 1 }), /version 1, wanted 3/],
  ["nothing", "files.example", { ...shown(["files.example"]), raw: undefined } as never, /version 0, wanted 3/],
];
for (const [what, host, certificate, fault] of CASES) {
  Deno.test(`verified server: ${host} that shows ${what} ${fault ? "is refused" : "is the one"}`, () => {
    const found = faultOfServer(host, certificate);
    if (fault) match(found!.message, fault);
    else equal(found, undefined);
  });
}

Deno.test("verified server: a name is asked for by SNI, an address is not; the chain is always checked", () => {
  const { servername, rejectUnauthorized, minVersion, ca: trusted } = verifiedServer("files.example", "PEM");
  deepEqual([servername, rejectUnauthorized, minVersion, trusted], ["files.example", true, "TLSv1.2", "PEM"]);
  for (const address of ["192.0.2.1", "2001:db8::1"]) equal("servername" in verifiedServer(address), false);
  equal("ca" in verifiedServer("192.0.2.1"), false);
});

Deno.test("verified server: the host that was meant counts, not the name that TLS was told", () => {
  const check = verifiedServer("files.example").checkServerIdentity!;
  equal(check("evil.example", shown(["files.example"])), undefined);
  match(check("evil.example", shown(["evil.example"]))!.message, /files\.example/);
});
