import assert from "node:assert/strict";
import { AcmeControlRig } from "../../tests/support/acme_control_rig.ts";
import { makeTestKey, type TestCertificateOptions } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";
import { readPem } from "./pem.ts";
import { toPem } from "./der_writer.ts";
import { PURPOSE } from "./extensions.ts";

const DAY_MS = 24 * 3_600_000;
const ALARM = "certificate.renewal.failed";

Deno.test("acme: the site CA's certificate stands in until the first success, then the server's is presented", async () => {
  await using all = await AcmeControlRig.up();
  assert.equal((await all.shown()).source, "site-ca");
  await all.acme.tick();
  assert.equal((await all.shown()).source, "acme");
  const { identities } = all.pki.trustOf("console");
  assert.deepEqual(identities[0]!.names, ["localhost", "127.0.0.1"], "the site CA's stays for addresses");
  assert.equal(all.rig.told.at(-1)!.trust, all.pki.trustOf("console"), "the console was told");
  const event = all.rig.audited.find(({ event }) => event === "certificate.acme.issued")!;
  assert.equal(event.target, "console");
  const everything = JSON.stringify(all.rig.audited);
  assert.ok(!everything.includes("PRIVATE") && !everything.includes(all.fake.dns.token));
});

Deno.test("acme: nothing is asked again while the certificate is young, by a restart neither", async () => {
  await using all = await AcmeControlRig.up();
  await all.acme.tick();
  const { pem } = await all.shown();
  const asked = all.fake.seen.length;
  await all.stop();
  await all.start();
  assert.deepEqual(await all.shown(), { source: "acme", pem }, "kept");
  all.rig.time.jump(50 * DAY_MS);
  await all.acme.tick();
  assert.equal(all.fake.seen.length, asked);
});

Deno.test("acme: after two thirds of its life the certificate is renewed with a key of its own", async () => {
  await using all = await AcmeControlRig.up();
  await all.acme.tick();
  const { pem } = await all.shown();
  all.rig.time.jump(61 * DAY_MS);
  await all.acme.tick();
  assert.notEqual((await all.shown()).pem, pem);
  const keys = all.rig.told.filter(({ listener }) => listener === "console")
    .map(({ trust }) => trust.identities.at(-1)!.keyPem);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(all.fake.accounts.size, 1, "the account is the same");
});

Deno.test("acme: a failed renewal keeps the old certificate, raises the alarm and waits longer each time", async () => {
  await using all = await AcmeControlRig.up();
  await all.acme.tick();
  const before = await all.shown();
  all.rig.time.jump(61 * DAY_MS);
  all.fake.failValidation = true;
  await all.acme.tick();
  assert.deepEqual(await all.shown(), before);
  const alarm = all.rig.alarms.filter(({ kind, subject }) => kind === ALARM && subject === "console (ACME)").at(-1)!;
  assert.match(alarm.detail!, /no such TXT record/);
  const orders = all.fake.orders.length;
  await all.acme.tick();
  all.rig.time.jump(LIMITS.retryMs * 0.75 - 1);
  await all.acme.tick();
  assert.equal(all.fake.orders.length, orders, "not before its time");
  all.rig.time.jump(LIMITS.retryMs / 2 + 2);
  await all.acme.tick();
  assert.equal(all.fake.orders.length, orders + 1);
  all.fake.failValidation = false;
  all.rig.time.jump(2.6 * LIMITS.retryMs);
  await all.acme.tick();
  assert.notEqual((await all.shown()).pem, before.pem);
  assert.equal(all.rig.alarms.findLast(({ subject }) => subject === "console (ACME)")!.cleared, true);
});

Deno.test("acme: an expired certificate gives way to the site CA's", async () => {
  await using all = await AcmeControlRig.up();
  await all.acme.tick();
  all.rig.time.jump(91 * DAY_MS);
  all.fake.failValidation = true;
  await all.acme.tick();
  assert.equal((await all.shown()).source, "site-ca");
});

const reversed = (pem: string) =>
  readPem(pem, "CERTIFICATE").toReversed().map((der) => toPem("CERTIFICATE", der)).join("");
