import { deepEqual as equal, match, ok } from "node:assert/strict";
import { createAuthority, createRequest } from "../../gateway/demo/demo_pki.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { makeRequest } from "../../gateway/inventory/upstream/upstream_certificate.ts";
import { hashOfRoot, isNamedBy, readRoots } from "../../gateway/inventory/upstream/upstream_roots.ts";
import { verifyPeer } from "../../gateway/pki/verify_peer.ts";
import { issueCert, PKI_SITE, runCert, withPki } from "../support/pki_rig.ts";
import { TestCa } from "../support/test_ca.ts";

/** What OpenSSL says in a folder of its own with these files; throws with its words when it refuses. */
class OpenSsl implements Disposable {
  readonly folder = Deno.makeTempDirSync();

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${this.folder}/${name}`, text);
  }

  run(...args: string[]): Uint8Array {
    const { success, stdout, stderr } = new Deno.Command("openssl", { args, cwd: this.folder }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return stdout;
  }

  /** Both outputs: OpenSSL 3.0 says "verify OK" on the second. */
  say(...args: string[]): string {
    const { stdout, stderr } = new Deno.Command("openssl", { args, cwd: this.folder }).outputSync();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.folder}/${name}`);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("openssl agrees: a server certificate of the site CA verifies strictly for the names it carries", async () => {
  await withPki(PKI_SITE, (pki) => {
    const { identities: [identity] } = pki.trustOf("console");
    using openssl = new OpenSsl({ "ca.pem": pki.caPem, "leaf.pem": identity!.certPem });
    const at = String(Date.UTC(2026, 0, 1, 12) / 1_000);
    const verify = (name: string) =>
      openssl.say(
        ...["verify", "-x509_strict", "-attime", at, "-purpose", "sslserver", "-verify_hostname", name],
        ...["-CAfile", "ca.pem", "leaf.pem"],
      );
    match(verify("cp1.gw.garage-12.example"), /leaf.pem: OK/);
    match(verify("another.example"), /hostname mismatch/i);
    return Promise.resolve();
  });
});

Deno.test("openssl agrees: it reads the revocation list, verifies it and finds the revoked serial number", async () => {
  await withPki(PKI_SITE, async (pki) => {
    const { serial } = await issueCert(pki);
    await runCert(pki, "cert revoke", { serial });
    const crl = (await runCert(pki, "cert export-crl")).text;
    using openssl = new OpenSsl({ "ca.pem": (await runCert(pki, "cert export-ca")).text, "crl.pem": crl });
    const shown = openssl.say("crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-verify", "-noout", "-text");
    match(shown, /verify OK/);
    match(shown, new RegExp(`Serial Number: ${serial.toUpperCase()}`));
  });
});

Deno.test("openssl agrees: verify_peer takes its version 3 certificate and refuses its version 1", () => {
  using openssl = new OpenSsl({ v3: "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl.run("req", "-x509", ...ec, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/O=Test/CN=Root", "-days", "30");
  openssl.run("req", ...ec, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/O=Test CPO/CN=CP-9");
  const sign = "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9".split(" ");
  openssl.run(...sign, "-extfile", "v3", "-out", "leaf.pem");
  openssl.run(...sign, "-out", "v1.pem");
  const trust = {
    clientCas: [openssl.read("ca.pem")],
    denied: { fingerprints: [], serials: [] },
    organizations: ["Test CPO"],
  };
  const judge = (file: string) => verifyPeer([openssl.run("x509", "-in", file, "-outform", "DER")], trust, Date.now());
  const good = judge("leaf.pem");
  equal(good.ok && good.commonName, "CP-9");
  const old = judge("v1.pem");
  equal(!old.ok && old.rule, "peer.version");
});

Deno.test("openssl agrees: a CSMS root has the hashes of its OCSP requests", () => {
  const { pem } = new TestCa("CSMS root");
  using openssl = new OpenSsl({ "ca.pem": pem });
  const text = openssl.say(..."ocsp -sha256 -issuer ca.pem -cert ca.pem -req_text -no_nonce".split(" "));
  const field = (name: string) => new RegExp(`${name}: ([0-9A-F]+)`).exec(text)?.[1]?.toLowerCase() ?? "";
  const [issuerNameHash, issuerKeyHash] = [field("Issuer Name Hash"), field("Issuer Key Hash")];
  const theirs = {
    hashAlgorithm: "SHA256" as const,
    issuerNameHash,
    issuerKeyHash,
    serialNumber: field("Serial Number"),
  };
  const root = readRoots([pem])[0]!, ours = hashOfRoot(root);
  equal([ours.issuerNameHash, ours.issuerKeyHash], [issuerNameHash, issuerKeyHash]);
  ok(isNamedBy(root, theirs), JSON.stringify([theirs, ours]));
});

Deno.test("openssl agrees: it verifies a signing request for a CSMS leg and reads its names", () => {
  using openssl = new OpenSsl({ csr: makeRequest("CP001", "Garage", Date.UTC(2026, 5, 1)).csr });
  const said = openssl.say(..."req -in csr -noout -verify -subject".split(" "));
  match(said, /verify OK/i);
  match(said, /O\s*=\s*Garage, CN\s*=\s*CP001/);
});

Deno.test("openssl agrees: certificates and requests of the demo are what they are meant to be", () => {
  const authority = createAuthority("CSMS CA", Date.UTC(2026, 0, 1), seededRandom(1));
  const issue = (version: 1 | 3) => authority.issue({ commonName: "CP001", usage: "client", version }).certPem;
  using openssl = new OpenSsl({
    old: issue(1),
    modern: issue(3),
    csr: createRequest("CP001", "Bulkhead demo").csrPem,
  });
  match(openssl.say(..."x509 -in old -noout -text".split(" ")), /Version: 1 \(0x0\)/);
  const modern = openssl.say(..."x509 -in modern -noout -text".split(" "));
  match(modern, /Version: 3 \(0x2\)/);
  match(modern, /TLS Web Client Authentication/);
  const request = openssl.say(..."req -in csr -noout -verify -subject".split(" "));
  match(request, /verify OK/i);
  match(request, /CN ?= ?CP001/);
});
