import { deepStrictEqual as equal, match } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { decideFlow } from "../../policies/segmentation.ts";
import { deriveSegmentation } from "./derive.ts";
import { makeRuleset } from "./ruleset.ts";
import { dialAddresses, listenAddresses, type SiteAddress } from "./site_addresses.ts";
import { SITE } from "./testing/segmentation_rig.ts";

const parse = (more: object) => Site.parse({ version: 1, site: { id: "g" }, network: SITE.network, ...more });
const inShort = ({ key, host, port, lastPort, isProxied }: SiteAddress) =>
  `${key} ${host}:${port}${lastPort === undefined ? "" : `-${lastPort}`}${isProxied ? " proxied" : ""}`;
const FTP = { protocol: "ftp", listen: "10.20.0.1:21", models: ["old/*"], plaintext: "isolated-segment" };

const LISTENS: readonly (readonly [string, object, readonly string[]])[] = [
  ["FTP with its data ports", { exceptions: [{ ...FTP, passivePorts: "50000-50009" }] }, [
    "firmware.exceptions.0.listen 10.20.0.1:21",
    "firmware.exceptions.0.passivePorts 10.20.0.1:50000-50009",
  ]],
  ["SFTP, which has none", { exceptions: [{ ...FTP, protocol: "sftp", listen: "10.20.0.1:22" }] }, [
    "firmware.exceptions.0.listen 10.20.0.1:22",
  ]],
];
for (const [name, firmware, wanted] of LISTENS) {
  Deno.test(`unspelled addresses: listens: ${name}`, () =>
    equal(listenAddresses(parse({ firmware })).map(inShort), wanted));
}

const host = (more: object = {}) => ({ host: "files.example", ...more });
const DIALS: readonly (readonly [string, object, readonly string[]])[] = [
  ["a host that images come from, by HTTPS unless it is said", { firmware: { fetchHosts: [host()] } }, [
    "firmware.fetchHosts.files.example.https files.example:443 proxied",
  ]],
  ["a host by HTTP and SFTP", { firmware: { fetchHosts: [host({ schemes: ["http", "sftp"] })] } }, [
    "firmware.fetchHosts.files.example.http files.example:80 proxied",
    "firmware.fetchHosts.files.example.sftp files.example:22",
  ]],
  ["a host that logs go to by FTP, which has connections for its data", {
    firmware: { uploadHosts: [{ host: "203.0.113.9", schemes: ["ftp"] }] },
  }, [
    "firmware.uploadHosts.203.0.113.9.ftp 203.0.113.9:21",
    "firmware.uploadHosts.203.0.113.9.ftp-data 203.0.113.9:1024-65535",
  ]],
  ["a mail server that a secret names", { notify: [{ mailTo: "ops@example.com", smtpFile: "s" }] }, [
    "notify.smtpFile.465 :465",
    "notify.smtpFile.587 :587",
  ]],
  ["two mails by one server", {
    notify: [{ mailTo: "a@example.com", smtpFile: "s" }, { mailTo: "b@example.com", smtpFile: "s" }],
  }, ["notify.smtpFile.465 :465", "notify.smtpFile.587 :587"]],
  ["a webhook, which needs no mail", { notify: [{ webhook: "https://a.example/x" }] }, [
    "notify.0.webhook a.example:443 proxied",
  ]],
];
for (const [name, more, wanted] of DIALS) {
  Deno.test(`unspelled addresses: connects to: ${name}`, () => equal(dialAddresses(parse(more)).map(inShort), wanted));
}

function derived(more: object) {
  const site = Site.parse({ ...SITE, ...more });
  return deriveSegmentation(site, site.stations);
}

Deno.test("unspelled addresses: a station's FTP passes whole to the box's own ports, from its zone alone", () => {
  const segmentation = derived({ firmware: { exceptions: [{ ...FTP, passivePorts: "50000-50009" }] } });
  const decide = (zone: string, address: string, port: number) =>
    decideFlow({ from: { zone, address }, to: { address: "10.20.0.1" }, protocol: "tcp", port }, segmentation).effect;
  equal([21, 49_999, 50_000, 50_009, 50_010].map((port) => decide("ot", "10.20.0.11", port)), [
    ...["allow", "deny", "allow", "allow", "deny"],
  ]);
  equal(decide("ot2", "10.21.0.11", 50_000), "deny");
  match(makeRuleset(segmentation).text, /ip daddr 10\.20\.0\.1 tcp dport 50000-50009 counter/);
});

Deno.test("unspelled addresses: the box reaches the hosts of its files and mails; stations reach none of them", () => {
  const segmentation = derived({
    firmware: { fetchHosts: [{ host: "203.0.113.9", schemes: ["ftp", "sftp"] }] },
    notify: [{ mailTo: "ops@example.com", smtpFile: "s" }],
  });
  const decide = (from: { zone?: string; address: string }, address: string, port: number) =>
    decideFlow({ from, to: { zone: "uplink", address }, protocol: "tcp", port }, segmentation).effect;
  const box = { address: "198.51.100.2" };
  equal([21, 22, 2_121, 1_023].map((port) => decide(box, "203.0.113.9", port)), ["allow", "allow", "allow", "deny"]);
  equal([465, 587, 25].map((port) => decide(box, "192.0.2.25", port)), ["allow", "allow", "deny"]);
  equal(decide(box, "203.0.113.10", 21), "deny", "an address is that address");
  equal([21, 465].map((port) => decide({ zone: "ot", address: "10.20.0.11" }, "203.0.113.9", port)), ["deny", "deny"]);
});

Deno.test("unspelled addresses: what a flow is for names its key, its host and all its ports", () => {
  const { flows } = derived({
    firmware: { uploadHosts: [{ host: "logs.example", schemes: ["ftp"] }] },
    notify: [{ mailTo: "ops@example.com", smtpFile: "s" }],
  });
  const why = (id: string) => flows.find((flow) => flow.id === id)?.because;
  equal(
    why("firmware.uploadHosts.logs.example.ftp-data.uplink"),
    "firmware.uploadHosts.logs.example.ftp-data logs.example:1024-65535",
  );
  equal(why("notify.smtpFile.465.uplink"), "notify.smtpFile.465 any host:465");
});
