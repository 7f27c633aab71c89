import assert from "node:assert/strict";
import { ACME_NAMES, acmeSpec, AcmeWorkerRig } from "../../tests/support/acme_rig.ts";
import { FakeAcme } from "../../tests/support/fake_acme.ts";
import { FakeWebhook } from "../../tests/support/fake_webhook.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { Site } from "../config/schema.ts";
import { readCertificate } from "../pki/certificate.ts";
import { readPem } from "../pki/pem.ts";
import { namesOf } from "../pki/server_identity.ts";
import { acme } from "./mod.ts";

Deno.test("acme: gets a chain for the host name and its wildcard under nothing but its two hosts", async () => {
  await using fake = await FakeAcme.up();
  const spec = acmeSpec(fake);
  const hosts = [fake.directoryUrl, fake.dns.url].map((url) => new URL(url).host).sort();
  assert.deepEqual(spec.permissions, { net: hosts });
  assert.ok(!JSON.stringify(spec.config).includes("PRIVATE KEY"));
  await using rig = await AcmeWorkerRig.start(fake);
  const outcome = await rig.obtain();
  assert.ok(outcome.issued, JSON.stringify(outcome));
  const chain = readPem(outcome.chainPem, "CERTIFICATE").map(readCertificate);
  assert.deepEqual(namesOf(chain[0]!), ACME_NAMES);
  assert.equal(chain.length, 2);
  assert.deepEqual(rig.ordered.length, 1);
  const record = `_acme-challenge.${ACME_NAMES[0]}`;
  assert.deepEqual(fake.dns.changes, [`set ${record}`, `remove ${record}`, `set ${record}`, `remove ${record}`]);
  assert.deepEqual(fake.dns.values(record), [], "no record stays");
  assert.deepEqual([...fake.accounts.values()].map(({ contact }) => contact), [["mailto:ops@garage-12.example"]]);
  assert.ok(!rig.worker.logs.join().includes(fake.dns.token), "no secret in the log");
});

Deno.test("acme: answers badNonce with a fresh nonce, three times and no more", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.badNonces = 3;
  assert.equal((await rig.obtain()).issued, true);
  fake.badNonces = 4;
  const outcome = await rig.obtain();
  assert.match(outcome.issued ? "" : outcome.why, /400 badNonce/);
  assert.equal(fake.badNonces, 0, "four signed requests, then it gave up");
});

Deno.test("acme: hands on how long a server that limits wants to be left alone", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.rateLimitSeconds = 7_200;
  const outcome = await rig.obtain();
  assert.deepEqual(outcome, {
    issued: false,
    why: "The ACME server answered 429 rateLimited: too many new orders",
    retryAfterSeconds: 7_200,
  });
  assert.equal(fake.seen.filter((line) => line === "POST /new-order").length, 1, "asked once");
});

Deno.test("acme: a failed validation says why and leaves no record", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.failValidation = true;
  const outcome = await rig.obtain();
  assert.match(outcome.issued ? "" : outcome.why, /validation of "gw\.garage-12\.example": unauthorized: no such TXT/);
  assert.deepEqual(fake.dns.values(`_acme-challenge.${ACME_NAMES[0]}`), []);
});

Deno.test("acme: a DNS endpoint that refuses its token ends the run before the server is asked to look", async () => {
  await using fake = await FakeAcme.up();
  const { dns } = acmeSpec(fake).config;
  await using rig = await AcmeWorkerRig.start(fake, { dns: { ...dns, token: "wrong" } });
  const outcome = await rig.obtain();
  assert.match(outcome.issued ? "" : outcome.why, /DNS endpoint localhost:\d+ answered set of .* with status 401/);
  assert.equal(fake.seen.some((line) => line.includes("/challenge/")), false);
});

Deno.test("acme: goes on with an order that an earlier run started", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.dns.status = 503;
  assert.equal((await rig.obtain()).issued, false);
  fake.dns.status = undefined;
  assert.equal((await rig.obtain({ order: rig.ordered[0]! })).issued, true);
  assert.equal(fake.orders.length, 1);
});

Deno.test("acme: waits while the server works on the certificate", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.processingFor = 1;
  assert.equal((await rig.obtain()).issued, true);
});

Deno.test("acme: follows the server to no other host", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake);
  fake.foreignOrderUrl = true;
  const outcome = await rig.obtain();
  assert.match(
    outcome.issued ? "" : outcome.why,
    /named the URL "https:\/\/elsewhere\.example\/new-order", wanted one/,
  );
});

Deno.test("acme: cannot reach a host that its permissions do not name", async () => {
  await using fake = await FakeAcme.up();
  await using other = await FakeWebhook.up();
  await using rig = await AcmeWorkerRig.start(fake, { dns: { url: other.url, ca: other.ca.pem } });
  const outcome = await rig.obtain();
  assert.match(
    outcome.issued ? "" : outcome.why,
    /No usable answer from localhost:\d+: .*(EPERM|NotCapable|Requires net access)/,
  );
  assert.equal(other.posts.length, 0);
});

Deno.test("acme: without a CA file the public CAs count, without another right", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake, { ca: undefined });
  const outcome = await rig.obtain();
  assert.match(
    outcome.issued ? "" : outcome.why,
    /No usable answer from localhost:\d+: .*(UnknownIssuer|unable to verify)/,
  );
});

Deno.test("acme: a drain ends a run that waits for the DNS, and takes the record away", async () => {
  await using fake = await FakeAcme.up();
  await using rig = await AcmeWorkerRig.start(fake, { waitMs: 3_600_000 });
  const running = rig.obtain();
  await waitFor("the record", () => fake.dns.changes.length === 1);
  assert.equal((await rig.obtain()).issued, false, "one run at a time");
  await rig.worker.drain();
  const outcome = await running;
  assert.equal(!outcome.issued && outcome.interrupted, true);
  assert.equal(fake.dns.changes.length, 2);
});

Deno.test("acme: a site without pki.acme or without a console has no such Worker", () => {
  const site = Site.parse({ version: 1, site: { id: "garage-12" } });
  const none = { text: () => "", bytes: () => new Uint8Array() };
  assert.deepEqual(acme.workers(site, { configFile: "/x", configDir: "/", dataDir: "/d" }, none), []);
});
