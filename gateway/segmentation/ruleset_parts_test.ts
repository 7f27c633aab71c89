import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import type { Flow, FlowEnd, PeerGroup, Segmentation } from "../../policies/segmentation_model.ts";
import { kernelSettings, routingZones } from "./kernel_settings.ts";
import { diffRows, endText, flowRows } from "./rows.ts";
import { makeRuleset, pathOf } from "./ruleset.ts";
import { groupLines, relayTable } from "./ruleset_groups.ts";
import { endMatch, interfaces, oneOrSet, portSet, quote, transport } from "./ruleset_match.ts";
import { GARAGE } from "./testing/garage.ts";

const [OT, OT2, UPLINK, MGMT] = GARAGE.zones as [
  ...[Segmentation["zones"][number], Segmentation["zones"][number]],
  ...[Segmentation["zones"][number], Segmentation["zones"][number]],
];
const with_ = (part: Partial<Segmentation>): Segmentation => ({ ...GARAGE, ...part });
const bare = (part: Partial<Segmentation>): Segmentation =>
  with_({ flows: [], groups: [], redirects: [], maintenancePorts: [], maintenanceFrom: [], segmentSizes: [], ...part });

for (const text of ['"', "\n", "\r", "\\", 'eth1" accept; #']) {
  Deno.test(`ruleset match: ${JSON.stringify(text)} cannot stand in quotes`, () => {
    throws(() => quote(text), TypeError);
  });
}
Deno.test("ruleset match: one value, several, ports and ranges of them", () => {
  equal([oneOrSet(["a"]), oneOrSet(["a", "b"])], ["a", "{ a, b }"]);
  equal([portSet([[80, 80]]), portSet([[1, 9], [22, 22]])], ["80", "{ 1-9, 22 }"]);
});

const TRANSPORTS: readonly (readonly [Parameters<typeof transport>, string])[] = [
  [["tcp", [[443, 443]]], "tcp dport 443"],
  [["udp", [[53, 53], [123, 123]]], "udp dport { 53, 123 }"],
  [["ping", []], "icmp type echo-request"],
  [["both", [[1_024, 65_535]]], "meta l4proto { tcp, udp } th dport 1024-65535"],
];
for (const [args, wanted] of TRANSPORTS) {
  Deno.test(`ruleset match: ${args[0]} is ${wanted}`, () => equal(transport(...args), wanted));
}

Deno.test("ruleset match: two zones on one interface are named once", () => {
  equal(interfaces("iifname", [OT, { ...OT2, interface: OT.interface }]), 'iifname "eth1"');
  equal(interfaces("oifname", [OT, OT2]), 'oifname { "eth1", "eth2" }');
});

const ENDS: readonly (readonly [string, FlowEnd, "from" | "to", string])[] = [
  ["the box, whatever its address", { box: true }, "to", ""],
  ["one address of the box", { box: true, at: "10.20.0.1" }, "to", "ip daddr 10.20.0.1"],
  ["one address of the box that begins", { box: true, at: "10.20.0.1" }, "from", "ip saddr 10.20.0.1"],
  ["an OT zone: IPv4 alone", { zone: "ot" }, "from", 'iifname "eth1" meta nfproto ipv4'],
  ["people's zone", { zone: "mgmt" }, "from", 'iifname "eth0.99"'],
  ["a host of a zone", { zone: "ot2", hosts: ["10.21.0.40"] }, "to", 'oifname "eth2" ip daddr 10.21.0.40'],
  [
    "two hosts",
    { zone: "ot2", hosts: ["10.21.0.4", "10.21.0.5"] },
    "to",
    'oifname "eth2" ip daddr { 10.21.0.4, 10.21.0.5 }',
  ],
];
for (const [name, end, side, wanted] of ENDS) {
  Deno.test(`ruleset match: an end is ${name}`, () => equal(endMatch(end, side, GARAGE), wanted));
}

const flow = (from: FlowEnd, to: FlowEnd): Flow => ({
  id: "f",
  because: "b",
  from,
  to,
  protocol: "tcp",
  ports: [[80, 80]],
});
const box: FlowEnd = { box: true };
for (
  const [from, to, wanted] of [
    [{ zone: "ot" }, box, "input"],
    [box, { zone: "uplink" }, "output"],
    [{ zone: "mgmt" }, { zone: "ot" }, "forward"],
    [box, box, "input"],
  ] as const
) {
  Deno.test(`ruleset: from ${endText(from)} to ${endText(to)} is judged in ${wanted}`, () => {
    equal(pathOf(flow(from, to)), wanted);
    const chain = makeRuleset(bare({ flows: [flow(from, to)] })).text.split(`\tchain ${wanted} {`)[1]!.split(
      "\n\t}",
    )[0]!;
    match(chain, /tcp dport 80 counter name f0 accept comment "f"/);
  });
}

