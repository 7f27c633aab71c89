import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { decideFlow, type Packet } from "../../policies/segmentation.ts";
import { vendorPorts } from "../../profiles/vendor_ports.ts";
import { deriveSegmentation } from "./derive.ts";
import { kernelSettings } from "./kernel_settings.ts";
import { flowRows } from "./rows.ts";
import { makeRuleset } from "./ruleset.ts";
import { SITE } from "./testing/segmentation_rig.ts";

function derived(changes: object = {}) {
  const site = Site.parse({ ...SITE, ...changes });
  return deriveSegmentation(site, site.stations);
}

const ids = (segmentation: ReturnType<typeof derived>) => segmentation.flows.map(({ id }) => id);

Deno.test("derive: listeners, CSMS and what the box itself needs are implied, the rest is declared", () => {
  deepEqual(ids(derived()), [
    "console.listen.mgmt.tcp",
    "ocpp.listeners.tls.listen.ot.tcp",
    "ocpp.csms.main.url.uplink",
    "ocpp.csms.main.url.mgmt",
    "system.names.uplink",
    "system.names-tcp.uplink",
    "system.time.uplink",
    "system.time-keys.uplink",
    "system.dhcp.uplink",
    "system.dhcp.uplink.answer",
    "system.names.mgmt",
    "system.names-tcp.mgmt",
    "system.time.mgmt",
    "system.time-keys.mgmt",
    "flow.ems",
  ]);
});

Deno.test("derive: nothing of it leads from stations to anywhere but the box (T6)", () => {
  const out = derived().flows.filter(({ from, to }) => "zone" in from && from.zone.startsWith("ot") && !("box" in to));
  deepEqual(out, []);
});

Deno.test("derive: a receiver with an address is reached there and nowhere else, one with a name behind every zone without stations", () => {
  const flows = derived({
    audit: { syslog: [{ tls: "10.99.0.7:6514" }, { id: "cloud", tls: "siem.example:6514" }] },
    backup: { recoveryKeyFile: "k", targets: [{ sftp: "me@backup.example:2222:/x" }] },
    modbus: {
      listeners: [{ id: "ems", listen: "10.99.0.2:502", plaintext: "isolated-segment", sources: ["10.99.0.9/32"] }],
      lines: [{ id: "cp3", tcp: "10.21.0.11:502" }],
      units: [{ unit: 1, line: "cp3", device: 1 }],
    },
  }).flows;
  const row = (id: string) => flows.find((flow) => flow.id === id);
  deepEqual(row("audit.syslog.0.tls.mgmt")?.to, { zone: "mgmt", hosts: ["10.99.0.7"] });
  equal(row("audit.syslog.0.tls.uplink"), undefined);
  deepEqual(row("audit.syslog.cloud.tls.uplink")?.to, { zone: "uplink" });
  deepEqual(row("backup.targets.0.sftp.uplink")?.ports, [[2_222, 2_222]]);
  deepEqual(row("modbus.listeners.ems.listen.mgmt.tcp")?.from, { zone: "mgmt", hosts: ["10.99.0.9/32"] });
  deepEqual(row("modbus.lines.cp3.tcp.ot2")?.to, { zone: "ot2", hosts: ["10.21.0.11"] });
});

Deno.test("derive: loopback is nobody's zone, and every address is every zone", () => {
  const all = ids(
    derived({
      console: { listen: "0.0.0.0:8443", hostname: "gw.example" },
      telemetry: { metricsListen: "127.0.0.1:9464" },
    }),
  );
  deepEqual(
    all.filter((id) => id.startsWith("console")),
    ["ot", "ot2", "uplink", "mgmt"].map((zone) => `console.listen.${zone}.tcp`),
  );
  ok(!all.some((id) => id.startsWith("telemetry")));
});

Deno.test("derive: an OT zone has its networks, also those for fixed addresses, and IPv6 off", () => {
  const [ot, ot2, uplink] = derived().zones;
  deepEqual([ot?.box, ot?.networks], [["10.20.0.1", "192.168.124.1"], ["10.20.0.0/24", "192.168.124.0/24"]]);
  deepEqual([ot?.ipv6, ot2?.isolation, uplink?.networks, uplink?.ipv6], ["off", "shared", [], "on"]);
});

Deno.test("derive: the parts of a unit and load management are groups; who has no address is in none", () => {
  const { groups } = derived();
  deepEqual(groups.map(({ id, members }) => [id, ...members.map(({ address }) => address)]), [
    ["unit.bay-07", "10.20.0.11", "10.20.0.12"],
    ["load-management.dlm", "10.20.0.11", "10.20.0.13"],
  ]);
  const alone = SITE.stations.map(({ id, vendor }) => ({ id, vendor, unit: "u" }));
  deepEqual(derived({ stations: alone }).groups, []);
});

Deno.test("derive: a flow between many is written out by zone, and one that nobody stands at is left out", () => {
  const flows = [
    { id: "a", because: "x", from: "zone:mgmt", to: "vendor:bender", tcp: ["8020-8022"], udp: [5], ping: true },
    { id: "b", because: "x", from: "box", to: "station:CP004", tcp: [80] },
  ];
  const declared = derived({ segmentation: { flows } }).flows.filter(({ id }) => id.startsWith("flow."));
  deepEqual(declared.map(({ id, ports }) => [id, ports]), [
    ["flow.a.mgmt-ot.tcp", [[8_020, 8_022]]],
    ["flow.a.mgmt-ot.udp", [[5, 5]]],
    ["flow.a.mgmt-ot.ping", undefined],
  ]);
  const [first] = declared;
  deepEqual(first?.to, { zone: "ot", hosts: ["10.20.0.11", "10.20.0.12", "10.20.0.13"] });
});

