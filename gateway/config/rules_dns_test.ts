import { deepStrictEqual as equal } from "node:assert/strict";
import { pathText } from "./fault.ts";
import { DNS_SITE_RULES } from "./rules_dns.ts";
import { TIME_SITE_RULES } from "./rules_time.ts";
import { Site } from "./schema.ts";

const ZONES = [
  { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
  { id: "wan", role: "uplink", interface: "eth0", address: "192.0.2.7/24" },
  { id: "bare", role: "management", interface: "eth2" },
];
const DOT = { tls: "9.9.9.9:853", name: "dns.quad9.net" };
const RULE = { id: "fw", effect: "allow", because: "Firmware", names: ["fw.example"] };

function faults(more: object): string[] {
  const site = Site.parse({ version: 1, site: { id: "g" }, network: { zones: ZONES }, ...more });
  return [...DNS_SITE_RULES, ...TIME_SITE_RULES].flatMap((rule) => rule.check(site, new Map()))
    .map(({ path, wrong }) => `${pathText(path)}: ${wrong}`);
}

const dns = (more: object) => ({ dns: { listen: "10.20.0.1:53", upstream: [DOT], ...more } });
const time = (more: object) => ({ time: more });

const CASES: readonly (readonly [name: string, site: object, wanted: readonly string[]])[] = [
  ["a whole section", dns({ allow: ["csms.example"], nameRules: [RULE], moreListen: ["127.0.0.1:53"] }), []],
  ["an address of the uplink", dns({ listen: "192.0.2.7:53" }), [
    "dns.listen: 192.0.2.7:53 is not inside a zone of role ot",
  ]],
  ["every address", dns({ listen: "0.0.0.0:53" }), ["dns.listen: 0.0.0.0:53 is not inside a zone of role ot"]],
  ["the same address twice", dns({ moreListen: ["10.20.0.1:53"] }), ["dns.moreListen[0]: it is listened on already"]],
  ["an upstream of neither kind", dns({ upstream: [{}] }), ["dns.upstream[0]: has neither tls nor https"]],
  ["an upstream of both kinds", dns({ upstream: [{ ...DOT, https: "https://1.1.1.1/dns-query" }] }), [
    "dns.upstream[0]: has both tls and https",
  ]],
  ["an address beside tls", dns({ upstream: [{ ...DOT, address: "9.9.9.9" }] }), [
    "dns.upstream[0].address: tls has its address already",
  ]],
  ["a name beside https", dns({ upstream: [{ https: "https://1.1.1.1/dns-query", name: "one.one.one.one" }] }), [
    "dns.upstream[0].name: the URL has the name already",
  ]],
  ["https by a name without address", dns({ upstream: [{ https: "https://dns.example/dns-query" }] }), [
    "dns.upstream[0]: nobody can resolve dns.example for the resolver",
  ]],
  ["https by a name and an address", dns({ upstream: [{ https: "https://dns.example/q", address: "9.9.9.9" }] }), []],
  ["https by address", dns({ upstream: [{ https: "https://[2606:4700:4700::1111]/dns-query" }] }), []],
  ["allowed names without upstream", dns({ upstream: [], allow: ["csms.example"] }), [
    "dns.allow: there is nobody to ask for these names",
  ]],
  ["rules without upstream", dns({ upstream: [], nameRules: [RULE] }), [
    "dns.nameRules: there is nobody to ask for these names",
  ]],
  ["own answers without upstream", dns({ upstream: [], answers: { "gw.example": "10.20.0.1" } }), []],
  ["a rule id twice", dns({ nameRules: [RULE, { ...RULE, id: "FW" }] }), [
    "dns.nameRules[1].id: the id is taken by nameRules[0]",
  ]],
  [
    "a rule for a station without address",
    { stations: [{ id: "CP001" }], ...dns({ nameRules: [{ ...RULE, stations: ["CP001", "adopted"] }] }) },
    ['dns.nameRules[0].stations[0]: the station "CP001" has no address, by which alone DNS knows it'],
  ],
  [
    "time for the OT zone",
    time({ serve: ["ot"], upstream: [{ nts: "time.example" }, { ntp: "10.0.0.5", plaintext: "isolated-segment" }] }),
    [],
  ],
  ["time for no zone", time({ serve: ["ott"] }), ['time.serve[0]: there is no zone "ott"']],
  ["time for the uplink", time({ serve: ["wan"] }), ['time.serve[0]: the zone "wan" leads out of the site']],
  ["time for a zone without address", time({ serve: ["bare"] }), ['time.serve[0]: the zone "bare" has no address']],
  ["a server of neither kind", time({ upstream: [{}] }), ["time.upstream[0]: has neither nts nor ntp"]],
  ["a server of both kinds", time({ upstream: [{ nts: "a.example", ntp: "a.example" }] }), [
    "time.upstream[0]: has both nts and ntp",
  ]],
  ["ntp without the word for it", time({ upstream: [{ ntp: "a.example" }] }), [
    "time.upstream[0]: ntp is not proven by anything",
  ]],
  ["the word beside nts", time({ upstream: [{ nts: "a.example", plaintext: "isolated-segment" }] }), [
    "time.upstream[0].plaintext: nts is proven",
  ]],
  ["a CA beside ntp", time({ upstream: [{ ntp: "a.example", plaintext: "isolated-segment", caFile: "ca.pem" }] }), [
    "time.upstream[0].caFile: ntp has no key exchange",
  ]],
  ["a port beside ntp", time({ upstream: [{ ntp: "a.example", plaintext: "isolated-segment", port: 4461 }] }), [
    "time.upstream[0].port: ntp has no key exchange",
  ]],
];

for (const [name, site, wanted] of CASES) {
  Deno.test(`config rules: dns and time: ${name}`, () => equal(faults(site), wanted));
}
