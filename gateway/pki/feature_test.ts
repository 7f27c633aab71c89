import { strict as assert } from "node:assert";
import { createPkiRig, issueCert as issue, PKI_SITE, type PkiRig, withPki } from "../../tests/support/pki_rig.ts";
import { makeTestKey, TestCa } from "../../tests/support/test_ca.ts";
import { generalName, permittedNames } from "./extension_writer.ts";
import { readCertificate } from "./certificate.ts";
import { createPkiFeature } from "./feature.ts";
import { readPem } from "./pem.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const leafOf = (pem: string) => readCertificate(readPem(pem, "CERTIFICATE")[0]!);

Deno.test("pki: the site CA is made once and the same after a restart", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const first = await createPkiFeature(rig.context);
  const trust = first.trustOf("console");
  await first.sweep();
  await first.stop!();
  const second = await createPkiFeature(rig.context);
  assert.equal(second.caPem, first.caPem);
  assert.equal(second.trustOf("console").identities[0]!.certPem, trust.identities[0]!.certPem);
  assert.equal(second.trustOf("console").identities.length, 2, "the RSA certificate was kept too");
  await second.stop!();
});

Deno.test("pki: P-256 is there at once, RSA follows and is told to the Workers by their own listener names", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    assert.deepEqual(pki.trustOf("ocpp:127.0.0.1:8444").identities.map(({ keyType }) => keyType), ["ec"]);
    await pki.sweep();
    assert.deepEqual(pki.trustOf("ot").identities.map(({ keyType }) => keyType), ["ec", "rsa"]);
    assert.deepEqual(rig.told.map(({ worker, listener }) => `${worker} ${listener}`), ["console console", "ocpp-0 ot"]);
    assert.equal(rig.told[1]!.trust, pki.trustOf("127.0.0.1:8444"));
  });
});

Deno.test("pki: server certificates carry their names as CN and SAN, back-dated", async () => {
  await withPki(PKI_SITE, (pki) => {
    const { identities: [identity] } = pki.trustOf("console");
    const { subject, notBefore, notAfter } = leafOf(identity!.certPem);
    assert.deepEqual(subject.commonNames, ["gw.garage-12.example"]);
    const wanted = ["gw.garage-12.example", "*.gw.garage-12.example", "localhost", "127.0.0.1"];
    assert.deepEqual(identity!.names, wanted);
    assert.deepEqual([notBefore, notAfter], [Date.UTC(2026, 0, 1) - DAY_MS, Date.UTC(2026, 0, 1) + DAY_MS]);
    return Promise.resolve();
  });
});

Deno.test("pki: the names of a CSMS are never in a certificate of the site CA (LC7)", async () => {
  const yaml = PKI_SITE.replace("tls: {}", "tls: { names: [csms.example, ot.garage-12.example] }");
  await withPki(yaml, (pki) => {
    const wanted = ["ot.garage-12.example", "localhost", "127.0.0.1"];
    assert.deepEqual(pki.trustOf("ot").identities[0]!.names, wanted);
    return Promise.resolve();
  });
});

Deno.test("pki: server certificates are renewed after two thirds of their life and told", async () => {
  await withPki(PKI_SITE.replace("version: 1", "version: 1\npki: { serverCertificateHours: 24 }"), async (pki, rig) => {
    await pki.sweep();
    const before = pki.trustOf("ot").identities.map(({ certPem }) => leafOf(certPem).serial);
    rig.time.jump(14 * HOUR_MS);
    await pki.sweep();
    assert.deepEqual(pki.trustOf("ot").identities.map(({ certPem }) => leafOf(certPem).serial), before);
    rig.told.splice(0);
    rig.time.jump(2 * HOUR_MS + 1);
    await pki.sweep();
    for (const { certPem } of pki.trustOf("ot").identities) assert.ok(!before.includes(leafOf(certPem).serial));
    assert.deepEqual(rig.told.map(({ listener }) => listener), ["console", "ot"]);
  });
});

Deno.test("pki: a Worker that does not take a renewed certificate raises an alarm, the next time clears it", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    rig.refuse = true;
    await pki.sweep();
    const raised = rig.alarms.filter(({ cleared }) => !cleared).map(({ kind, subject }) => `${kind} ${subject}`);
    const both = ["certificate.renewal.failed console", "certificate.renewal.failed ocpp:127.0.0.1:8444"];
    assert.deepEqual([...new Set(raised)].toSorted(), both);
    rig.refuse = false;
    await pki.sweep();
    assert.deepEqual(rig.told.map(({ listener }) => listener), ["console", "ot"]);
    assert.deepEqual(rig.alarms.slice(-2).map(({ cleared }) => cleared), [true, true]);
    rig.told.splice(0);
    await pki.sweep();
    assert.deepEqual(rig.told, [], "nothing is told twice");
  });
});

Deno.test("pki: an unknown listener is named with those that are there", async () => {
  await withPki(PKI_SITE, (pki) => {
    assert.throws(() => pki.trustOf("ocpp:1.2.3.4:1"), { code: "PKI_NOT_FOUND" });
    return Promise.resolve();
  });
});

const customer = new TestCa("Customer root");
const constraint = (domain: string) =>
  permittedNames([generalName(domain), new Uint8Array([0x87, 8, 127, 0, 0, 0, 255, 0, 0, 0])]);
const below = (domain: string) =>
  customer.intermediate("Garage 12", { ca: { pathLength: 0 }, moreExtensions: [constraint(domain)] });