const group = (part: Partial<PeerGroup> = {}): PeerGroup => ({
  ...{ id: "g", because: "b", kind: "load-management", ports: [[1_024, 65_535]], hasDiscovery: true },
  members: ["10.20.0.11", "10.20.0.12", "10.20.0.13"].map((address) => ({ zone: "ot", address })),
  ...part,
});
const counting = () => "counter name g0";
const copies = (part: Partial<PeerGroup>, zones = GARAGE.zones) =>
  relayTable(bare({ groups: [group(part)], zones })).filter((line) => line.includes("dup to")).length;

Deno.test("ruleset groups: parts of a unit reach each other on everything, stations under load management on its ports", () => {
  const units = groupLines(bare({ groups: [group({ kind: "unit", hasDiscovery: false })] }), counting);
  equal([units.units.length, units.stations.length, units.copies.length], [1, 0, 0]);
  match(units.units[0]!, /ip saddr \{ 10\.20\.0\.11, .*\} ip daddr \{ 10\.20\.0\.11, .*\} counter name g0 accept/);
  const { stations, copies: out } = groupLines(bare({ groups: [group()] }), counting);
  match(stations[0]!, /meta l4proto \{ tcp, udp \} th dport 1024-65535 counter name g0 accept/);
  match(out[0]!, /ip daddr \{ 255\.255\.255\.255, 10\.20\.0\.255, 192\.168\.124\.255 \} udp dport 1024-65535/);
});

Deno.test("ruleset groups: a broadcast is copied to each other member where the switch divides or the zones differ", () => {
  const shared = GARAGE.zones.map((zone) => ({ ...zone, isolation: "shared" as const }));
  equal(copies({}), 3);
  equal(copies({ hasDiscovery: false }), 0);
  equal(copies({ members: [{ zone: "ot", address: "10.20.0.11" }] }), 0, "alone there is nobody to tell");
  equal(copies({}, shared), 0, "on one wire they hear each other");
  const apart = [{ zone: "ot", address: "10.20.0.11" }, { zone: "ot2", address: "10.21.0.40" }];
  equal(copies({ members: apart }, shared), 2, "in two zones they do not");
});

Deno.test("ruleset groups: without anything to copy the table is empty, so that an older one is gone", () => {
  equal(relayTable(bare({})), ["table ip bulkhead {", "}"]);
});

const settingsOf = (segmentation: Segmentation, name: string) =>
  Object.fromEntries(
    kernelSettings(segmentation).filter((one) => one.interface === name).map(({ key, value }) => [key, value]),
  );

Deno.test("kernel settings: nothing is routed where nothing crosses, and redirects are never sent", () => {
  for (const { interface: name } of GARAGE.zones) {
    const settings = settingsOf(bare({}), name);
    equal([settings["ipv4.forwarding"], settings["ipv4.send_redirects"]], [0, 0], name);
  }
});

const CROSSING: readonly (readonly [string, Partial<Segmentation>, readonly string[]])[] = [
  ["a flow to the box", { flows: [flow({ zone: "ot" }, box)] }, []],
  ["a flow from the box", { flows: [flow(box, { zone: "uplink" })] }, []],
  ["a flow between zones", { flows: [flow({ zone: "mgmt" }, { zone: "ot2" })] }, ["mgmt", "ot2"]],
  ["a group in a zone that its switch divides", { groups: [group()] }, ["ot"]],
  ["a group in a shared zone", {
    groups: [group({ members: [{ zone: "ot2", address: "a" }, { zone: "ot2", address: "b" }] })],
  }, []],
  ["a group over two zones", {
    groups: [group({ members: [{ zone: "ot", address: "a" }, { zone: "ot2", address: "b" }] })],
  }, ["ot", "ot2"]],
  ["people who may open ports", { maintenanceFrom: ["mgmt"] }, ["mgmt", "ot", "ot2"]],
];
for (const [name, part, wanted] of CROSSING) {
  Deno.test(`kernel settings: ${name} routes ${wanted.join(", ") || "nothing"}`, () => {
    equal([...routingZones(bare(part))].sort(), wanted);
  });
}

