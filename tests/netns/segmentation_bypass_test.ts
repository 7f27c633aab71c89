import { deepEqual, equal, match } from "node:assert/strict";
import { deriveSegmentation } from "../../gateway/segmentation/derive.ts";
import { kernelSettings } from "../../gateway/segmentation/kernel_settings.ts";
import { makeRuleset } from "../../gateway/segmentation/ruleset.ts";
import { Site } from "../../gateway/config/schema.ts";
import { BOX, type HostName, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SITE = Site.parse({
  version: 1,
  site: { id: "lab" },
  network: {
    zones: [
      { id: "ot", role: "ot", interface: "ot0", address: `${BOX.ot}/24` },
      { id: "uplink", role: "uplink", interface: "up0", address: `${BOX.uplink}/24` },
    ],
  },
  hal: { socket: "/run/bulkhead/hal.sock" },
  ocpp: {
    listeners: [{ listen: `${BOX.ot}:8444`, tls: {} }],
    csms: [{ id: "main", url: `wss://${HOSTS.csms.address}/ocpp` }],
  },
  segmentation: { zones: [{ zone: "ot", isolation: "private-vlan" }] },
});

/** bypass.nft as an admin fills it in. */
async function filledIn(folder: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}deploy/nftables/bypass.nft`);
  const filled = text.replace('OT = "eth1"', 'OT = "ot0"').replace('UPLINK = "eth0"', 'UPLINK = "up0"')
    .replace("CSMS = { 203.0.113.5 }", `CSMS = { ${HOSTS.csms.address} }`);
  await Deno.writeTextFile(`${folder}/bypass.nft`, filled);
  return `${folder}/bypass.nft`;
}

Deno.test("bypass: docs/bypass.md into it and back: the CSMS and nothing else, then the gateway and nothing else", async () => {
  await using net = await SegmentationNet.open();
  const inBox = (...command: [string, ...string[]]) => net.net.ok(net.of("gw"), ...command);
  await Promise.all([net.answer([443, 8_444, 80], ["gw", "csms", "s12", "ems"])]);
  const segmentation = deriveSegmentation(SITE, []);
  await net.apply(makeRuleset(segmentation).text, { settings: kernelSettings(segmentation) });
  const tcp = async (from: HostName, ...targets: (readonly [string, number])[]) =>
    await net.ask(from, targets.map(([address, port]) => ({ protocol: "tcp", address, port })));
  const tries = () =>
    tcp("s11", [HOSTS.csms.address, 443], [HOSTS.csms.address, 80], [HOSTS.s12.address, 80], [HOSTS.ems.address, 80], [
      BOX.ot,
      8_444,
    ]);
  deepEqual(await tries(), ["", "", "", "", "gw"], "with the gateway");
  // Into the bypass, step 2 and 3.
  await net.killHald();
  const file = await filledIn(net.folder);
  await inBox("sysctl", "-qw", "net.ipv4.ip_forward=1");
  await inBox("nft", "-c", "-f", file);
  await inBox("nft", "-f", file);
  deepEqual(await tries(), ["csms", "", "", "", ""], "in the bypass");
  deepEqual(await tcp("csms", [HOSTS.s12.address, 80]), [""], "nobody reaches a station");
  // Back, step 3: what the unit runs last is the confirmed ruleset.
  await inBox("sysctl", "-qw", "net.ipv4.ip_forward=0");
  for (const script of [`${ROOT}deploy/nftables/base.nft`, `${net.folder}/firewall/current.nft`]) {
    await inBox("nft", "-f", script);
  }
  deepEqual(await tries(), ["", "", "", "", "gw"], "and back");
  await net.startHald();
  equal((await net.client!.call("nft.state", {})).isLoaded, true);
  match(await Deno.readTextFile(`${ROOT}docs/bypass.md`), /systemctl stop bulkhead bulkhead-hald/);
});
