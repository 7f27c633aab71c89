import { strict as assert } from "node:assert";
import { showVersions } from "../../gateway/pki/offer.ts";
import { runSClient, type SClientOptions } from "../support/s_client.ts";
import { forgeKeyPem, TestCa, type TestCertificate } from "../support/test_ca.ts";
import { ca, ec, type Fixture, openListener, other, rsa, trustOf } from "../support/tls_listener_rig.ts";
import { waitFor } from "../support/wait_for.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const request = ({ endpoint }: Fixture, options: Omit<SClientOptions, "port"> = {}) =>
  runSClient({ port: endpoint.port, input: GET, caPem: ca.pem, ...options });
const serialOf = (output: string): string => {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output)?.[0];
  return pem === undefined ? "none" : identityFingerprint(pem);
};
const identityFingerprint = (pem: string): string => pem.replace(/\s/g, "").slice(40, 4_000);
const presents = (output: string, wanted: TestCertificate) =>
  assert.equal(serialOf(output), identityFingerprint(wanted.certPem.split(/(?<=END CERTIFICATE-----)/)[0]!));

Deno.test("tls listener: presents RSA or P-256 by what the client offers", async () => {
  await using fixture = await openListener(trustOf(ec, rsa));
  for (
    const { more, wanted } of [
      { more: ["-tls1_3"], wanted: ec },
      { more: ["-tls1_2"], wanted: ec },
      { more: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], wanted: rsa },
      { more: ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], wanted: ec },
      { more: ["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"], wanted: rsa },
      { more: ["-tls1_3", "-sigalgs", "ECDSA+SHA256"], wanted: ec },
    ]
  ) {
    const { output } = await request(fixture, { more });
    assert.match(output, /served/, more.join(" "));
    presents(output, wanted);
  }
  assert.deepEqual(fixture.failures, []);
});

Deno.test("tls listener: presents the certificate of the name asked for, wildcards too, else the first", async () => {
  await using fixture = await openListener(trustOf(ec, other));
  for (
    const [servername, wanted] of [
      ["other.example", other],
      ["OTHER.example", other],
      ["a.wild.example", other],
      ["a.b.wild.example", ec],
      ["localhost", ec],
      ["unknown.example", ec],
    ] as const
  ) {
    presents((await request(fixture, { servername })).output, wanted);
  }
  presents((await request(fixture, { servername: null })).output, ec);
});

Deno.test("tls listener: judges peers with and without a certificate on one port", async () => {
  await using fixture = await openListener(trustOf(ec));
  const { certPem, keyPem } = ca.client("CP001");
  await request(fixture, { certPem, keyPem });
  await request(fixture);
  const stranger = new TestCa("Stranger").client("CP001");
  await request(fixture, { certPem: stranger.certPem, keyPem: stranger.keyPem });
  assert.deepEqual(fixture.verdicts, ["CP001", "peer.presented", "peer.chain"]);
});

for (
  const { name, options, reason, versions } of [
    { name: "TLS 1.0", options: { version: "tls1" }, reason: "InvalidTLSVersion", versions: "TLSv1.0" },
    { name: "TLS 1.1", options: { version: "tls1_1" }, reason: "InvalidTLSVersion", versions: "TLSv1.1" },
    {
      name: "TLS_RSA only",
      options: { more: ["-tls1_2", "-cipher", "AES128-GCM-SHA256"] },
      reason: "InvalidTLSCipherSuite",
      versions: "TLSv1.2",
    },
    {
      name: "an RSA-only client and no RSA certificate",
      options: { more: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"] },
      reason: "InvalidTLSCipherSuite",
      versions: "TLSv1.2",
    },
    {
      name: "a certificate with another key",
      options: forged("tls1_3"),
      reason: "InvalidChargePointCertificate",
      versions: "TLSv1.3",
    },
  ] as const
) {
  Deno.test(`tls listener: ${name} fails with one event ${reason}`, async () => {
    await using fixture = await openListener(trustOf(ec));
    const { output } = await request(fixture, { ...options });
    assert.match(output, /alert/);
    await waitFor("the listener to get there", () => fixture.failures.length > 0);
    const [failure, ...more] = fixture.failures;
    assert.deepEqual([failure!.reason, failure!.source, more.length], [reason, "127.0.0.1", 0]);
    assert.equal(showVersions(failure!.hello!), versions);
    assert.match((await request(fixture)).output, /served/);
  });
}

Deno.test("tls listener: a refused offer gets its alert from a listener with several names, too", async () => {
  await using fixture = await openListener(trustOf(ec, rsa, other));
  const more = ["-tls1_2", "-cipher", "AES128-GCM-SHA256"];
  assert.match((await request(fixture, { version: "tls1" })).output, /alert protocol version/);
  assert.match((await request(fixture, { more })).output, /alert handshake failure/);
  assert.deepEqual(fixture.failures.map(({ reason }) => reason), ["InvalidTLSVersion", "InvalidTLSCipherSuite"]);
});

function forged(version: "tls1_3"): Omit<SClientOptions, "port"> {
  const victim = ca.client("CP001");
  return { version, certPem: victim.certPem, keyPem: forgeKeyPem(victim.spki) };
}
