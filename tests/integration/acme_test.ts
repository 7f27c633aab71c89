import { equal, match, notEqual, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "node:tls";
import { X509Certificate } from "node:crypto";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ACME_NAMES, acmeFiles, acmeSection } from "../support/acme_rig.ts";
import { FakeAcme } from "../support/fake_acme.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runCheck } from "../../gateway/cli/check.ts";
import { waitFor } from "../support/wait_for.ts";

/** The certificate that the console shows a browser that asks for its host name. */
function shownBy(port: number): Promise<X509Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate>();
  const options = { host: "127.0.0.1", port, servername: ACME_NAMES[0]!, rejectUnauthorized: false };
  const socket = connect(options, () => {
    resolve(new X509Certificate(Buffer.from(socket.getPeerCertificate(true).raw)));
    socket.destroy();
  });
  socket.on("error", reject);
  return promise;
}

Deno.test("acme: a gateway process gets its console's certificate, keeps it over a restart, and a failed renewal keeps the old", async () => {
  await using fake = await FakeAcme.up();
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-acme-" });
  const { console: port } = reservePorts();
  const configFile = `${folder}/site.yaml`;
  const site = {
    version: 1,
    site: { id: "garage-12" },
    console: { listen: `127.0.0.1:${port}`, hostname: ACME_NAMES[0] },
    pki: { acme: acmeSection(fake) },
  };
  await Deno.writeTextFile(configFile, stringify(site));
  for (const [name, text] of Object.entries(acmeFiles(fake))) {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  }
  const check = await runCheck({ config: configFile });
  match(check.text, /acme: the console gets its certificate for gw\.garage-12\.example and \*\.gw/);
  const options = { configFile, dataDir: `${folder}/data`, timers: systemTimers };
  let gateway = await GatewayProcess.start(options);
  try {
    const first = await waitFor("the certificate of the ACME server", async () => {
      const shown = await shownBy(port);
      return shown.issuer.includes("ACME Issuing CA") && shown;
    });
    match((await gateway.command("cert list")).text, /listener console {2}from the ACME server {2}until \d{4}-/);
    equal(await gateway.stop(), 0);

    const asked = fake.seen.length;
    gateway = await GatewayProcess.start(options);
    equal((await shownBy(port)).fingerprint256, first.fingerprint256, "kept over the restart");
    equal(fake.seen.length, asked, "and the server was not asked");

    fake.failValidation = true;
    await gateway.command("cert renew");
    const alarm = await waitFor("the alarm", async () => {
      const { text } = await gateway.command("alarms list");
      return text.includes("certificate.renewal.failed") && text;
    });
    match(alarm, /console \(ACME\)/);
    equal((await shownBy(port)).fingerprint256, first.fingerprint256, "the old one stays");

    fake.failValidation = false;
    await gateway.command("cert renew");
    const renewed = await waitFor("the renewed certificate", async () => {
      const shown = await shownBy(port);
      return shown.fingerprint256 !== first.fingerprint256 && shown;
    });
    ok(renewed.issuer.includes("ACME Issuing CA"));
    notEqual(
      renewed.publicKey.export({ format: "pem", type: "spki" }),
      first.publicKey.export({ format: "pem", type: "spki" }),
    );
    equal(fake.accounts.size, 1);
    ok(!gateway.lines.join().includes(fake.dns.token), "no secret in the log");
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