const withIntermediate = PKI_SITE.replace(
  "version: 1",
  "version: 1\npki: { intermediate: { certFile: i.pem, keyFile: i.key } }",
);
const give = (ca: TestCa) => (rig: PkiRig) => {
  rig.files.set("i.pem", ca.pem);
  rig.files.set("i.key", ca.certificate.keyPem);
};

Deno.test("pki: a name-constrained intermediate of the customer signs and is sent along", async () => {
  const intermediate = customer.intermediate("Garage 12", {
    ca: { pathLength: 0 },
    moreExtensions: [permittedNames([generalName("garage-12.example"), generalName("localhost"), generalIp()])],
  });
  await withPki(withIntermediate, (pki) => {
    const chain = readPem(pki.trustOf("console").identities[0]!.certPem, "CERTIFICATE").map(readCertificate);
    assert.deepEqual(chain.map(({ subject }) => subject.commonNames[0]), ["gw.garage-12.example", "Garage 12"]);
    return Promise.resolve();
  }, give(intermediate));
});

/** 127.0.0.0/8 as a name constraint. */
function generalIp(): Uint8Array {
  return new Uint8Array([0x87, 8, 127, 0, 0, 0, 255, 0, 0, 0]);
}

for (
  const { name, ca, wanted } of [
    { name: "without name constraints", ca: customer.intermediate("Free"), wanted: /no name constraints/ },
    {
      name: "whose constraints leave out the site's names",
      ca: below("elsewhere.example"),
      wanted: /would be refused/,
    },
    {
      name: "that has expired",
      ca: customer.intermediate("Old", { notAfter: Date.UTC(2025, 0, 1), moreExtensions: [constraint("example")] }),
      wanted: /expired on 2025/,
    },
  ]
) {
  Deno.test(`invariant 4: an intermediate ${name} is refused at the start`, async () => {
    await assert.rejects(withPki(withIntermediate, () => Promise.resolve(), give(ca)), wanted);
  });
}

Deno.test("invariant 4: an intermediate with another's key is refused", async () => {
  const prepare = (rig: PkiRig) => {
    give(below("example"))(rig);
    rig.files.set("i.key", makeTestKey().keyPem);
  };
  await assert.rejects(withPki(withIntermediate, () => Promise.resolve(), prepare), /belongs to another/);
});

const OWN = PKI_SITE.replace(
  "tls: {}",
  "tls: { identities: [{ certFile: own.pem, keyFile: own.key }], clientCaFile: ca.pem }",
);
const own = customer.server(["ot.customer.example"], { notAfter: Date.UTC(2026, 2, 1) });
const giveOwn = (rig: PkiRig) => {
  rig.files.set("own.pem", own.certPem);
  rig.files.set("own.key", own.keyPem);
  rig.files.set("ca.pem", customer.pem);
};

Deno.test("pki: the customer's own files are presented, watched and never renewed", async () => {
  await withPki(OWN, async (pki, rig) => {
    const trust = pki.trustOf("ot");
    assert.deepEqual(trust.identities.map(({ names }) => names), [["ot.customer.example"]]);
    assert.deepEqual(trust.clientCas, [customer.pem]);
    await pki.sweep();
    assert.deepEqual(rig.alarms.filter(({ kind }) => kind === "certificate.expiring"), []);
    rig.time.jump(40 * DAY_MS);
    await pki.sweep();
    assert.equal(rig.alarms.find(({ kind }) => kind === "certificate.expiring")!.subject, "ocpp:127.0.0.1:8444");
    assert.equal(pki.trustOf("ot").identities, trust.identities);
  }, giveOwn);
});

Deno.test("invariant 4: a reload with a bad file keeps every listener as it was", async () => {
  await withPki(OWN, async (pki, rig) => {
    const before = pki.trustOf("ot");
    rig.files.set("own.key", makeTestKey().keyPem);
    await assert.rejects(pki.reconfigure!(rig.context.site), /belongs to another/);
    assert.equal(pki.trustOf("ot"), before);
    rig.files.set("own.key", own.keyPem);
    rig.files.set("ca.pem", "garbage");
    await assert.rejects(pki.reconfigure!(rig.context.site), /holds no certificate/);
    const renewed = customer.server(["ot.customer.example"]);
    giveOwn(rig);
    rig.files.set("own.pem", renewed.certPem);
    rig.files.set("own.key", renewed.keyPem);
    await pki.reconfigure!(rig.context.site);
    assert.equal(rig.told.at(-1)!.trust.identities[0]!.certPem, renewed.certPem);
  }, giveOwn);
});

Deno.test("invariant 4: the site CA does not change by a reload", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    rig.useSite(withIntermediate);
    await assert.rejects(pki.reconfigure!(rig.context.site), { code: "PKI_CA_UNUSABLE" });
  });
});

Deno.test("pki: a station's certificate raises an alarm a month before its end, and not once it has a newer one", async () => {
  await withPki(PKI_SITE, async (pki, rig) => {
    await issue(pki);
    rig.time.jump(701 * DAY_MS);
    await pki.sweep();
    const expiring = () => rig.alarms.filter(({ kind }) => kind === "certificate.expiring");
    assert.deepEqual(expiring().map(({ subject }) => subject), ["CP001"]);
    await issue(pki);
    await pki.sweep();
    assert.equal(expiring().at(-1)!.cleared, true);
  });
});
