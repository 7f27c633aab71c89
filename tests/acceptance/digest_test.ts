import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { FakeSmtp } from "../support/fake_smtp.ts";
import { FakeWebhook } from "../support/fake_webhook.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

interface Digest {
  readonly notice: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly records: number;
  readonly parts: Readonly<Record<string, readonly { readonly what: string }[]>>;
  readonly reviewed?: { readonly who: string };
}

Deno.test("EV-27: a running gateway sends the digest by mail and to a webhook, over a kill -9; then somebody has reviewed", async () => {
  await using mail = await FakeSmtp.up();
  await using hook = await FakeWebhook.up();
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-digest-" });
  const { console } = reservePorts(), configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(`${folder}/smtp`, `smtps://gw:right@localhost:${mail.port}\n`, { mode: 0o600 });
  await Deno.writeTextFile(`${folder}/mail-ca.pem`, mail.ca.pem);
  await Deno.writeTextFile(`${folder}/hook-ca.pem`, hook.ca.pem);
  const site = {
    ...{ version: 1, site: { id: "garage-12", name: "Main Street", timeZone: "Europe/Berlin" } },
    console: { listen: `127.0.0.1:${console}`, hostname: "localhost" },
    audit: { digest: { every: "daily", hour: 7 }, reviewDays: 30 },
    notify: [
      { id: "hook", webhook: hook.url, caFile: "hook-ca.pem" },
      { id: "ops-mail", mailTo: "ops@example.com", smtpFile: "smtp", caFile: "mail-ca.pem" },
    ],
  };
  await Deno.writeTextFile(configFile, stringify(site));
  const start = () => GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  let gateway = await start();
  const digests = () =>
    hook.posts.map(({ body }) => JSON.parse(body) as Digest).filter(({ notice }) => notice === "digest");
  const mails = () => mail.mails.filter(({ text }) => text.includes("audit digest:"));
  try {
    const { data } = await gateway.command("audit digest-send");
    deepEqual((data as { receivers: string[] }).receivers, ["hook", "ops-mail"]);
    await waitFor("both to have it", () => digests().length > 0 && mails().length > 0);
    const [first] = digests();
    ok(first!.records > 0 && first!.parts["restarts"]!.some(({ what }) => what === "gateway.process.started"));
    match(mails()[0]!.text, /Subject: .*\[Main Street\] audit digest: \d+ records until/);
    deepEqual([mails()[0]!.to, mails()[0]!.user], [["ops@example.com"], "gw"]);

    hook.status = 503; // what is made now waits on the disk
    await gateway.command("audit review", { note: "nothing to see" });
    await gateway.command("audit digest-send");
    await gateway.kill();
    hook.status = 200;
    const refused = digests().length; // those that were answered 503 are not delivered
    gateway = await start();
    await waitFor("the one that waited", () => digests().slice(refused).some(({ reviewed }) => reviewed !== undefined));
    const last = digests().slice(refused).find(({ reviewed }) => reviewed !== undefined)!;
    equal(last.from, first!.to, "it begins where the one before ended");
    ok(last.id !== first!.id && last.reviewed!.who !== "");
    const shown = (await gateway.command("audit digest")).data as { settings: unknown; reviewDays: number };
    deepEqual(shown.settings, { every: "daily", hour: 7, receivers: ["hook", "ops-mail"] });
  } catch (error) {
    throw new Error(`${error}\nlast lines of the gateway:\n${gateway.logTail(25)}`, { cause: error });
  } finally {
    await gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
