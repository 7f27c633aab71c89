import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { parse } from "yaml";
import { Site } from "../config/schema.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { DnsConfig } from "./config.ts";
import { DNS_LIMITS } from "./limits.ts";
import { dns, namesOf } from "./mod.ts";
import type { DnsWorkerConfig } from "./worker_config.ts";

const BOX: Box = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES: SiteFiles = { bytes: () => new Uint8Array(), text: (path) => `<${path}>` };

function site(more: object): Site {
  return Site.parse({
    version: 1,
    site: { id: "garage" },
    network: {
      zones: [
        { id: "ot", role: "ot", interface: "eth1", address: "10.20.1.1/23" },
        { id: "ot2", role: "ot", interface: "eth2", address: "10.30.0.1/30" },
      ],
    },
    ...more,
  });
}

Deno.test("dns conduit: absent from the configuration it needs no Worker", () =>
  equal(dns.workers(site({}), BOX, FILES), []));

Deno.test("dns conduit: exactly its addresses, the OT networks that may ask, and the upstreams", () => {
  const [spec] = dns.workers(
    site({
      dns: {
        listen: "10.20.1.1:53",
        moreListen: ["10.30.0.1:53", "127.0.0.1:8053"],
        upstream: [
          { tls: "9.9.9.9:853", name: "dns.quad9.net", caFile: "ca.pem" },
          { https: "https://dns.example/dns-query?x=1", address: "192.0.2.53" },
          { https: "https://1.1.1.1:8443/q" },
        ],
      },
      stations: [{ id: "CP001", address: "10.20.0.11", vendor: "bender", model: "CC613", unit: "bay" }, {
        id: "CP002",
      }],
    }),
    BOX,
    FILES,
  );
  equal(spec!.permissions, {
    net: [
      "10.20.1.1:53",
      "10.30.0.1:53",
      "127.0.0.1:8053",
      "10.20.0.0/23",
      "10.30.0.0/30",
      "127.0.0.0/8",
      "9.9.9.9:853",
      "192.0.2.53:443",
      "1.1.1.1:8443",
    ],
  });
  const config = spec!.config as DnsWorkerConfig;
  equal(config.upstreams, [
    { id: "9.9.9.9:853", kind: "tls", host: "9.9.9.9", port: 853, name: "dns.quad9.net", ca: "<ca.pem>" },
    { id: "dns.example", kind: "https", host: "192.0.2.53", name: "dns.example", port: 443, path: "/dns-query?x=1" },
    { id: "1.1.1.1:8443", kind: "https", host: "1.1.1.1", port: 8443, path: "/q" },
  ]);
  equal(config.stations, [{ address: "10.20.0.11", station: "CP001", vendor: "bender", model: "CC613", unit: "bay" }]);
});

Deno.test("dns conduit: through the uplink's proxy only the proxy is reached", () => {
  const zones = [{ id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" }];
  const proxied = Site.parse({
    version: 1,
    site: { id: "garage" },
    network: { zones, uplink: { proxy: { url: "http://proxy.example:3128" } } },
    dns: { listen: "10.20.0.1:53", upstream: [{ tls: "9.9.9.9:853" }] },
  });
  equal(dns.workers(proxied, BOX, FILES)[0]!.permissions.net, ["10.20.0.1:53", "10.20.0.0/24", "proxy.example:3128"]);
});

Deno.test("dns conduit: names are compared in lower case; one address or several", () => {
  const config = DnsConfig.parse({
    listen: "10.20.1.1:53",
    allow: ["CSMS.Example"],
    answers: { "GW.example": "10.20.1.1", "two.example": ["10.20.1.1", "fd00::1"] },
    nameRules: [{ id: "fw", effect: "deny", because: "No", names: ["*.FW.example"] }],
    privateNames: ["In.Example"],
  });
  const names = namesOf(site({}), config);
  equal([names.allow, names.answers, names.rules[0]!.names, names.privateNames], [
    ["csms.example"],
    { "gw.example": ["10.20.1.1"], "two.example": ["10.20.1.1", "fd00::1"] },
    ["*.fw.example"],
    ["in.example"],
  ]);
});

Deno.test("dns conduit: vendors' time names are answered when the box serves time, or when told so", () => {
  const names = (more: object, top: object = {}) =>
    namesOf(site(top), DnsConfig.parse({ listen: "10.20.1.1:53", ...more })).timeNames.includes("ntp.elinc.de");
  equal(names({}), false);
  equal(names({}, { time: { serve: ["ot"] } }), true);
  equal(names({}, { time: { serve: [] } }), false);
  equal(names({ vendorTimeNames: "off" }, { time: { serve: ["ot"] } }), false);
  equal(names({ vendorTimeNames: "this-box" }), true);
});

const BAD: readonly (readonly [what: string, more: object])[] = [
  ["an IPv6 address", { listen: "[::1]:53" }],
  ["a name to listen on", { listen: "localhost:53" }],
  ["an upstream by name", { upstream: [{ tls: "dns.quad9.net:853" }] }],
  ["an upstream over http", { upstream: [{ https: "http://1.1.1.1/dns-query" }] }],
  ["a star in the middle", { allow: ["a.*.example"] }],
  ["a star alone", { allow: ["*"] }],
  ["an address that is none", { answers: { "gw.example": "10.20.0.300" } }],
  ["a type that hides addresses", { types: ["HTTPS"] }],
  ["an unknown key", { resolver: true }],
  ["more names than the limit", { allow: Array.from({ length: DNS_LIMITS.names + 1 }, (_, at) => `n${at}.example`) }],
];

for (const [what, more] of BAD) {
  Deno.test(`dns config: ${what} is refused`, () =>
    void throws(() => DnsConfig.parse({ listen: "10.20.1.1:53", ...more })));
}

Deno.test("dns config: as many names as the limit, underscores, single labels, and what is below a name", () => {
  const allow = Array.from({ length: DNS_LIMITS.names }, (_, at) => `n${at}.example`);
  equal(DnsConfig.parse({ listen: "10.20.1.1:53", allow }).allow.length, DNS_LIMITS.names);
  for (const name of ["_ocpp._tcp.example", "csms", "*.example", "a.b.c.d"]) {
    ok(DnsConfig.parse({ listen: "10.20.1.1:53", allow: [name] }), name);
  }
});

Deno.test("dns conduit: the example of the README is a site", async () => {
  const page = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
  ok(dns.workers(site(parse(example)), BOX, FILES).length === 1);
});