Deno.test("derive: redirects and ping targets are answered by the box", () => {
  deepEqual(derived().redirects.map(({ id, addresses, port, to }) => [id, addresses, port, to]), [
    ["redirect.dns", [], 53, { address: "10.20.0.1", port: 53 }],
    ["ping.ot.8.8.8.8", ["8.8.8.8"], undefined, { address: "10.20.0.1" }],
    ["ping.ot2.8.8.8.8", ["8.8.8.8"], undefined, { address: "10.21.0.1" }],
  ]);
});

Deno.test("derive: an uplink that carries less has its segments clamped", () => {
  const zones = [...SITE.network.zones.slice(0, 2), {
    id: "uplink",
    role: "uplink",
    interface: "wwan0",
    address: "100.64.0.2/30",
  }];
  const { segmentSizes } = derived({ network: { zones, uplink: { zone: "uplink", mtu: 1_400 } } });
  deepEqual(segmentSizes, [{ interface: "wwan0", bytes: 1_360 }]);
  deepEqual(derived().segmentSizes, []);
});

Deno.test("derive: DHCP, its quarantine and time come from their own sections", () => {
  const site = Site.parse(SITE);
  const later = {
    dhcp: {
      zone: "ot",
      mode: "server",
      quarantinePool: "10.20.0.200-10.20.0.219",
      more: [{ zone: "ot2", mode: "monitor" }],
    },
    time: { serve: ["ot"] },
  };
  const segmentation = deriveSegmentation({ ...site, ...later } as never, site.stations);
  const own = ids(segmentation).filter((id) => /^(dhcp|time)\./.test(id));
  deepEqual(own, ["dhcp.ot", "dhcp.ot.answer", "dhcp.ot.agent", "time.ot"]);
  const quarantined = (address: string, port: number): Packet => ({
    from: { zone: "ot", address },
    to: { address: "10.20.0.1" },
    protocol: "udp",
    port,
  });
  const rule = (address: string, port: number) => decideFlow(quarantined(address, port), segmentation).rule;
  deepEqual(
    [
      rule("10.20.0.200", 123),
      rule("10.20.0.219", 53),
      rule("10.20.0.219", 67),
      rule("10.20.0.220", 123),
      rule("10.20.0.199", 123),
    ],
    ["segmentation.quarantine", "segmentation.quarantine", "dhcp.ot", "time.ot", "time.ot"],
  );
  ok(
    makeRuleset(segmentation).text.includes("ip saddr 10.20.0.200-10.20.0.219 udp dport != 67 goto refuse_quarantine"),
  );
});

Deno.test("derive: EV-21, bender ports: no port of a station is open to another zone or station unless declared", () => {
  const segmentation = derived({ segmentation: { ...SITE.segmentation, loadManagement: [], maintenanceFrom: [] } });
  const tried: string[] = [];
  for (
    const from of [{ zone: "mgmt", address: "10.99.0.9" }, { zone: "ot", address: "10.20.0.13" }, {
      address: "10.20.0.1",
    }]
  ) {
    for (const { port } of vendorPorts("bender")) {
      const packet: Packet = { from, to: { zone: "ot", address: "10.20.0.11" }, protocol: "tcp", port };
      if (decideFlow(packet, segmentation).effect === "allow") tried.push(`${from.address} ${port}`);
    }
  }
  deepEqual(tried, []);
});

Deno.test("kernel settings: routing only where a flow or a group needs it, and ARP answered only where the switch divides", () => {
  const forwarding = (segmentation: ReturnType<typeof derived>) =>
    kernelSettings(segmentation).filter(({ key, value }) => key === "ipv4.forwarding" && value === 1).map((one) =>
      one.interface
    );
  deepEqual(forwarding(derived()), ["eth1", "eth2", "eth0.99"]);
  deepEqual(forwarding(derived({ segmentation: {}, stations: [] })), []);
  const settings = kernelSettings(
    derived({ segmentation: { zones: [{ zone: "ot2", ipv6: "ra-guard" }] }, stations: [] }),
  );
  const shown = settings.filter(({ interface: name }) => name === "eth2").map(({ key, value }) => `${key}=${value}`);
  deepEqual(shown, ["ipv4.forwarding=0", "ipv4.send_redirects=0", "ipv4.proxy_arp_pvlan=0", "ipv6.accept_ra=0"]);
});

Deno.test("rows: every flow, group and redirect is a line with its counter", () => {
  const segmentation = derived();
  const ruleset = makeRuleset(segmentation);
  const rows = flowRows(segmentation, ruleset);
  equal(rows.length, Object.keys(ruleset.counters).length);
  for (const { counter, id } of rows) equal(ruleset.counters[counter], id);
  const texts = rows.filter(({ id }) => /^(unit|load|redirect|flow)/.test(id)).map((row) =>
    `${row.from} -> ${row.to} ${row.what}`
  );
  deepEqual(texts, [
    "mgmt 10.99.0.9 -> ot2 10.21.0.11 tcp/502",
    "10.20.0.11, 10.20.0.12 -> each other everything",
    "10.20.0.11, 10.20.0.13 -> each other tcp+udp/1024-65535",
    "ot -> any address -> box 10.20.0.1:53 udp/53",
  ]);
});

Deno.test("derive: a site without the section has no segmentation", () => {
  throws(() => derived({ segmentation: undefined }), /no segmentation/);
});
