import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { deriveSegmentation } from "./derive.ts";
import { dialAddresses, listenAddresses } from "./site_addresses.ts";
import { SITE } from "./testing/segmentation_rig.ts";

const parse = (more: object) => Site.parse({ version: 1, site: { id: "g" }, network: SITE.network, ...more });
const listens = (more: object) =>
  listenAddresses(parse(more)).map(({ key, host, port, protocols }) => `${key} ${host}:${port} ${protocols.join("+")}`);
const dials = (more: object) =>
  dialAddresses(parse(more)).map(({ key, host, port, isProxied }) =>
    `${key} ${host}:${port}${isProxied ? " proxied" : ""}`
  );

/** What a section of site.yaml listens on. */
const LISTENS: readonly (readonly [string, object, readonly string[]])[] = [
  ["nothing", {}, []],
  ["the console", { console: { listen: "10.99.0.2:8443", hostname: "gw.example" } }, [
    "console.listen 10.99.0.2:8443 tcp",
  ]],
  ["DNS, by UDP too", { dns: { listen: "10.20.0.1:53", moreListen: ["10.21.0.1:53"] } }, [
    "dns.listen 10.20.0.1:53 udp+tcp",
    "dns.moreListen.0 10.21.0.1:53 udp+tcp",
  ]],
  ["metrics", { telemetry: { metricsListen: "127.0.0.1:9464" } }, ["telemetry.metricsListen 127.0.0.1:9464 tcp"]],
  ["a port that the kernel chooses, which no rule can name", { telemetry: { metricsListen: "127.0.0.1:0" } }, []],
  [
    "listeners by their id",
    {
      modbus: {
        listeners: [{ id: "ems", listen: "10.99.0.2:502", plaintext: "isolated-segment", sources: ["10.99.0.9/32"] }],
        lines: [{ id: "m", tcp: "10.21.0.11:502" }],
        units: [{ unit: 1, line: "m", device: 1 }],
      },
    },
    ["modbus.listeners.ems.listen 10.99.0.2:502 tcp"],
  ],
];
for (const [name, more, wanted] of LISTENS) {
  Deno.test(`site addresses: listens: ${name}`, () => equal(listens(more), wanted));
}

/** What a section of site.yaml connects to. */
const DIALS: readonly (readonly [string, object, readonly string[]])[] = [
  ["nothing", {}, []],
  ["a webhook, by its port or the usual one", {
    notify: [{ webhook: "https://a.example/x" }, { webhook: "https://b.example:8443/" }],
  }, [
    "notify.0.webhook a.example:443 proxied",
    "notify.1.webhook b.example:8443 proxied",
  ]],
  ["a receiver of audit records", { audit: { syslog: [{ id: "siem", tls: "10.99.0.7:6514" }] } }, [
    "audit.syslog.siem.tls 10.99.0.7:6514",
  ]],
  ["names, over TLS and HTTPS", {
    dns: {
      listen: "10.20.0.1:53",
      upstream: [{ tls: "9.9.9.9:853", name: "q" }, { https: "https://1.1.1.1/dns-query" }],
    },
  }, [
    "dns.upstream.0.tls 9.9.9.9:853",
    "dns.upstream.1.https 1.1.1.1:443 proxied",
  ]],
  ["backups", {
    backup: { recoveryKeyFile: "k", targets: [{ sftp: "me@b.example:2222:/x" }, { sftp: "b.example:/y" }] },
  }, [
    "backup.targets.0.sftp b.example:2222",
    "backup.targets.1.sftp b.example:22",
  ]],
  [
    "a CSMS in an address of IPv6",
    {
      ocpp: {
        listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
        csms: [{ id: "v6", url: "wss://[2001:db8::1]:9000/o" }],
      },
    },
    [
      "ocpp.csms.v6.url 2001:db8::1:9000 proxied",
    ],
  ],
  ["what segmentation and DNS only speak of", {
    segmentation: { pingTargets: ["8.8.8.8"] },
    dns: { listen: "10.20.0.1:53", answers: { "a.example": "10.20.0.1" } },
  }, []],
];
for (const [name, more, wanted] of DIALS) {
  Deno.test(`site addresses: connects to: ${name}`, () => equal(dials(more), wanted));
}

Deno.test("derive: a switch is read by UDP where it stands: in its OT zone, or behind the zones without stations", () => {
  const snmp = { user: "u", authPasswordFile: "a", privacyPasswordFile: "p" };
  const switches = [["in", "10.20.0.2"], ["out", "192.0.2.9"], ["self", "127.0.0.1"]].map(([id, address]) => ({
    id,
    address,
    snmp,
  }));
  const site = Site.parse({ ...SITE, switches });
  const flows = deriveSegmentation(site, site.stations).flows.filter(({ id }) => id.startsWith("switches."));
  equal(flows.map(({ id, protocol, ports, to }) => ({ id, protocol, ports, to })), [
    { id: "switches.in.ot", protocol: "udp", ports: [[161, 161]], to: { zone: "ot", hosts: ["10.20.0.2"] } },
    { id: "switches.out.uplink", protocol: "udp", ports: [[161, 161]], to: { zone: "uplink", hosts: ["192.0.2.9"] } },
    { id: "switches.out.mgmt", protocol: "udp", ports: [[161, 161]], to: { zone: "mgmt", hosts: ["192.0.2.9"] } },
  ]);
});
