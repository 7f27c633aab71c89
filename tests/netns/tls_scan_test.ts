import { deepEqual, equal } from "node:assert/strict";
import { runCommand, runOk } from "../support/run_command.ts";
import { type TlsSite, withTlsSite } from "../support/tls_site.ts";

/** One finding of testssl.sh. */
interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Findings that are no fault here, by id, each with its reason. Everything else of medium or above fails the test. */
const ALLOWED: Readonly<Record<string, string>> = {
  cert_expirationStatus: "certificates of the site CA live for a day and renew themselves",
  cert_notAfter: "certificates of the site CA live for a day and renew themselves",
  cert_revocation:
    "stations in an isolated segment reach no CRL or OCSP server; the site CA's short lives stand in for it",
  cipher_order:
    "the client picks among suites that are all AEAD with forward secrecy; Deno 2.9.6 knows no server order",
};
/** WARN: a check that could not be made. Those that matter are in WANTED, which must be OK. */
const HARMLESS = new Set(["OK", "INFO", "LOW", "WARN"]);

/** What must have been looked at and found good, so that a scan that broke off does not pass. */
const WANTED = [
  "SSLv2",
  "SSLv3",
  "TLS1_2",
  "TLS1_3",
  "cipherlist_NULL",
  "cipherlist_aNULL",
  "cipherlist_EXPORT",
  "cipherlist_STRONG",
  "heartbleed",
  "CCS",
  "ticketbleed",
  "ROBOT",
  "secure_renego",
  "secure_client_renego",
  "CRIME_TLS",
  "BREACH",
  "POODLE_SSL",
  "SWEET32",
  "FREAK",
  "DROWN",
  "LOGJAM",
  "BEAST",
  "LUCKY13",
  "RC4",
  "cert_chain_of_trust",
];

/** The suites of facts/security.md O-09: 3 of TLS 1.3, 6 of TLS 1.2, and no other. */
const SUITES = [
  "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256",
  "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384",
  "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305",
  "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256",
  "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
  "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305",
  "TLSv1.3 TLS_AES_128_GCM_SHA256",
  "TLSv1.3 TLS_AES_256_GCM_SHA384",
  "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256",
];

/** Everything that testssl.sh finds: no name is looked up, and nothing but this port is asked. */
async function testssl(port: number, caPem: string): Promise<readonly Finding[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ca.pem`, caPem);
    const local = ["--ip", "127.0.0.1", "--nodns", "none", "--add-ca", `${folder}/ca.pem`, "--warnings", "batch"];
    const bounded = ["--connect-timeout", "10", "--openssl-timeout", "10"];
    const checks = ["--protocols", "--std", "--fs", "--server-preference", "--server-defaults", "--vulnerable"];
    const out = ["--quiet", "--color", "0", "--jsonfile", `${folder}/findings.json`];
    const { code, stdout } = await runCommand(
      ["testssl", ...local, ...bounded, ...checks, ...out, `localhost:${port}`],
      { seconds: 400 },
    );
    equal(code < 200, true, `testssl.sh ended with ${code}: ${stdout.slice(-1_000)}`); // below: the number of findings
    return JSON.parse(await Deno.readTextFile(`${folder}/findings.json`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function sslscan(port: number): Promise<readonly string[]> {
  const xml = await runOk(["sslscan", "--xml=-", "--no-colour", "--sni-name=localhost", `127.0.0.1:${port}`]);
  const ciphers = xml.matchAll(/<cipher [^>]*sslversion="([^"]+)"[^>]* cipher="([^"]+)"/g);
  return [...ciphers].map(([, version, suite]) => `${version} ${suite}`).sort();
}

const SCANNED: readonly { name: string; of: (site: TlsSite) => { readonly port: number; readonly caPem: string } }[] = [
  { name: "the OCPP listener", of: ({ ownPort, ownCa }) => ({ port: ownPort, caPem: ownCa.pem }) },
  { name: "the console", of: ({ consolePort, siteCaPem }) => ({ port: consolePort, caPem: siteCaPem }) },
];

Deno.test("tls scan: testssl.sh finds nothing of medium or above, and sslscan exactly the nine suites of O-09 (EV-08)", (t) =>
  withTlsSite(async (site) => {
    for (const { name, of } of SCANNED) {
      const { port, caPem } = of(site);
      await t.step(`sslscan of ${name}`, async () => deepEqual(await sslscan(port), SUITES));
      await t.step(`testssl.sh of ${name}`, async () => {
        const findings = await testssl(port, caPem);
        const idOf = ({ id }: Finding) => id.split(" ")[0]!; // "cert_notAfter <cert#1>"
        const bad = findings.filter((found) => !HARMLESS.has(found.severity) && !(idOf(found) in ALLOWED));
        deepEqual(bad.map(({ severity, id, finding }) => `${severity} ${id}: ${finding}`), []);
        const good = new Set(findings.filter(({ severity }) => severity === "OK").map(idOf));
        deepEqual(WANTED.filter((id) => !good.has(id)), []);
      });
    }
  }));
