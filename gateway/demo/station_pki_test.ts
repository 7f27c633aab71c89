import { deepEqual, equal, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { systemClock } from "../core/clock.ts";
import { publicKeyOf } from "./demo_pki.ts";
import { seededRandom } from "./seeded_random.ts";
import { ownPki, siteCaPki } from "./station_pki.ts";

Deno.test("demo certificates: the site CA is asked for its certificate and signs each station's own request", async () => {
  const asked: [string, CommandArgs][] = [];
  const pki = await siteCaPki({
    command: (name: string, args: CommandArgs = {}): Promise<CommandResult> => {
      asked.push([name, args]);
      return Promise.resolve({ text: "", data: { pem: `pem of ${name}` } });
    },
  });
  equal(pki.caPem, "pem of cert export-ca");
  const { certPem, keyPem } = await pki.credentialFor("CP005");
  equal(certPem, "pem of cert issue");
  ok(keyPem.startsWith("-----BEGIN PRIVATE KEY-----"));
  const [name, args] = asked[1]!;
  deepEqual([name, args.station], ["cert issue", "CP005"]);
  ok(String(args.csr).startsWith("-----BEGIN CERTIFICATE REQUEST-----"));
  ok(!JSON.stringify(asked).includes("PRIVATE KEY"), "the key never leaves the station");
});

Deno.test("demo certificates: an operator's authority signs the gateway and the stations", async () => {
  const pki = ownPki("127.0.0.1", systemClock, seededRandom(1));
  const authority = new X509Certificate(pki.caPem);
  const gateway = new X509Certificate(pki.files.gateway.certPem);
  ok(gateway.verify(authority.publicKey));
  equal(gateway.checkIP("127.0.0.1"), "127.0.0.1");
  const station = await pki.credentialFor("CP005");
  const certificate = new X509Certificate(station.certPem);
  ok(certificate.verify(authority.publicKey));
  ok(certificate.subject.includes("CN=CP005"));
  const spki = certificate.publicKey.export({ type: "spki", format: "der" }) as Uint8Array;
  deepEqual(new Uint8Array(spki), publicKeyOf(station.keyPem));
});
