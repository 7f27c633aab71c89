import { deepStrictEqual as equal } from "node:assert/strict";
import { SegmentationConfig } from "./config.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";

const good = (section: object) => SegmentationConfig.safeParse(section).success;
const FLOW = { id: "f", because: "b", from: "zone:mgmt", to: "box", tcp: [443] };
const REDIRECT = { id: "r", zone: "ot", udp: 53, to: "10.20.0.1:53" };

Deno.test("segmentation section: empty it denies everything, for two minutes until it is confirmed", () => {
  const { default: all, confirmSeconds, zones, flows, redirect, pingTargets } = SegmentationConfig.parse({});
  equal([all, confirmSeconds, zones, flows, redirect, pingTargets], ["deny", 120, [], [], [], []]);
});

const CASES: readonly (readonly [string, object, boolean])[] = [
  ["anything but deny", { default: "allow" }, false],
  ["an unknown key", { zone: "ot" }, false],
  ["nine seconds to confirm", { confirmSeconds: 9 }, false],
  ["ten seconds to confirm", { confirmSeconds: 10 }, true],
  ["an hour to confirm", { confirmSeconds: 3_600 }, true],
  ["more than an hour to confirm", { confirmSeconds: 3_601 }, false],
  ["a flow", { flows: [FLOW] }, true],
  ["a flow without a reason", { flows: [{ ...FLOW, because: "" }] }, false],
  ["a flow of a range of ports", { flows: [{ ...FLOW, tcp: ["1024-2048"] }] }, true],
  ["a flow of a range that runs backwards", { flows: [{ ...FLOW, tcp: ["2048-1024"] }] }, false],
  ["a flow of a port beyond 65535", { flows: [{ ...FLOW, tcp: [65_536] }] }, false],
  ["a flow of a range beyond 65535", { flows: [{ ...FLOW, tcp: ["60000-65536"] }] }, false],
  ["a flow of port 0", { flows: [{ ...FLOW, tcp: [0] }] }, false],
  ["a flow of no ports", { flows: [{ ...FLOW, tcp: [] }] }, false],
  ["a flow of 33 ports", { flows: [{ ...FLOW, tcp: Array.from({ length: 33 }, (_, at) => at + 1) }] }, false],
  ["a flow of pings", { flows: [{ ...FLOW, ping: true }] }, true],
  ["a flow from nowhere", { flows: [{ ...FLOW, from: "everywhere" }] }, false],
  ["a flow from an address of a zone", { flows: [{ ...FLOW, from: "mgmt/10.99.0.9" }] }, true],
  ["a flow from a network of a zone", { flows: [{ ...FLOW, from: "mgmt/10.99.0.0/25" }] }, true],
  ["a flow from a station", { flows: [{ ...FLOW, from: "station:CP001" }] }, true],
  ["a redirect", { redirect: [REDIRECT] }, true],
  ["a redirect to an address without a port", { redirect: [{ ...REDIRECT, to: "10.20.0.1" }] }, false],
  ["a redirect to IPv6", { redirect: [{ ...REDIRECT, to: "[::1]:53" }] }, false],
  ["a redirect to port 0", { redirect: [{ ...REDIRECT, to: "10.20.0.1:0" }] }, false],
  ["a ping target", { pingTargets: ["8.8.8.8"] }, true],
  ["a ping target by name", { pingTargets: ["dns.google"] }, false],
  ["a ping target of IPv6", { pingTargets: ["2001:db8::1"] }, false],
  ["an isolation that nobody knows", { zones: [{ zone: "ot", isolation: "hope" }] }, false],
  ["a further address with its length", { zones: [{ zone: "ot", addresses: ["192.168.124.1/24"] }] }, true],
  ["a further address without", { zones: [{ zone: "ot", addresses: ["192.168.124.1"] }] }, false],
  ["a further address of IPv6", { zones: [{ zone: "ot", addresses: ["2001:db8::1/64"] }] }, false],
  ["a spare interface", { zones: [{ zone: "ot", probeInterface: "eth3" }] }, true],
  ["an interface that is an option", { zones: [{ zone: "ot", probeInterface: "eth3 -x" }] }, false],
  ["load management of one", { loadManagement: [{ id: "d", stations: ["CP001"] }] }, false],
  ["load management of two", { loadManagement: [{ id: "d", stations: ["CP001", "CP002"] }] }, true],
];
for (const [name, section, wanted] of CASES) {
  Deno.test(`segmentation section: ${name} is ${wanted ? "taken" : "refused"}`, () => equal(good(section), wanted));
}

const many = (count: number, make: (at: number) => unknown) => Array.from({ length: count }, (_, at) => make(at));
const LISTS: readonly (readonly [string, number, (count: number) => object])[] = [
  ["flows", SEGMENTATION_LIMITS.flows, (count) => ({ flows: many(count, (at) => ({ ...FLOW, id: `f${at}` })) })],
  [
    "redirects",
    SEGMENTATION_LIMITS.redirects,
    (count) => ({ redirect: many(count, (at) => ({ ...REDIRECT, id: `r${at}` })) }),
  ],
  [
    "ping targets",
    SEGMENTATION_LIMITS.pingTargets,
    (count) => ({ pingTargets: many(count, (at) => `10.0.0.${at + 1}`) }),
  ],
  [
    "members under load management",
    SEGMENTATION_LIMITS.groupMembers,
    (count) => ({ loadManagement: [{ id: "d", stations: many(count, (at) => `CP${at}`) }] }),
  ],
  [
    "groups under load management",
    SEGMENTATION_LIMITS.loadManagement,
    (count) => ({ loadManagement: many(count, (at) => ({ id: `d${at}`, stations: ["CP001", "CP002"] })) }),
  ],
];
for (const [name, limit, make] of LISTS) {
  Deno.test(`segmentation section: ${limit} ${name}, and one more`, () => {
    equal([good(make(limit)), good(make(limit + 1))], [true, false]);
  });
}