Deno.test("kernel settings: ARP is answered in the others' place only where stations are divided and something passes", () => {
  equal(settingsOf(bare({ groups: [group()] }), OT.interface)["ipv4.proxy_arp_pvlan"], 1);
  equal(settingsOf(bare({}), OT.interface)["ipv4.proxy_arp_pvlan"], 0);
  equal(settingsOf(bare({ maintenanceFrom: ["mgmt"] }), OT2.interface)["ipv4.proxy_arp_pvlan"], 0);
  equal("ipv4.proxy_arp_pvlan" in settingsOf(bare({}), UPLINK.interface), false);
});

Deno.test("kernel settings: IPv6 is off, deaf to routers, or left alone, by zone", () => {
  const keys = (name: string) => Object.keys(settingsOf(GARAGE, name)).filter((key) => key.startsWith("ipv6"));
  equal([OT, OT2, MGMT].map((zone) => keys(zone.interface)), [["ipv6.disable_ipv6"], ["ipv6.accept_ra"], []]);
});

Deno.test("rows: what an end looks like to people", () => {
  const ends: FlowEnd[] = [box, { box: true, at: "10.20.0.1" }, { zone: "ot" }, { zone: "ot", hosts: ["a", "b"] }];
  equal(ends.map(endText), ["box", "box 10.20.0.1", "ot", "ot a, b"]);
});

Deno.test("rows: a plan's difference is told by what a flow lets through, not by its number or its words", () => {
  const rows = flowRows(GARAGE, makeRuleset(GARAGE));
  equal(diffRows(rows, rows), { added: [], removed: [] });
  const renumbered = rows.map((row, at) => ({ ...row, counter: `x${at}`, because: "said otherwise" }));
  equal(diffRows(rows, renumbered), { added: [], removed: [] });
  const [first, ...others] = rows;
  const wider = { ...first!, what: "tcp/1-65535" };
  equal(diffRows(rows, [wider, ...others]), { added: [wider], removed: [first] });
  equal(diffRows([], rows).added.length, rows.length);
  equal(diffRows(rows, []).removed.length, rows.length);
});

Deno.test("ruleset: hard-coded addresses: any but the box's own, or those that are named; a port, or a ping", () => {
  const { text } = makeRuleset(GARAGE);
  const line = (id: string) => text.split("\n").find((one) => one.includes(`comment "${id}"`))!;
  match(
    line("redirect.dns"),
    /ip daddr != 10\.20\.0\.1 fib daddr type != \{ broadcast, multicast \} udp dport 53 .* dnat ip to 10\.20\.0\.1:8053/,
  );
  match(line("redirect.csms"), /ip daddr 203\.0\.113\.5 tcp dport 443 .* dnat ip to 10\.20\.0\.1:8444/);
  match(line("ping.8.8.8.8"), /ip daddr 8\.8\.8\.8 icmp type echo-request .* dnat ip to 10\.20\.0\.1 comment/);
  for (const id of ["redirect.dns", "redirect.csms"]) {
    match(line(id), /iifname "eth1" ip saddr \{ 10\.20\.0\.0\/24, 192\.168\.124\.0\/24 \}/);
  }
});

Deno.test("ruleset: quarantine goes first, in both directions and towards the box", () => {
  const zones = GARAGE.zones.map((zone) =>
    zone.id === "ot" ? { ...zone, quarantine: ["10.20.0.240", "10.20.0.249"] as const } : zone
  );
  const { text } = makeRuleset(bare({ zones }));
  for (
    const [chain, pattern] of [
      ["input", /iifname "eth1" ip saddr 10\.20\.0\.240-10\.20\.0\.249 udp dport != 67 goto refuse_quarantine/],
      ["forward", /oifname "eth1" ip daddr 10\.20\.0\.240-10\.20\.0\.249 meta l4proto != udp goto refuse_quarantine/],
      ["output", /oifname "eth1" ip daddr 10\.20\.0\.240-10\.20\.0\.249 udp dport != 68 goto refuse_quarantine/],
    ] as const
  ) {
    const body = text.split(`\tchain ${chain} {`)[1]!.split("\n\t}")[0]!;
    match(body, pattern);
    equal(body.search(pattern) < body.indexOf("ct state established"), true, chain);
  }
  equal(makeRuleset(bare({})).text.includes("goto refuse_quarantine"), false);
});

Deno.test("ruleset: a segment is clamped on the interface that carries less, and on no other", () => {
  const clamps = (part: Partial<Segmentation>) => makeRuleset(bare(part)).text.match(/maxseg size set \d+/g) ?? [];
  equal(clamps({}), []);
  const segmentSizes = [{ interface: "eth0", bytes: 1_380 }, { interface: "wwan0", bytes: 1_200 }];
  equal(clamps({ segmentSizes }), ["maxseg size set 1380", "maxseg size set 1200"]);
});
