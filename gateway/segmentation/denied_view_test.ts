import { deepStrictEqual as equal, match } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { SeenDenied } from "./denied_watch.ts";
import { deniedView, packetOf } from "./denied_view.ts";
import { deriveSegmentation } from "./derive.ts";
import { SITE } from "./testing/segmentation_rig.ts";

const site = Site.parse({
  ...SITE,
  dhcp: {
    zone: "ot",
    pool: "10.20.0.100-10.20.0.199",
    unknown: "quarantine",
    quarantinePool: "10.20.0.240-10.20.0.249",
  },
});
const SEGMENTATION = deriveSegmentation(site, site.stations);
const flow = (more: Partial<SeenDenied>): SeenDenied => ({
  ...{ path: "forward", zone: "ot", interface: "eth1", source: "10.20.0.11", destination: "203.0.113.9" },
  ...{ protocol: "tcp", port: 443, packets: 3, firstAt: 1, lastAt: 2, ...more },
} as SeenDenied);
const stationAt = (address: string) => site.stations.find((station) => station.address === address)?.id;
const view = (more: Partial<SeenDenied>) => deniedView([flow(more)], SEGMENTATION, [], stationAt)[0]!;

/** What was tried, in which words it is shown, by which rule, and what to write. */
const CASES: readonly (readonly [string, Partial<SeenDenied>, readonly [string, string, string], string, RegExp])[] = [
  [
    "a station to the Internet",
    {},
    ["ot 10.20.0.11", "uplink 203.0.113.9", "tcp/443"],
    "segmentation.default-deny",
    /^segmentation\.redirect: \{ id: NAME, zone: ot, tcp: 443, addresses: \[203\.0\.113\.9\], to: BOX:PORT \}/,
  ],
  [
    "a station that pings to see whether it is online",
    { protocol: "icmp", port: 0 },
    ["ot 10.20.0.11", "uplink 203.0.113.9", "ping"],
    "segmentation.default-deny",
    /^segmentation\.pingTargets: \[203\.0\.113\.9\]/,
  ],
  [
    "a station to a service of the box",
    { path: "input", destination: "10.20.0.1", port: 9_999 },
    ["ot 10.20.0.11", "box 10.20.0.1", "tcp/9999"],
    "segmentation.default-deny",
    /^segmentation\.flows: \{ id: NAME, because: TEXT, from: ot\/10\.20\.0\.11, to: box, tcp: \[9999\] \}/,
  ],
  [
    "a station to one of another zone",
    { destination: "10.21.0.11", port: 8_080 },
    ["ot 10.20.0.11", "ot2 10.21.0.11", "tcp/8080"],
    "segmentation.default-deny",
    /from: ot\/10\.20\.0\.11, to: ot2\/10\.21\.0\.11, tcp: \[8080\]/,
  ],
  [
    "UDP between zones",
    { destination: "10.21.0.11", protocol: "udp", port: 5_353 },
    ["ot 10.20.0.11", "ot2 10.21.0.11", "udp/5353"],
    "segmentation.default-deny",
    /udp: \[5353\]/,
  ],
  [
    "a ping between zones",
    { destination: "10.21.0.11", protocol: "icmp", port: 0 },
    ["ot 10.20.0.11", "ot2 10.21.0.11", "ping"],
    "segmentation.default-deny",
    /ping: true/,
  ],
  [
    "SSH of a station, by a person",
    { zone: "mgmt", source: "10.99.0.9", destination: "10.21.0.11", port: 22 },
    ["mgmt 10.99.0.9", "ot2 10.21.0.11", "tcp/22"],
    "segmentation.maintenance-port",
    /^segmentation open CP003 --port 22 --from 10\.99\.0\.9/,
  ],
  [
    "SSH of an address that is no station's",
    { zone: "mgmt", source: "10.99.0.9", destination: "10.21.0.77", port: 22 },
    ["mgmt 10.99.0.9", "ot2 10.21.0.77", "tcp/22"],
    "segmentation.maintenance-port",
    /^segmentation open STATION /,
  ],
  [
    "an address that is none of its zone",
    { path: "input", source: "192.0.2.66", destination: "10.20.0.1" },
    ["ot 192.0.2.66", "box 10.20.0.1", "tcp/443"],
    "segmentation.spoofed-source",
    /^nothing: give the device an address of its zone/,
  ],
  [
    "a device in quarantine",
    { path: "input", source: "10.20.0.241", destination: "10.20.0.1", port: 8_444 },
    ["ot 10.20.0.241", "box 10.20.0.1", "tcp/8444"],
    "segmentation.quarantine",
    /^adopt the device$/,
  ],
  [
    "the box itself",
    { path: "output", zone: "ot", source: "10.20.0.1", destination: "10.20.0.11", port: 8_081 },
    ["box 10.20.0.1", "ot 10.20.0.11", "tcp/8081"],
    "segmentation.default-deny",
    /from: box, to: ot\/10\.20\.0\.11, tcp: \[8081\]/,
  ],
  [
    "what was allowed since",
    { path: "input", destination: "10.20.0.1", port: 8_444 },
    ["ot 10.20.0.11", "box 10.20.0.1", "tcp/8444"],
    "ocpp.listeners.tls.listen.ot.tcp",
    /^it is allowed by now$/,
  ],
];
for (const [name, more, words, rule, allow] of CASES) {
  Deno.test(`denied view: ${name}`, () => {
    const row = view(more);
    equal([row.from, row.to, row.what], words);
    equal(row.rule, rule);
    match(row.allow, allow);
    equal([row.packets, row.firstAt, row.lastAt], [3, 1, 2]);
  });
}

Deno.test("denied view: an opening that stands now is no refusal any more", () => {
  const refused = flow({ zone: "mgmt", source: "10.99.0.9", destination: "10.21.0.11", port: 22 });
  const [row] = deniedView([refused], SEGMENTATION, [{ source: "10.99.0.9", station: "10.21.0.11", port: 22 }]);
  match(row!.allow, /allowed by now/);
});

Deno.test("denied view: an address that no zone holds is behind the uplink; the box's own is the box", () => {
  equal(packetOf(flow({ destination: "198.51.100.1" }), SEGMENTATION).to, { zone: "uplink", address: "198.51.100.1" });
  equal(packetOf(flow({ path: "input", destination: "10.20.0.255" }), SEGMENTATION).to.zone, "ot");
  equal(packetOf(flow({ path: "input", destination: "10.20.0.1" }), SEGMENTATION).to, { address: "10.20.0.1" });
});
