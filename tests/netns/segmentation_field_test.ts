import { deepEqual, equal, match, ok } from "node:assert/strict";
import { deriveSegmentation } from "../../gateway/segmentation/derive.ts";
import { kernelSettings } from "../../gateway/segmentation/kernel_settings.ts";
import { makeRuleset } from "../../gateway/segmentation/ruleset.ts";
import { Site } from "../../gateway/config/schema.ts";
import type { ControlContext } from "../../gateway/control/contract.ts";
import { createLinkFeature, LINK_LOOK_MS } from "../../gateway/control/link_feature.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { ManualTime } from "../support/manual_time.ts";
import { runOk } from "../support/run_command.ts";
import { BOX, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { waitFor } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const ZONES = [
  { id: "ot", role: "ot", interface: "ot0", address: `${BOX.ot}/24` },
  { id: "ot2", role: "ot", interface: "ot1", address: `${BOX.ot2}/24` },
  { id: "uplink", role: "uplink", interface: "up0", address: `${BOX.uplink}/24` },
];

async function apply(net: SegmentationNet, changes: object): Promise<void> {
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    network: { zones: ZONES },
    hal: { socket: "/run/bulkhead/hal.sock" },
    ocpp: {
      listeners: [{ id: "tls", listen: "0.0.0.0:8444", tls: {} }],
      csms: [{ id: "main", url: "wss://c.example/o" }],
    },
    ...changes,
  });
  const segmentation = deriveSegmentation(site, site.stations);
  await net.apply(makeRuleset(segmentation).text, { settings: kernelSettings(segmentation) });
}
const tcp = (address: string, port: number) => ({ protocol: "tcp" as const, address, port });
const ping = (address: string) => ({ protocol: "ping" as const, address, port: 0 });

Deno.test("segmentation field: ping targets, a fixed address of another network, quarantine, and each counted", async () => {
  await using net = await SegmentationNet.open();
  await net.answer([8_444], ["gw"]);
  // A station with a fixed address that nobody can change, and one that nobody knows.
  await runOk(["ip", "-n", net.of("gw"), "addr", "add", "192.168.124.1/24", "dev", "ot0"]);
  const readdress = async (name: "s13" | "s14", address: string, router: string) => {
    await runOk(["ip", "-n", net.of(name), "addr", "flush", "dev", "net0"]);
    await runOk(["ip", "-n", net.of(name), "addr", "add", address, "dev", "net0"]);
    await runOk(["ip", "-n", net.of(name), "route", "replace", "default", "via", router]);
  };
  await readdress("s13", "192.168.124.20/24", "192.168.124.1");
  await readdress("s14", "10.20.0.240/24", BOX.ot);
  const changes = {
    dhcp: {
      zone: "ot",
      pool: "10.20.0.100-10.20.0.199",
      unknown: "quarantine",
      quarantinePool: "10.20.0.240-10.20.0.249",
    },
    segmentation: {
      zones: [{ zone: "ot", isolation: "private-vlan", addresses: ["192.168.124.1/24"] }],
      pingTargets: ["8.8.8.8"],
    },
  };
  await apply(net, changes);
  await net.hears("s11", [ping("8.8.8.8"), ping("9.9.9.9"), tcp(BOX.ot, 8_444)], ["pong", "", "gw"]);
  await net.hears("s13", [tcp("192.168.124.1", 8_444), ping("8.8.8.8")], ["gw", "pong"]);
  await net.hears("s14", [tcp(BOX.ot, 8_444), ping(BOX.ot), ping("8.8.8.8")], ["", "", ""]);
  const { packets } = await net.client!.call("nft.counters", {});
  ok(packets["refused_quarantine"]! > 0, JSON.stringify(packets));
  ok(packets["refused_forward"]! > 0, "the other address was refused, though nothing is routed here");
  // Without the further network the same station is an intruder.
  await apply(net, { segmentation: { zones: [{ zone: "ot", isolation: "private-vlan" }] } });
  await net.hears("s13", [tcp("192.168.124.1", 8_444)], [""]);
  ok((await net.client!.call("nft.counters", {})).packets["refused_spoofed"]! > 0);
});

