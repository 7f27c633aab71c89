import { deepEqual, equal, match, ok } from "node:assert/strict";
import { deriveSegmentation } from "../../gateway/segmentation/derive.ts";
import { kernelSettings } from "../../gateway/segmentation/kernel_settings.ts";
import { makeRuleset } from "../../gateway/segmentation/ruleset.ts";
import { Site } from "../../gateway/config/schema.ts";
import { BOX, type HostName, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { runOk } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The lab's site as an admin writes it. */
const site = (changes: object = {}) =>
  Site.parse({
    version: 1,
    site: { id: "lab" },
    network: {
      zones: [
        { id: "ot", role: "ot", interface: "ot0", address: `${BOX.ot}/24` },
        { id: "ot2", role: "ot", interface: "ot1", address: `${BOX.ot2}/24` },
        { id: "mgmt", role: "management", interface: "mg0", address: `${BOX.mgmt}/24` },
        { id: "uplink", role: "uplink", interface: "up0", address: `${BOX.uplink}/24` },
      ],
      uplink: { zone: "uplink", mtu: 1_240 },
    },
    hal: { socket: "/run/bulkhead/hal.sock" },
    ocpp: {
      listeners: [{ id: "tls", listen: `${BOX.ot}:8444`, tls: {} }],
      csms: [{ id: "main", url: `wss://${HOSTS.csms.address}/ocpp` }],
    },
    stations: [
      { id: "CP011", vendor: "bender", address: HOSTS.s11.address },
      { id: "CP012", vendor: "bender", address: HOSTS.s12.address },
      { id: "CP013", vendor: "bender", address: HOSTS.s13.address },
    ],
    segmentation: {
      zones: [{ zone: "ot", isolation: "private-vlan" }],
      loadManagement: [{ id: "dlm", stations: ["CP011", "CP012"] }],
    },
    ...changes,
  });

async function applied(net: SegmentationNet, changes: object = {}): Promise<void> {
  const parsed = site(changes);
  const segmentation = deriveSegmentation(parsed, parsed.stations);
  await net.apply(makeRuleset(segmentation).text, { settings: kernelSettings(segmentation) });
}

/** A controller that waits for beacons on a port and writes down who sent them. */
async function listenForBeacons(net: SegmentationNet, name: HostName, port: number): Promise<() => Promise<string>> {
  const file = `${net.folder}/${name}.${port}`;
  await Deno.writeTextFile(file, "");
  net.net.spawn(net.of(name), "socat", "-u", `UDP-RECV:${port},reuseaddr,broadcast`, `OPEN:${file},append`);
  await waitFor(`${name} to listen`, async () => {
    return (await net.net.ok(net.of(name), "ss", "-Hlun", `sport = :${port}`)).includes(String(port));
  });
  return () => Deno.readTextFile(file);
}

const beacon = (net: SegmentationNet, from: HostName, to: string, port: number) =>
  net.net.ok(net.of(from), "sh", "-c", `echo ${from} | socat -u - UDP-DATAGRAM:${to}:${port},broadcast`);

Deno.test("segmentation T8: two controllers under load management find each other by broadcast through a switch that keeps them apart, a third hears nothing", async () => {
  await using net = await SegmentationNet.open();
  const [peer, stranger] = [await listenForBeacons(net, "s12", 6_000), await listenForBeacons(net, "s13", 6_000)];
  for (const to of ["255.255.255.255", "10.20.0.255"]) await beacon(net, "s11", to, 6_000);
  equal(await peer(), "", "the switch keeps them apart");
  await applied(net);
  for (const to of ["255.255.255.255", "10.20.0.255"]) {
    await waitFor(`a beacon to ${to}`, async () => {
      const before = (await peer()).length;
      await beacon(net, "s11", to, 6_000);
      await net.net.ok(net.of("s12"), "sleep", "0.1");
      return (await peer()).length > before;
    });
  }
  match(await peer(), /^(s11\n)+$/);
  await net.answer([6_001], ["s11", "s13"]);
  const listed = { protocol: "tcp", address: HOSTS.s11.address, port: 6_001 } as const;
  await net.hears("s12", [listed, { ...listed, address: HOSTS.s13.address }], ["s11", ""]); // they talk, by way of the box
  equal(await stranger(), "");
  await beacon(net, "s13", "255.255.255.255", 6_000);
  ok(!(await peer()).includes("s13"), "who is not listed is not heard");
});

Deno.test("segmentation: segments of TCP connections fit the uplink", async () => {
  await using net = await SegmentationNet.open();
  await applied(net);
  const capture = new Deno.Command("ip", {
    args: ["netns", "exec", net.of("csms"), "tcpdump", "-lni", "up0", "-c1", "tcp[tcpflags] & tcp-syn != 0"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const listening = capture.stderr.getReader();
  await listening.read();
  listening.releaseLock();
  await net.ask("gw", [{ protocol: "tcp", address: HOSTS.csms.address, port: 443 }], 300);
  const { stdout } = await capture.output();
  match(new TextDecoder().decode(stdout), /mss 1200/);
});

Deno.test("segmentation: no IPv6 in an OT zone, neither to the box nor by its link-local address", async () => {
  await using net = await SegmentationNet.open();
  const [{ addr_info }] = JSON.parse(await runOk(["ip", "-n", net.of("gw"), "-json", "-6", "addr", "show", "ot1"]));
  const local = addr_info[0].local as string;
  const ping = () => net.net.run(net.of("m40"), "ping", "-6", "-c1", "-W1", `${local}%ot1`);
  await waitFor("IPv6 before", async () => (await ping()).code === 0);
  await applied(net);
  equal((await ping()).code === 0, false);
});

/** What the boot's unit runs, with the lab's files in the place of the box's. */
async function bootLines(folder: string): Promise<string[][]> {
  const unit = await Deno.readTextFile(`${ROOT}deploy/systemd/bulkhead-firewall.service`);
  const open = await Deno.readTextFile(`${ROOT}deploy/nftables/open.nft`);
  await Deno.writeTextFile(`${folder}/open.nft`, open.replaceAll("/etc/bulkhead/open.d", `${folder}/open.d`));
  return [...unit.matchAll(/^ExecStart=-?(.*)$/gm)].map(([, line]) =>
    line!.replace("/etc/bulkhead/base.nft", `${ROOT}deploy/nftables/base.nft`)
      .replace("/etc/bulkhead/open.nft", `${folder}/open.nft`)
      .replace("/var/lib/bulkhead-firewall", `${folder}/firewall`).split(" ")
  );
}

Deno.test("segmentation reboot: from the first moment of the network only declared flows pass, a ruleset that nobody confirmed is gone", async () => {
  await using net = await SegmentationNet.open();
  await applied(net);
  const parsed = site({ console: { listen: `${BOX.ot}:8445`, hostname: "gw.example" } });
  const unconfirmed = makeRuleset(deriveSegmentation(parsed, parsed.stations)).text;
  await net.apply(unconfirmed, { confirmSeconds: 600 });
  // The power goes: nothing of the kernel's rules is left, and all links are down.
  await net.killHald();
  for (const link of ["ot0", "ot1", "mg0", "up0"]) await runOk(["ip", "-n", net.of("gw"), "link", "set", link, "down"]);
  await net.net.ok(net.of("gw"), "nft", "flush", "ruleset");
  const found = `${net.folder}/found`;
  const knocker = ["run", "-A", "--no-check", "--cached-only", `${ROOT}tests/support/net_knocker.ts`];
  net.net.spawn(net.of("s11"), Deno.execPath(), ...knocker, found, BOX.ot, "8444", "8445", "22");
  await waitFor("the knocker", () => Deno.readTextFile(found).then((text) => text.includes("started"), () => false));
  // And comes back. The services are up at once, as on a box that is faster than its network.
  await net.answer([22, 8_444, 8_445], ["gw"]);
  for (const [program, ...args] of await bootLines(net.folder)) await net.net.ok(net.of("gw"), program!, ...args);
  await net.plug();
  const knocked = async () => (await Deno.readTextFile(found)).split("\n").slice(1, -1);
  await waitFor("the declared port", async () => (await knocked()).filter((port) => port === "8444").length > 5);
  deepEqual([...new Set(await knocked())], ["8444"]);
  await net.startHald();
  const state = await net.client!.call("nft.state", {});
  equal(state.undone?.why, "the box started again before it was confirmed");
  equal(state.isLoaded, true);
  // The proof that the knocker would have seen an open window: without rules it sees all three.
  await net.net.ok(net.of("gw"), "nft", "flush", "ruleset");
  await waitFor("the other ports", async () => new Set(await knocked()).size === 3);
});
