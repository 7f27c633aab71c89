import { strict as assert } from "node:assert";
import {
  createPkiRig,
  issueCert as issue,
  openPki,
  PKI_SITE,
  runCert as command,
  withPki,
} from "../../tests/support/pki_rig.ts";
import { makeTestCsr, makeTestKey } from "../../tests/support/test_ca.ts";
import { readCertificate } from "./certificate.ts";
import { readOnePem, readPem } from "./pem.ts";
import { verifyPeer } from "./verify_peer.ts";

const leafOf = (pem: string) => readCertificate(readPem(pem, "CERTIFICATE")[0]!);

Deno.test("cert issue: gives a station a certificate that verify_peer accepts, and audits it", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    const { pem, serial } = await issue(pki);
    const leaf = leafOf(pem);
    const verdict = verifyPeer([leaf.der], pki.trustOf("ot"), rig.time.now());
    assert.equal(verdict.ok && verdict.commonName, "CP001");
    assert.deepEqual([leaf.subject.organizations, leaf.extensions.altNames], [["CPO"], []]);
    const [event] = rig.audited;
    assert.deepEqual([event!.event, event!.who, event!.target], ["certificate.serial.issued", "eva", serial]);
    const { text } = await command(pki, "cert list", { station: "CP001" });
    assert.match(text, new RegExp(`^${serial}  CP001 +good +until 2028-01-01$`));
  });
});

Deno.test("cert issue: serial numbers are unique", async () => {
  await withPki(PKI_SITE, async (pki) => {
    const serials = new Set<string>();
    for (let i = 0; i < 20; i++) serials.add((await issue(pki)).serial);
    assert.equal(serials.size, 20);
  });
});

const shared = makeTestKey();
for (
  const { name, station = "CP001", csr, wanted } of [
    {
      name: "another station's name",
      csr: makeTestCsr([["CN", "CP002"]]).csrPem,
      wanted: /CN\) is "CP002": wanted "CP001"/,
    },
    { name: "a name in another case", csr: makeTestCsr([["CN", "cp001"]]).csrPem, wanted: /wanted "CP001"/ },
    { name: "two names", csr: makeTestCsr([["CN", "CP001"], ["CN", "CP002"]]).csrPem, wanted: /wanted "CP001"/ },
    { name: "no name", csr: makeTestCsr([["O", "CPO"]]).csrPem, wanted: /CN\) is missing/ },
    {
      name: "RSA-1024",
      csr: makeTestCsr([["CN", "CP001"]], { key: makeTestKey("rsa1024") }).csrPem,
      wanted: /1024 bits/,
    },
    { name: "SHA-1", csr: makeTestCsr([["CN", "CP001"]], { hash: "sha1" }).csrPem, wanted: /SHA-1/ },
    {
      name: "a key that did not sign it",
      csr: makeTestCsr([["CN", "CP001"]], { signWith: makeTestKey() }).csrPem,
      wanted: /not signed with its own key/,
    },
    {
      name: "a station that is not there",
      station: "CP009",
      csr: makeTestCsr([["CN", "CP009"]]).csrPem,
      wanted: /inventory/,
    },
    { name: "garbage", csr: "garbage", wanted: /no PEM block/ },
    {
      name: "the key of another station",
      station: "CP002",
      csr: makeTestCsr([["CN", "CP002"]], { key: shared }).csrPem,
      wanted: /its key is the one of station "CP001"/,
    },
  ]
) {
  Deno.test(`cert issue: refuses ${name}`, async () => {
    await withPki(PKI_SITE, async (pki) => {
      await issue(pki, "CP001", makeTestCsr([["CN", "CP001"]], { key: shared }).csrPem);
      await assert.rejects(command(pki, "cert issue", { station, csr }), wanted);
    });
  });
}

Deno.test("cert issue: the organization must be one of those configured", async () => {
  const yaml = PKI_SITE.replace("version: 1", "version: 1\npki: { stationOrganizations: [CPO] }");
  await withPki(yaml, async (pki) => {
    await issue(pki);
    const csr = makeTestCsr([["O", "Other"], ["CN", "CP001"]]).csrPem;
    await assert.rejects(command(pki, "cert issue", { station: "CP001", csr }), /O\) is "Other": wanted "CPO"/);
  });
});

Deno.test("cert revoke: is effective at once, told, audited, and closes the station's connections", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    const [one, two] = [await issue(pki), await issue(pki, "CP002")];
    const judge = (pem: string) => verifyPeer([leafOf(pem).der], pki.trustOf("ot"), rig.time.now());
    await command(pki, "cert revoke", { serial: one.serial.toUpperCase() });
    const verdict = judge(one.pem);
    assert.equal(!verdict.ok && verdict.rule, "peer.revoked");
    assert.equal(judge(two.pem).ok, true);
    assert.deepEqual(rig.told.at(-1)!.trust.denied.serials, [one.serial]);
    assert.deepEqual(rig.closed, ["CP001"]);
    const event = rig.audited.find((each) => each.event === "certificate.serial.revoked");
    assert.deepEqual([event!.target, event!.detail], [one.serial, { stationId: "CP001" }]);
    assert.match((await command(pki, "cert list")).text, /CP001 +revoked/);
  });
});

Deno.test("cert revoke: all of a station, and still revoked after a restart", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const pki = await openPki(rig.context);
  const serials = [(await issue(pki)).serial, (await issue(pki)).serial].toSorted();
  await command(pki, "cert revoke", { station: "CP001" });
  await assert.rejects(command(pki, "cert revoke", { station: "CP001" }), { code: "PKI_NOT_FOUND" });
  await pki.stop!();
  const again = await openPki(rig.context);
  assert.deepEqual(again.trustOf("ot").denied.serials, serials);
  assert.deepEqual(again.trustOf("console").denied.serials, []);
  await again.stop!();
});

Deno.test("cert revoke: a serial number that nobody issued is refused, unless it is said to be of another CA", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    const { serial } = await issue(pki);
    await assert.rejects(command(pki, "cert revoke", { serial: "00:AB:CD" }), {
      code: "PKI_NOT_FOUND",
      message: /no certificate with serial number abcd/,
      hint: /cert list.*--foreign/,
    });
    await assert.rejects(command(pki, "cert revoke", { serial, foreign: true }), { code: "CLI_USAGE" });
    assert.deepEqual(pki.trustOf("ot").denied.serials, []);
    await command(pki, "cert revoke", { serial: "00:AB:CD", foreign: true });
    assert.deepEqual(pki.trustOf("ot").denied.serials, ["abcd"]);
    const event = rig.audited.find((each) => each.event === "certificate.serial.revoked");
    assert.deepEqual([event!.target, event!.detail], ["abcd", { foreign: true }]);
  });
});

for (const args of [{}, { serial: "01", station: "CP001" }, { serial: "xyz" }, { serial: "1".repeat(42) }]) {
  Deno.test(`cert revoke: refuses ${JSON.stringify(args)}`, async () => {
    await withPki(PKI_SITE, (pki) => assert.rejects(command(pki, "cert revoke", args), { code: "CLI_USAGE" }));
  });
}

Deno.test("cert export: each revocation list has its own number", async () => {
  await withPki(PKI_SITE, async (pki) => {
    const { serial } = await issue(pki);
    const empty = await command(pki, "cert export-crl");
    assert.equal((empty.data as { number: number }).number, 1);
    await command(pki, "cert revoke", { serial });
    const { text, data } = await command(pki, "cert export-crl");
    assert.equal((data as { number: number }).number, 2);
    assert.ok(readOnePem(text, "X509 CRL").length > 0);
  });
});
