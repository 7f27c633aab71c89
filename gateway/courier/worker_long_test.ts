import assert from "node:assert/strict";
import { FakeSiem } from "../../tests/support/fake_siem.ts";
import { FakeSmtp } from "../../tests/support/fake_smtp.ts";
import { FakeWebhook } from "../../tests/support/fake_webhook.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { createSshKey, startSftpServer } from "../../tests/support/sftp_server.ts";
import { WorkerRig } from "../../tests/support/worker_rig.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { Site } from "../config/schema.ts";
import { courier } from "./mod.ts";
import type { CourierConfig } from "./worker_config.ts";

const BOX = { configFile: "/x/site.yaml", configDir: "/x", dataDir: "/x/data" };

function filesOf(contents: Record<string, string>): SiteFiles {
  return { text: (path) => contents[path]!, bytes: (path) => new TextEncoder().encode(contents[path]!) };
}

/** The Worker as main would start it for a site with one receiver of each kind, and the receivers. */
async function everything() {
  const [siem, smtp, hook] = [await new FakeSiem().up(), await FakeSmtp.up(), await FakeWebhook.up()];
  const site = Site.parse({
    version: 1,
    site: { id: "garage-12" },
    audit: { syslog: [{ id: "siem", tls: `localhost:${siem.port}`, caFile: "siem.pem" }] },
    notify: [
      { id: "ops", webhook: hook.url, caFile: "hook.pem", secretFile: "secret", tokenFile: "token" },
      { id: "mail", mailTo: "ops@example.com", smtpFile: "smtp", caFile: "smtp.pem" },
    ],
    telemetry: {
      metricsListen: `127.0.0.1:${freePort()}`,
      otlp: { url: hook.url.replace("/hook?x=1", "/v1/metrics"), caFile: "hook.pem" },
    },
  });
  const [spec] = courier.workers(
    site,
    BOX,
    filesOf({
      "siem.pem": siem.ca.pem,
      "hook.pem": hook.ca.pem,
      "smtp.pem": smtp.ca.pem,
      secret: "s3cret\n",
      token: "t0ken\n",
      smtp: `smtps://gw:right@localhost:${smtp.port}\n`,
    }),
  );
  const worker = await WorkerRig.start(spec!, {
    "metrics.text": () => ({ contentType: "text/plain; version=0.0.4", text: "up 1\n" }),
  });
  const receivers = new AsyncDisposableStack();
  for (const item of [siem, smtp, hook, worker]) receivers.use(item);
  return { siem, smtp, hook, worker, spec: spec!, [Symbol.asyncDispose]: () => receivers.disposeAsync() };
}

Deno.test("courier: delivers every kind under nothing but the hosts of its site", async () => {
  await using all = await everything();
  const { siem, smtp, hook, worker, spec } = all;
  assert.deepEqual(Object.keys(spec.permissions), ["net"]);
  const deliver = (delivery: Parameters<typeof worker.rpc.call<"courier.deliver">>[1]) =>
    worker.rpc.call("courier.deliver", delivery, { deadlineMs: 20_000 });
  await deliver({ kind: "syslog", sink: "siem", frames: ["a", "b"] });
  await deliver({ kind: "webhook", sink: "ops", body: '{"a":1}' });
  await deliver({ kind: "mail", sink: "mail", subject: "s", text: "t" });
  await deliver({ kind: "otlp", sink: "otlp", body: "{}" });
  await waitFor("the syslog messages", () => siem.messages.length === 2);
  assert.equal(smtp.mails[0]!.user, "gw");
  assert.deepEqual(hook.posts.map(({ path }) => path), ["/hook?x=1", "/v1/metrics"]);
  assert.equal(hook.posts[0]!.headers.authorization, "Bearer t0ken");
  const response = await fetch(worker.listening.metrics!);
  assert.equal(await response.text(), "up 1\n");
  const metrics = JSON.stringify(await worker.rpc.call("metrics.snapshot", {}));
  assert.match(metrics, /bulkhead_courier_deliveries_total/);
  assert.ok(!worker.logs.join().match(/s3cret|t0ken|right/), "no secret in the log");
});

