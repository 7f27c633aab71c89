import { deepEqual } from "node:assert/strict";
import { SEGMENTATION_LIMITS } from "../segmentation/limits.ts";
import { SITE } from "../segmentation/testing/segmentation_rig.ts";
import { pathText } from "./fault.ts";
import { SEGMENTATION_SITE_RULES } from "./rules_segmentation.ts";
import { Site } from "./schema.ts";

function faultsOf(changes: object): string[] {
  const site = Site.parse({ ...SITE, ...changes });
  return SEGMENTATION_SITE_RULES.flatMap((rule) => rule.check(site, new Map())).map((fault) =>
    `${pathText(fault.path)}: ${fault.wrong}${fault.suggestion ? ` (${fault.suggestion}?)` : ""}`
  );
}

const FLOW = { id: "x", because: "x", from: "zone:mgmt", to: "station:CP003", tcp: [502] };
const kept = (part: object) => ({ segmentation: { ...SITE.segmentation, ...part } });
const flow = (part: object) => kept({ flows: [{ ...FLOW, ...part }] });
const zones = (...list: object[]) => ({ network: { zones: [...SITE.network.zones, ...list] } });

const CASES: readonly (readonly [what: string, changes: object, wanted: readonly string[]])[] = [
  ["a good site", {}, []],
  ["no segmentation at all", { segmentation: undefined, hal: undefined }, []],
  ["no hald", { hal: undefined }, ["segmentation: nobody can load its rules"]],
  ["one interface for two zones", zones({ id: "x", role: "ot", interface: "eth1", address: "10.30.0.1/24" }), [
    "network.zones[4].interface: the interface is that of zones[0]",
  ]],
  ["an IPv6 OT zone", zones({ id: "x", role: "ot", interface: "eth7", address: "fd00::1/64" }), [
    "network.zones[4].address: fd00::1/64 is IPv6, which has no place in a segmented OT zone",
  ]],
  ["overlapping zones", zones({ id: "x", role: "ot", interface: "eth7", address: "10.20.0.129/25" }), [
    'network.zones[4].address: 10.20.0.129/25 overlaps 10.20.0.1/24 of the zone "ot"',
  ]],
  ["a further address that overlaps", kept({ zones: [{ zone: "ot", addresses: ["10.21.0.9/30"] }] }), [
    'network.zones[1].address: 10.21.0.1/24 overlaps 10.21.0.9/30 of the zone "ot"',
  ]],
  ["a kept zone that is not there", kept({ zones: [{ zone: "ot3" }] }), [
    'segmentation.zones[0].zone: there is no zone "ot3" (ot?)',
  ]],
  ["a kept zone of people", kept({ zones: [{ zone: "mgmt" }] }), [
    'segmentation.zones[0].zone: the zone "mgmt" has the role management',
  ]],
  ["a zone kept twice", kept({ zones: [{ zone: "ot" }, { zone: "ot" }] }), [
    "segmentation.zones[1].zone: the zone is kept by zones[0]",
  ]],
  ["a probe on a zone's interface", kept({ zones: [{ zone: "ot", probeInterface: "eth2" }] }), [
    "segmentation.zones[0].probeInterface: eth2 is the interface of a zone",
  ]],
  ["maintenance from stations", kept({ maintenanceFrom: ["ot"] }), [
    'segmentation.maintenanceFrom[0]: the zone "ot" has the role ot',
  ]],
  ["an id twice", kept({ flows: [FLOW, { ...FLOW, id: "X" }] }), [
    "segmentation.flows[1].id: the id is taken by flows[0]",
  ]],
  ["a zone that is not there", flow({ from: "zone:mgmtt" }), [
    'segmentation.flows[0].from: there is no zone "mgmtt" (mgmt?)',
  ]],
  ["a station that is not there", flow({ to: "station:CP005" }), [
    'segmentation.flows[0].to: there is no station "CP005" among the stations (CP001?)',
  ]],
  ["a station without an address", flow({ to: "station:CP004" }), [
    'segmentation.flows[0].to: nobody of station "CP004" has an address',
  ]],
  [
    "a unit and a vendor",
    kept({ flows: [{ ...FLOW, to: "unit:bay-07" }, { ...FLOW, id: "y", to: "vendor:bender" }] }),
    [],
  ],
  ["a unit that is not there", flow({ to: "unit:bay-08" }), [
    'segmentation.flows[0].to: there is no unit "bay-08" among the stations (bay-07?)',
  ]],
  ["an address of another zone", flow({ to: "ot/10.21.0.11" }), [
    'segmentation.flows[0].to: 10.21.0.11 is in no network of "ot"',
  ]],
  ["an address of the second network", flow({ to: "ot/192.168.124.9" }), []],
  ["no protocol", flow({ tcp: undefined }), ["segmentation.flows[0]: names no protocol"]],
  ["from the box to the box", flow({ from: "box", to: "box" }), ["segmentation.flows[0].to: is where it comes from"]],
  ["SSH to a station", flow({ tcp: [22] }), [
    "segmentation.flows[0].tcp[0]: 22 holds port 22, a maintenance port of stations",
  ]],
  ["a range that holds FTP", flow({ to: "zone:ot", tcp: [80, "1-1000"] }), [
    "segmentation.flows[0].tcp[1]: 1-1000 holds port 20, a maintenance port of stations",
  ]],
  ["SSH to people", flow({ from: "box", to: "zone:mgmt", tcp: [22] }), []],
  ["a redirect to a foreign address", kept({ redirect: [{ id: "a", zone: "ot", udp: 53, to: "10.21.0.1:53" }] }), [
    'segmentation.redirect[0].to: 10.21.0.1 is no address of this box in "ot"',
  ]],
  [
    "a redirect to a further address",
    kept({ redirect: [{ id: "a", zone: "ot", udp: 53, to: "192.168.124.1:53" }] }),
    [],
  ],
  ["a redirect of both", kept({ redirect: [{ id: "a", zone: "ot", udp: 53, tcp: 53, to: "10.20.0.1:53" }] }), [
    "segmentation.redirect[0]: has both tcp and udp",
  ]],
  ["a redirect of neither", kept({ redirect: [{ id: "a", zone: "ot", to: "10.20.0.1:53" }] }), [
    "segmentation.redirect[0]: has neither tcp nor udp",
  ]],
  ["a redirect of people", kept({ redirect: [{ id: "a", zone: "mgmt", udp: 53, to: "10.99.0.2:53" }] }), [
    'segmentation.redirect[0].zone: the zone "mgmt" has the role management',
  ]],
  ["load management of a stranger", kept({ loadManagement: [{ id: "d", stations: ["CP001", "CP009"] }] }), [
    'segmentation.loadManagement[0].stations[1]: there is no station "CP009" among the stations (CP001?)',
  ]],
];