const BAD: readonly {
  readonly name: string;
  readonly certificate: TestCertificateOptions & { readonly chain?: (chain: string) => string };
  readonly why: RegExp;
}[] = [
  { name: "with another key", certificate: { key: makeTestKey() }, why: /private key belongs to another/ },
  { name: "that has expired", certificate: { notAfter: Date.now() - 1_000 }, why: /expired on/ },
  { name: "that is not valid yet", certificate: { notBefore: Date.now() + DAY_MS }, why: /not valid before/ },
  { name: "for another name", certificate: { altNames: ["other.example"] }, why: /it is for other\.example: wanted/ },
  { name: "for clients", certificate: { purposes: [PURPOSE.clientAuth] }, why: /does not name servers/ },
  { name: "that is a CA", certificate: { ca: {} }, why: /it is a CA/ },
  { name: "signed with SHA-1", certificate: { hash: "sha1" }, why: /signed with/ },
  { name: "with its chain in the wrong order", certificate: { chain: reversed }, why: /CA's certificate|not in order/ },
  { name: "that is none", certificate: { chain: () => "no certificate" }, why: /holds no certificate/ },
  {
    name: "with too long a chain",
    certificate: {
      chain: (pem) =>
        pem +
        readPem(pem, "CERTIFICATE").slice(1).map((der) => toPem("CERTIFICATE", der)).join("").repeat(
          LIMITS.chainCertificates - 1,
        ),
    },
    why: /more than 8 PEM blocks/,
  },
  {
    name: "with too much text",
    certificate: { chain: (pem) => pem + "\n".repeat(LIMITS.chainChars) },
    why: /more than/,
  },
];

for (const { name, certificate, why } of BAD) {
  Deno.test(`acme: a certificate ${name} never replaces the good one (invariant 4)`, async () => {
    await using all = await AcmeControlRig.up();
    await all.acme.tick();
    const before = await all.shown();
    const told = all.rig.told.length;
    all.rig.time.jump(1);
    all.fake.certificate = certificate;
    await all.acme.commands!["cert renew"]!({}, "eva");
    const alarm = await waitFor(
      "the alarm",
      () => all.rig.alarms.find(({ subject, cleared }) => subject === "console (ACME)" && !cleared),
    );
    assert.match(alarm.detail!, why);
    assert.deepEqual(await all.shown(), before);
    assert.equal(all.rig.told.length, told, "no Worker heard of it");
  });
}

Deno.test("acme: `cert renew` asks now, but at most so many times a day", async () => {
  await using all = await AcmeControlRig.up();
  for (let run = 0; run < LIMITS.runsPerDay; run++) {
    await waitFor("the run before to end", async () => {
      try {
        return (await all.acme.commands!["cert renew"]!({}, "eva")).text.includes("cert list");
      } catch {
        return false; // one is under way
      }
    });
    await waitFor("the certificate", () => all.fake.issued === run + 1);
  }
  await waitFor("the limit", async () => {
    const refusal = await all.acme.commands!["cert renew"]!({}, "eva").catch((error) => error);
    return /8 times in 24 hours/.test(refusal.message);
  });
  assert.equal(all.fake.issued, LIMITS.runsPerDay);
});

Deno.test("acme: a run that a restart ends is gone on with: same order, same key", async () => {
  await using all = await AcmeControlRig.up();
  const tasks: string[] = [];
  all.obtain = (task) => {
    tasks.push(`${task.csr} ${task.order}`);
    const order = `${new URL(all.fake.directoryUrl).origin}/order/0`;
    return Promise.resolve(all.acme.handlers!["acme.ordered"]!({ run: task.run, order }))
      .then(() => ({ issued: false, why: "ending", interrupted: true }));
  };
  await all.acme.tick();
  await all.stop();
  await all.start();
  await all.acme.tick();
  assert.equal(tasks.length, 1, "not at once");
  all.rig.time.jump(2 * LIMITS.retryMs);
  await all.acme.tick();
  const [first, second] = tasks.map((task) => task.split(" "));
  assert.equal(second![0], first![0]);
  assert.match(second![1]!, /\/order\/0$/);
  assert.deepEqual(all.rig.alarms.filter(({ subject }) => subject === "console (ACME)"), []);
});

Deno.test("acme: signs for the newest run only and only so many times", async () => {
  await using all = await AcmeControlRig.up();
  const { origin } = new URL(all.fake.directoryUrl);
  const sign = (run: string) =>
    all.acme.handlers!["acme.sign"]!({
      run,
      url: `${origin}/order/0`,
      nonce: "n",
      payload: "",
      account: `${origin}/a`,
    });
  let run = "";
  all.obtain = async (task) => {
    run = task.run;
    for (let i = 0; i < LIMITS.signatures; i++) await sign(run);
    assert.throws(() => sign(run), /may not make more than/);
    assert.throws(() => sign("another"), { code: "CTL_REFUSED" });
    return { issued: false, why: "done" };
  };
  await all.acme.tick();
  assert.notEqual(run, "");
  assert.throws(() => sign(run), /is over/);
});

Deno.test("acme: nothing starts while the Worker is not there; a changed section is tried at once", async () => {
  await using all = await AcmeControlRig.up();
  all.isWorkerThere = false;
  await all.acme.tick();
  assert.equal(all.fake.seen.length, 0);
  all.isWorkerThere = true;
  all.fake.dns.status = 500;
  await all.acme.tick();
  const asked = all.fake.orders.length;
  all.fake.dns.status = undefined;
  await all.acme.reconfigure!(all.rig.context.site);
  await all.acme.tick();
  assert.equal(all.fake.orders.length, asked, "nothing changed, so it waits");
  const site = all.rig.useSite(all.siteYaml({ contact: "other@garage-12.example" }));
  await all.pki.reconfigure!(site);
  await all.acme.reconfigure!(site);
  await waitFor("the certificate", async () => (await all.shown()).source === "acme");
});

Deno.test("acme: without the section the certificate is no longer presented", async () => {
  await using all = await AcmeControlRig.up();
  await all.acme.tick();
  const site = all.rig.useSite(all.siteYaml(null));
  await all.pki.reconfigure!(site);
  await all.acme.reconfigure!(site);
  assert.equal((await all.shown()).source, "site-ca");
  await assert.rejects(() => all.acme.commands!["cert renew"]!({}, "eva"), { code: "PKI_NOT_FOUND" });
});
