import { deepStrictEqual as equal, match } from "node:assert/strict";
import { judgeStationPort, placeOf, type SeenSwitch, type StationPortFacts } from "./switch_port.ts";

const STATION = "02:00:00:00:00:11", OTHER = "02:00:00:00:00:12", BOX = "02:00:00:00:00:01";
const EDGE: SeenSwitch = {
  id: "sw-edge",
  ports: [{ index: 7, name: "gi7", isUp: true }, { index: 24, name: "uplink" }],
  devices: [{ mac: STATION, port: 7, vlan: 20 }, { mac: BOX, port: 24, vlan: 20 }, { mac: OTHER, port: 24, vlan: 20 }],
  neighbours: [{ port: 24, isBridge: true }],
};
const CORE: SeenSwitch = {
  id: "sw-core",
  ports: [{ index: 1, name: "te1" }, { index: 2, name: "te2" }],
  devices: [{ mac: STATION, port: 1, vlan: 20 }, { mac: BOX, port: 2 }],
  neighbours: [{ port: 1, isBridge: true }],
};
const AT_EDGE = { switch: "sw-edge", port: "gi7", vlan: 20, others: 0, isTrunk: false };

const PLACES: readonly (readonly [string, string, readonly SeenSwitch[], object | undefined])[] = [
  ["on the only switch", STATION, [EDGE], AT_EDGE],
  ["on the edge, though the core has learned it too", STATION, [CORE, EDGE], AT_EDGE],
  ["whatever the order of switches", STATION, [EDGE, CORE], AT_EDGE],
  ["by an address in capitals", STATION.toUpperCase(), [EDGE], AT_EDGE],
  ["behind a switch that is not read", STATION, [CORE], {
    switch: "sw-core",
    port: "te1",
    vlan: 20,
    others: 0,
    isTrunk: true,
  }],
  ["without a VLAN", BOX, [CORE], { switch: "sw-core", port: "te2", others: 0, isTrunk: false }],
  ["on the port with fewer devices when no LLDP tells trunks", STATION, [
    { ...CORE, neighbours: [], devices: [...CORE.devices, { mac: OTHER, port: 1 }] },
    { ...EDGE, neighbours: [] },
  ], AT_EDGE],
  ["on a port that no table names", STATION, [{ ...EDGE, ports: [] }], { ...AT_EDGE, port: "7" }],
  ["beside a phone that is no switch", STATION, [{ ...EDGE, neighbours: [{ port: 7, isBridge: false }] }], AT_EDGE],
  ["nowhere", "02:00:00:00:00:99", [EDGE, CORE], undefined],
  ["nowhere without switches", STATION, [], undefined],
];
for (const [name, mac, switches, wanted] of PLACES) {
  Deno.test(`switch port: a device is ${name}`, () => equal(placeOf(mac, switches), wanted));
}

Deno.test("switch port: the same device in two VLANs of one port is one device", () => {
  const devices = [...EDGE.devices, { mac: OTHER, port: 7, vlan: 1 }, { mac: OTHER, port: 7, vlan: 20 }];
  equal(placeOf(STATION, [{ ...EDGE, neighbours: [], devices }])?.others, 1);
});

const BASE: StationPortFacts = { isRead: true, mac: STATION, away: [] };
const LAST = { switch: "sw-edge", port: "gi7", at: "2026-01-01T00:00:00Z" };
const VERDICTS: readonly (readonly [string, Partial<StationPortFacts>, string, RegExp])[] = [
  ["no switch", { isRead: false }, "not used", /no switch is read/],
  ["its port", { place: AT_EDGE }, "ok", /^port gi7 of sw-edge, VLAN 20$/],
  ["its port in the zone's VLAN", { place: AT_EDGE, zoneVlan: 20 }, "ok", /VLAN 20$/],
  ["its port in another VLAN", { place: AT_EDGE, zoneVlan: 30 }, "bad", /but its zone is VLAN 30/],
  [
    "a trunk in another VLAN",
    { place: { ...AT_EDGE, isTrunk: true }, zoneVlan: 30 },
    "unknown",
    /behind another switch/,
  ],
  ["one more on its port", { place: { ...AT_EDGE, others: 1 } }, "ok", /with 1 other device behind that port/],
  ["more on its port", { place: { ...AT_EDGE, others: 3 } }, "ok", /with 3 other devices/],
  [
    "its last port without link",
    { last: { ...LAST, isUp: false } },
    "bad",
    /port gi7 of sw-edge, where it was at .*, has no link/,
  ],
  [
    "its last port with a link",
    { last: { ...LAST, isUp: true } },
    "unknown",
    /no switch has learned .*; it was on port gi7/,
  ],
  ["its last port of a switch that does not tell", { last: LAST }, "unknown", /it was on port gi7/],
  ["never seen", {}, "unknown", /^no switch has learned 02:00:00:00:00:11$/],
  ["never seen with a switch away", { away: ["sw-core"] }, "unknown", /; sw-core cannot be read$/],
];
for (const [name, facts, state, detail] of VERDICTS) {
  Deno.test(`switch port: ${name} is ${state}`, () => {
    const verdict = judgeStationPort({ ...BASE, ...facts });
    equal(verdict.state, state);
    match(verdict.detail, detail);
    equal(verdict.fix !== undefined, state === "bad");
  });
}

Deno.test("switch port: without a MAC address nothing can be looked for", () => {
  equal(judgeStationPort({ isRead: true, away: [] }).state, "unknown");
});

Deno.test("switch port: what to do is said with the port's name", () => {
  match(judgeStationPort({ ...BASE, last: { ...LAST, isUp: false } }).fix!, /cable at port gi7 of sw-edge/);
  match(judgeStationPort({ ...BASE, place: AT_EDGE, zoneVlan: 30 }).fix!, /Put port gi7 of sw-edge into VLAN 30/);
});
