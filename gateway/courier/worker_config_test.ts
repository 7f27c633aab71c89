import assert from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { notifyIds } from "./sinks.ts";
import { courierConfig, courierNet } from "./worker_config.ts";

const files: SiteFiles = {
  text: (path) => `text of ${path}`,
  bytes: (path) => new TextEncoder().encode(path === "smtp" ? "smtps://u:p@mail.example\r\n" : `${path}!\n`),
};

const siteOf = (more: object) => Site.parse({ version: 1, site: { id: "g" }, ...more });

Deno.test("courier config: secrets come by value without the line break at their end", () => {
  const site = siteOf({
    notify: [{ webhook: "https://ops.example/hook", tokenFile: "token", secretFile: "secret", caFile: "ca" }],
    audit: { syslog: [{ tls: "siem.example:6514", clientCertFile: "cert", clientKeyFile: "key" }] },
  });
  const { webhooks, syslog } = courierConfig(site, files);
  assert.deepEqual(webhooks, [
    { sink: "ops.example", url: "https://ops.example/hook", token: "token!", secret: "secret!", ca: "ca!" },
  ]);
  const sink = { sink: "siem.example:6514", host: "siem.example", port: 6514, cert: "cert!", key: "key!" };
  assert.deepEqual(syslog, [sink]);
});

Deno.test("courier config: the permissions are exactly the configured hosts and ports", () => {
  const site = siteOf({
    notify: [
      { webhook: "https://ops.example/hook" },
      { webhook: "https://ops.example:8443/other" },
      { mailTo: "a@b.example", smtpFile: "smtp" },
    ],
    audit: { syslog: [{ tls: "siem.example:6514" }, { tls: "[fd00::1]:6514" }] },
    telemetry: { metricsListen: "127.0.0.1:9464", otlp: { url: "http://127.0.0.1:4318/v1/metrics" } },
  });
  assert.deepEqual(courierNet(courierConfig(site, files)), [
    "127.0.0.1:4318",
    "127.0.0.1:9464",
    "[fd00::1]:6514",
    "mail.example:465",
    "ops.example:443",
    "ops.example:8443",
    "siem.example:6514",
  ]);
});

Deno.test("courier config: a mail without a sender comes from its receiver", () => {
  const site = siteOf({ notify: [{ mailTo: "a@b.example", smtpFile: "smtp" }] });
  assert.equal(courierConfig(site, files).mails[0]!.from, "a@b.example");
});

Deno.test("courier config: a line that is no mail server is a configuration error that does not show it", () => {
  const site = siteOf({ notify: [{ mailTo: "a@b.example", smtpFile: "secret-word" }] });
  assert.throws(() => courierConfig(site, files), (error: Error & { code?: string }) => {
    assert.equal(error.code, "CFG_INVALID");
    assert.ok(!error.message.includes("secret-word!"));
    return true;
  });
});

Deno.test("courier config: receivers have names of their own", () => {
  const targets = siteOf({
    notify: [
      { webhook: "https://ops.example/a" },
      { webhook: "https://ops.example/b" },
      { id: "night", webhook: "https://ops.example/c" },
      { mailTo: "a@b.example", smtpFile: "smtp" },
    ],
  }).notify;
  assert.deepEqual(notifyIds(targets), ["ops.example", "ops.example#2", "night", "a@b.example"]);
});