for (const [what, changes, wanted] of CASES) {
  Deno.test(`segmentation rules: ${what}`, () => deepEqual(faultsOf(changes), wanted));
}

const many = <T>(count: number, one: (at: number) => T) => Array.from({ length: count }, (_, at) => one(at));
const LISTS: readonly (readonly [key: string, limit: number, one: (at: number) => unknown])[] = [
  ["flows", SEGMENTATION_LIMITS.flows, (at) => ({ ...FLOW, id: `f${at}` })],
  ["loadManagement", SEGMENTATION_LIMITS.loadManagement, (at) => ({ id: `d${at}`, stations: ["CP001", "CP002"] })],
  ["redirect", SEGMENTATION_LIMITS.redirects, (at) => ({ id: `r${at}`, zone: "ot", udp: 53, to: "10.20.0.1:53" })],
  ["pingTargets", SEGMENTATION_LIMITS.pingTargets, (at) => `198.51.100.${at}`],
];

for (const [key, limit, one] of LISTS) {
  Deno.test(`segmentation schema: ${key} up to ${limit}, one more is refused`, () => {
    const parse = (count: number) => Site.safeParse({ ...SITE, ...kept({ [key]: many(count, one) }) }).success;
    deepEqual([parse(limit), parse(limit + 1)], [true, false]);
  });
}

Deno.test("segmentation schema: members of one group up to the limit, one more is refused", () => {
  const parse = (count: number) => {
    const loadManagement = [{ id: "d", stations: many(count, (at) => `CP${at}`) }];
    return Site.safeParse({ ...SITE, ...kept({ loadManagement }) }).success;
  };
  deepEqual([parse(1), parse(SEGMENTATION_LIMITS.groupMembers), parse(SEGMENTATION_LIMITS.groupMembers + 1)], [
    false,
    true,
    false,
  ]);
});

for (
  const [what, part] of [
    ["a default that lets pass", { default: "allow" }],
    ["ports backwards", { flows: [{ ...FLOW, tcp: ["20-10"] }] }],
    ["a port beyond the last", { flows: [{ ...FLOW, tcp: ["1-65536"] }] }],
    ["an end of another form", { flows: [{ ...FLOW, from: "10.99.0.9" }] }],
    ["a flow without a reason", { flows: [{ ...FLOW, because: undefined }] }],
    ["IPv6 as a ping target", { pingTargets: ["2001:db8::1"] }],
    ["a redirect without a port", { redirect: [{ id: "a", zone: "ot", udp: 53, to: "10.20.0.1" }] }],
    ["no time to confirm", { confirmSeconds: 9 }],
  ] as const
) {
  Deno.test(`segmentation schema: ${what} is refused`, () => {
    deepEqual(Site.safeParse({ ...SITE, ...kept(part) }).success, false);
  });
}
