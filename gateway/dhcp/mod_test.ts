import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { ConcentratorConfig } from "./concentrator/config.ts";
import { DhcpConfig } from "./config.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { dhcp } from "./mod.ts";
import { ip } from "./testing/session_rig.ts";
import type { DhcpWorkerConfig, ZoneConfig } from "./worker_config.ts";

const BOX: Box = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES: SiteFiles = { bytes: () => new Uint8Array(), text: (path) => `<${path}>` };
const RELAY = {
  concentrator: "dhcp.central.example:8447",
  caFile: "ca.pem",
  certificate: { certFile: "own.pem", keyFile: "own.key" },
};

function workers(section: object | undefined, more: object = { hal: { socket: "hal.sock" } }) {
  const zones = [
    { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
    { id: "ot2", role: "ot", interface: "eth2", address: "10.21.0.129/25" },
  ];
  const site = Site.parse({
    version: 1,
    site: { id: "g" },
    network: { zones },
    ...section ? { dhcp: section } : {},
    ...more,
  });
  return dhcp.workers(site, BOX, FILES);
}
const zoneOf = (section: object): ZoneConfig =>
  (workers({ zone: "ot", ...section })[0]!.config as DhcpWorkerConfig).zones[0]!;

Deno.test("dhcp conduit: absent from the configuration, or without hald, it needs no Worker", () => {
  equal(workers(undefined), []);
  equal(workers({ zone: "ot" }, {}), []);
});

Deno.test("dhcp conduit: one Worker that may reach hald's socket and its concentrators, and nothing else", () => {
  const [spec, ...others] = workers({
    ...{ zone: "ot", mode: "relay", relay: RELAY },
    more: [{ zone: "ot2", mode: "relay", relay: RELAY }],
  });
  equal(others, []);
  equal(spec!.permissions, {
    ...{ net: ["unix:/s/hal.sock", "dhcp.central.example:8447"], read: ["/s/hal.sock"], write: ["/s/hal.sock"] },
  });
  equal(workers({ zone: "ot" })[0]!.permissions.net, ["unix:/s/hal.sock"]);
});

Deno.test("dhcp conduit: a zone as the Worker gets it: numbers, this box in the place of what is absent", () => {
  const { subnet, self, router, dns, ntp, seconds, pool, tunnel } = zoneOf({ pool: "10.20.0.100-10.20.0.199" });
  equal([self, subnet], [ip(1), { from: ip(0), to: ip(255), bits: 24 }]);
  equal([router, dns, ntp], [[ip(1)], [ip(1)], [ip(1)]]);
  equal([pool, tunnel], [{ from: ip(100), to: ip(199) }, undefined]);
  equal(seconds, { reservation: 604_800, pool: 3_600, quarantine: 120, relayed: 600 });
  const [, second] = (workers({ zone: "ot", more: [{ zone: "ot2" }] })[0]!.config as DhcpWorkerConfig).zones;
  equal([second!.interface, second!.self, second!.subnet], ["eth2", 0x0a150081, {
    ...{ from: 0x0a150080, to: 0x0a1500ff, bits: 25 },
  }]);
});

Deno.test("dhcp conduit: what the site says of router, names, time and trust", () => {
  const zone = zoneOf({
    ...{ router: "none", dns: [], ntp: ["10.20.0.3"], option82: "trusted-switch", trustedServers: ["10.20.0.9"] },
    ...{ relayAgents: ["10.20.0.8"], perMacPerSecond: 7, newPerSecond: 8, domain: "ot.example" },
  });
  equal([zone.router, zone.dns, zone.ntp, zone.domain], [[], [], [ip(3)], "ot.example"]);
  equal([zone.trustsSwitches, zone.trustedServers, zone.relayAgents], [true, [ip(9)], [ip(8)]]);
  equal([zone.perMac, zone.strangers], [7, 8]);
  equal(zoneOf({ router: "10.20.0.254" }).router, [ip(254)]);
});

for (
  const [name, option, hex] of [
    ["text", { text: "é" }, "c3a9"],
    ["addresses", { addresses: ["10.20.0.1", "10.20.0.2"] }, "0a1400010a140002"],
    ["bytes", { hex: "0AFF" }, "0aff"],
    ["nothing", {}, ""],
  ] as const
) {
  Deno.test(`dhcp conduit: an option as ${name} goes to the Worker as bytes`, () => {
    equal(zoneOf({ options: [{ code: 43, vendor: "bender", ...option }] }).options, [{
      vendor: "bender",
      code: 43,
      hex,
    }]);
  });
}

Deno.test("dhcp conduit: a tunnel has its files by value, and the names that are absent by default", () => {
  equal(zoneOf({ mode: "relay", relay: RELAY }).tunnel, {
    ...{ host: "dhcp.central.example", port: 8_447, name: "dhcp.central.example", ca: "<ca.pem>", cert: "<own.pem>" },
    ...{ key: "<own.key>", circuitId: "ot", fallback: "known-bindings", fallbackSeconds: 600 },
  });
  const relay = { ...RELAY, name: "other.example", circuitId: "garage", fallback: "none", fallbackSeconds: 60 };
  const { tunnel, seconds } = zoneOf({ mode: "relay", relay });
  equal([tunnel!.name, tunnel!.circuitId, tunnel!.fallback, seconds.relayed], ["other.example", "garage", "none", 60]);
});

const takes = (section: object) => DhcpConfig.safeParse({ zone: "ot", ...section }).success;
/** Key, the least and the most that it may be, and how it stands in the section. */
const BOUNDS: readonly (readonly [string, number, number])[] = [
  ["leaseSeconds", 10, 2_592_000],
  ["reservationLeaseSeconds", 10, 2_592_000],
  ["quarantineLeaseSeconds", 10, 3_600],
  ["conflictProbeMs", 0, 2_000],
  ["declineSeconds", 60, 2_592_000],
  ["rogueProbeSeconds", 0, 86_400],
  ["perMacPerSecond", 1, 10_000],
  ["newPerSecond", 1, 100_000],
];
for (const [key, least, most] of BOUNDS) {
  Deno.test(`dhcp section: ${key} from ${least} to ${most}, whole numbers`, () => {
    const tried = [least, most, least - 1, most + 1, least + 0.5].map((value) => takes({ [key]: value }));
    equal(tried, [true, true, false, false, false]);
  });
}

const FORMS: readonly (readonly [string, object, boolean])[] = [
  ["a zone alone", {}, true],
  ["no zone", { zone: undefined }, false],
  ["a key that does not exist", { lease: 5 }, false],
  ["a mode that does not exist", { mode: "proxy" }, false],
  ["an unknown that does not exist", { unknown: "allow" }, false],
  ["a range of one address", { pool: "10.20.0.5-10.20.0.5" }, true],
  ["a range without its end", { pool: "10.20.0.5" }, false],
  ["a range with a name", { pool: "10.20.0.5-host" }, false],
  ["four resolvers", { dns: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] }, true],
  ["five resolvers", { dns: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] }, false],
  ["a resolver by name", { dns: ["dns.example"] }, false],
  ["option 1", { options: [{ code: 1, text: "a" }] }, false],
  ["option 2", { options: [{ code: 2, text: "a" }] }, true],
  ["option 254", { options: [{ code: 254, text: "a" }] }, true],
  ["option 255", { options: [{ code: 255, text: "a" }] }, false],
  ["255 bytes in hex", { options: [{ code: 43, hex: "00".repeat(255) }] }, true],
  ["256 bytes in hex", { options: [{ code: 43, hex: "00".repeat(256) }] }, false],
  ["half a byte in hex", { options: [{ code: 43, hex: "0" }] }, false],
  ["eight addresses of an option", { options: [{ code: 43, addresses: Array(8).fill("10.0.0.1") }] }, true],
  ["nine addresses of an option", { options: [{ code: 43, addresses: Array(9).fill("10.0.0.1") }] }, false],
  ["a reservation", { reservations: [{ mac: "02:00:00:00:00:53", address: "10.20.0.2" }] }, true],
  ["a MAC without colons", { reservations: [{ mac: "020000000053", address: "10.20.0.2" }] }, false],
  ["a reservation without an address", { reservations: [{ mac: "02:00:00:00:00:53" }] }, false],
  ["a relay", { mode: "relay", relay: RELAY }, true],
  ["a relay without a certificate", { mode: "relay", relay: { ...RELAY, certificate: undefined } }, false],
  ["a concentrator without a port", { mode: "relay", relay: { ...RELAY, concentrator: "central.example" } }, false],
  ["a fallback of 59 seconds", { mode: "relay", relay: { ...RELAY, fallbackSeconds: 59 } }, false],
  ["a fallback of a day", { mode: "relay", relay: { ...RELAY, fallbackSeconds: 86_400 } }, true],
  ["a circuit id of 64 characters", { mode: "relay", relay: { ...RELAY, circuitId: "c".repeat(64) } }, true],
  ["a circuit id of 65 characters", { mode: "relay", relay: { ...RELAY, circuitId: "c".repeat(65) } }, false],
];
for (const [name, section, wanted] of FORMS) {
  Deno.test(`dhcp section: ${name} is ${wanted ? "taken" : "refused"}`, () => equal(takes(section), wanted));
}