Deno.test("segmentation field: a device that plays IPv6 router is believed before, and refused and counted after", async () => {
  await using net = await SegmentationNet.open();
  const learned = async () => {
    const { stdout } = await net.net.run(net.of("gw"), "ip", "-6", "route", "show", "default", "dev", "ot1");
    return stdout.includes("proto ra");
  };
  const advertise = () =>
    net.net.ok(
      net.of("m40"),
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      `${ROOT}tests/support/rogue_router.ts`,
      "ot1",
    );
  await waitFor("the box to believe a stranger", async () => (await advertise(), await learned()));
  await apply(net, { segmentation: { zones: [{ zone: "ot2", ipv6: "ra-guard" }] } });
  await runOk(["ip", "-n", net.of("gw"), "-6", "route", "flush", "proto", "ra"]);
  await advertise();
  const counted = async () => (await net.client!.call("nft.counters", {})).packets["refused_ra"] ?? 0;
  await waitFor("the refusal to be counted", async () => await counted() >= 3);
  equal(await learned(), false);
  // Hosts may speak IPv6 all the same.
  const { stdout } = await net.net.run(net.of("gw"), "ip", "-6", "addr", "show", "dev", "ot1", "scope", "link");
  const [, local = ""] = /inet6 (\S+)\//.exec(stdout) ?? [];
  await waitFor("a host to reach the box by IPv6", async () => {
    return (await net.net.run(net.of("m40"), "ping", "-6", "-c1", "-W1", `${local}%ot1`)).code === 0;
  });
});

Deno.test("segmentation field: a zone per station, as VLANs make them: each reaches the box and no other, and every try is counted", async () => {
  await using net = await SegmentationNet.open();
  // The kernel of a test machine may know no VLANs: to the box they are interfaces, as these cables are.
  await runOk(["ip", "-n", net.of("s11"), "link", "del", "net0"]);
  await net.net.link("bay11", net.of("gw"), "10.11.0.1/24", net.of("s11"), "10.11.0.9/24");
  await runOk(["ip", "-n", net.of("s11"), "route", "replace", "default", "via", "10.11.0.1"]);
  await net.answer([8_444], ["gw", "s11", "m40"]);
  const zones = [
    { id: "bay11", role: "ot", interface: "bay11", address: "10.11.0.1/24" },
    { id: "bay40", role: "ot", interface: "ot1", address: `${BOX.ot2}/24` },
  ];
  await apply(net, {
    network: { zones: [...zones, ZONES[2]] },
    segmentation: { zones: zones.map(({ id }) => ({ zone: id, isolation: "vlan-per-station" })) },
  });
  const m40 = HOSTS.m40.address;
  await net.hears("s11", [tcp("10.11.0.1", 8_444), tcp(m40, 8_444), ping(m40)], ["gw", "", ""]);
  await net.hears("m40", [tcp(BOX.ot2, 8_444), tcp("10.11.0.9", 8_444), tcp("8.8.8.8", 53)], ["gw", "", ""]);
  const { flows } = await net.client!.call("nft.denied", { path: "forward" });
  const tried = flows.map(({ source, destination, port }) => `${source} ${destination} ${port}`);
  for (const one of [`10.11.0.9 ${m40} 8444`, `${m40} 10.11.0.9 8444`, `${m40} 8.8.8.8 53`]) {
    ok(tried.includes(one), `${one} is not among ${tried.join(", ")}`);
  }
  // Nor by an address of the other's network on its own wire.
  await runOk(["ip", "-n", net.of("m40"), "addr", "add", "10.11.0.77/24", "dev", "ot1"]);
  await runOk(["ip", "-n", net.of("m40"), "route", "replace", "10.11.0.9", "via", BOX.ot2, "src", "10.11.0.77"]);
  await net.hears("m40", [tcp("10.11.0.9", 8_444)], [""]);
  ok((await net.client!.call("nft.counters", {})).packets["refused_spoofed"]! > 0);
});

Deno.test("segmentation field: a pulled cable is an alarm of its zone, and over when it is back", async () => {
  await using net = await SegmentationNet.open();
  const hald = await net.startHald();
  const time = new ManualTime();
  const standing = new Map<string, string>();
  const context = {
    timers: time,
    log: nullLogger,
    site: { network: { zones: ZONES } },
    alarms: {
      raise: ({ subject, detail }: { subject: string; detail: string }) =>
        Promise.resolve(void standing.set(subject, detail)),
      clear: (_: string, subject: string) => Promise.resolve(void standing.delete(subject)),
    },
  } as unknown as ControlContext;
  const feature = createLinkFeature({ context, hald });
  const seen = (what: () => boolean) =>
    waitFor("the look", async () => {
      time.advance(LINK_LOOK_MS);
      await hald.call("net.links", {});
      return what();
    });
  await runOk(["ip", "-n", net.of("sw"), "link", "set", "ot0", "down"]);
  await seen(() => standing.has("ot"));
  match(standing.get("ot")!, /interface ot0 has no carrier/);
  deepEqual([...standing.keys()], ["ot"]);
  await runOk(["ip", "-n", net.of("gw"), "link", "set", "ot1", "down"]);
  await seen(() => standing.has("ot2"));
  match(standing.get("ot2")!, /interface ot1 is switched off/);
  await runOk(["ip", "-n", net.of("sw"), "link", "set", "ot0", "up"]);
  await runOk(["ip", "-n", net.of("gw"), "link", "set", "ot1", "up"]);
  await seen(() => standing.size === 0);
  await feature.stop!();
});