Deno.test("courier: cannot reach a host that its permissions do not name, and says so", async () => {
  await using all = await everything();
  await using other = await FakeWebhook.up();
  const config = all.spec.config as CourierConfig;
  const webhooks = [{ sink: "elsewhere", url: other.url, ca: other.ca.pem }];
  assert.equal(await all.worker.reconfigure({ ...config, webhooks }), undefined);
  await assert.rejects(
    all.worker.rpc.call("courier.deliver", { kind: "webhook", sink: "elsewhere", body: "{}" }),
    { code: "DELIVERY_UNREACHABLE" },
  );
  assert.equal(other.posts.length, 0);
  await assert.rejects(
    all.worker.rpc.call("courier.deliver", { kind: "webhook", sink: "ops", body: "{}" }),
    { code: "DELIVERY_REFUSED", message: /knows no receiver "ops"/ },
  );
});

Deno.test("courier: a reload with another CA for a sink takes a new connection", async () => {
  await using all = await everything();
  const { siem, worker, spec } = all;
  await worker.rpc.call("courier.deliver", { kind: "syslog", sink: "siem", frames: ["a"] });
  const config = spec.config as CourierConfig;
  await worker.reconfigure({ ...config, syslog: config.syslog.map((sink) => ({ ...sink, ca: all.hook.ca.pem })) });
  await assert.rejects(worker.rpc.call("courier.deliver", { kind: "syslog", sink: "siem", frames: ["b"] }), {
    code: "DELIVERY_UNREACHABLE",
  });
  await waitFor("the first message", () => siem.messages.length === 1);
});

Deno.test("courier: may not listen where its permissions do not say", async () => {
  const spec = {
    name: "courier",
    module: new URL("./worker.ts", import.meta.url),
    permissions: { net: ["127.0.0.1:1"] },
    config: { syslog: [], webhooks: [], mails: [], metricsListen: "127.0.0.1:2" },
    after: [],
  };
  await assert.rejects(WorkerRig.start(spec), /may not use 127\.0\.0\.1:2/);
});

Deno.test("courier: a site that sends nothing anywhere has no courier", () => {
  const site = Site.parse({ version: 1, site: { id: "garage-12" } });
  assert.deepEqual(courier.workers(site, BOX, filesOf({})), []);
});

Deno.test("courier: sends a backup by SFTP and may read no other folder", async () => {
  const dataDir = await Deno.makeTempDir();
  await Deno.mkdir(`${dataDir}/backup`);
  await Deno.mkdir(`${dataDir}/root/garage`, { recursive: true });
  await Deno.writeTextFile(`${dataDir}/backup/b`, "sealed");
  await Deno.writeTextFile(`${dataDir}/other`, "secret");
  const [hostKey, userKey] = [createSshKey(), createSshKey()];
  const server = await startSftpServer({
    root: `${dataDir}/root`,
    hostKeyPem: hostKey.pem,
    userKey: userKey.publicKey,
  });
  const sftp = `127.0.0.1:${server.port}:/garage`;
  const targets = [{ sftp, keyFile: "key", hostKeyFile: "host" }];
  const site = Site.parse({ version: 1, site: { id: "g12" }, backup: { recoveryKeyFile: "recovery", targets } });
  const host = `127.0.0.1 ssh-rsa ${hostKey.publicKey.toBase64()}\n`;
  const [spec] = courier.workers(site, { ...BOX, dataDir }, filesOf({ key: userKey.pem, host }));
  assert.deepEqual(spec!.permissions, { net: [`127.0.0.1:${server.port}`], read: [`${dataDir}/backup`] });
  {
    await using worker = await WorkerRig.start(spec!);
    const deliver = (file: string, name: string) =>
      worker.rpc.call("courier.deliver", { kind: "backup", sink: sftp, file, name }, { deadlineMs: 20_000 });
    await deliver(`${dataDir}/backup/b`, "bulkhead-g12-20260101T000000Z.backup.age");
    await assert.rejects(deliver(`${dataDir}/other`, "bulkhead-g12-20260102T000000Z.backup.age"));
  }
  const arrived = [...Deno.readDirSync(`${dataDir}/root/garage`)].map(({ name }) => name);
  assert.deepEqual(arrived.filter((name) => !name.endsWith(".part")), ["bulkhead-g12-20260101T000000Z.backup.age"]);
  await server.close();
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("courier: a receiver without a CA of its own is judged by the public CAs, without further permissions", async () => {
  await using all = await everything();
  const config = all.spec.config as CourierConfig;
  await all.worker.reconfigure({ ...config, webhooks: [{ sink: "ops", url: all.hook.url }] });
  await assert.rejects(
    all.worker.rpc.call("courier.deliver", { kind: "webhook", sink: "ops", body: "{}" }),
    { code: "DELIVERY_UNREACHABLE", message: /certificate/i },
  );
  assert.equal(all.hook.posts.length, 0);
});