Deno.test("dhcp section: zones and reservations at their limits, and one more", () => {
  const more = (count: number) => ({ more: Array.from({ length: count }, (_, at) => ({ zone: `z${at}` })) });
  equal([takes(more(DHCP_LIMITS.scopes - 1)), takes(more(DHCP_LIMITS.scopes))], [true, false]);
  const reservation = { mac: "02:00:00:00:00:53", address: "10.20.0.2" };
  const many = (count: number) => ({ reservations: Array(count).fill(reservation) });
  equal([takes(many(DHCP_LIMITS.leases)), takes(many(DHCP_LIMITS.leases + 1))], [true, false]);
});

const CONCENTRATOR = {
  ...{ version: 1, listen: "0.0.0.0:8447", names: ["c.example"], clientCaFile: "ca.pem", server: "10.50.0.2" },
  ...{ certificate: { certFile: "a", keyFile: "b" }, address: "10.50.0.1" },
  gateways: [{ name: "garage-12", subnets: ["10.20.0.0/24"] }],
};
const concentrates = (changes: object) => ConcentratorConfig.safeParse({ ...CONCENTRATOR, ...changes }).success;
const gateways = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ ...CONCENTRATOR.gateways[0], name: `g${at}` }));
const CENTRAL: readonly (readonly [string, object, boolean])[] = [
  ["itself", {}, true],
  ["another version", { version: 2 }, false],
  ["no name", { names: [] }, false],
  ["an address as its name", { names: ["10.50.0.1"] }, true],
  ["no gateway", { gateways: [] }, false],
  ["as many gateways as it may have", { gateways: gateways(DHCP_LIMITS.gateways) }, true],
  ["one gateway too many", { gateways: gateways(DHCP_LIMITS.gateways + 1) }, false],
  ["a gateway without a subnet", { gateways: [{ name: "g", subnets: [] }] }, false],
  ["sixteen subnets of a gateway", { gateways: [{ name: "g", subnets: Array(16).fill("10.0.0.0/24") }] }, true],
  ["seventeen subnets of a gateway", { gateways: [{ name: "g", subnets: Array(17).fill("10.0.0.0/24") }] }, false],
  ["port 0", { port: 0 }, false],
  ["port 65535", { port: 65_535 }, true],
  ["port 65536", { serverPort: 65_536 }, false],
  ["a server by name", { server: "dhcp.example" }, false],
];
for (const [name, changes, wanted] of CENTRAL) {
  Deno.test(`concentrator section: ${name} is ${wanted ? "taken" : "refused"}`, () =>
    equal(concentrates(changes), wanted));
}
