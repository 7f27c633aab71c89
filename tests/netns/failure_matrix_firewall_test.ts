import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { Site } from "../../gateway/config/schema.ts";
import { deriveSegmentation } from "../../gateway/segmentation/derive.ts";
import { FirewallLink } from "../../gateway/segmentation/firewall_link.ts";
import { makeRuleset } from "../../gateway/segmentation/ruleset.ts";
import { BOX, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { waitFor } from "../support/wait_for.ts";

/** The ruleset of a site whose people may reach what listens at these ports of the box. */
function rules(...ports: number[]): string {
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    network: {
      zones: [
        { id: "ot", role: "ot", interface: "ot0", address: `${BOX.ot}/24` },
        { id: "mgmt", role: "management", interface: "mg0", address: `${BOX.mgmt}/24` },
      ],
    },
    segmentation: {
      flows: ports.map((port) => ({ id: `p${port}`, because: "lab", from: "zone:mgmt", to: "box", tcp: [port] })),
    },
  });
  return makeRuleset(deriveSegmentation(site, site.stations)).text;
}
const asks = (net: SegmentationNet, ...ports: number[]) =>
  net.ask("ems", ports.map((port) => ({ protocol: "tcp", address: BOX.mgmt, port })));

Deno.test("failure matrix: the firewall without hald", async (t) => {
  await using net = await SegmentationNet.open();
  await net.answer([8_443, 8_444], ["gw"]);
  await net.startHald();
  await net.apply(rules(8_443));
  await net.killHald();
  await t.step(
    "failure matrix: firewall: hald / flows in force: open: the kernel holds the rules by itself",
    async () => {
      equal(await asks(net, 8_443, 8_444), ["gw", ""]);
      equal((await net.ask("s11", [{ protocol: "tcp", address: HOSTS.csms.address, port: 443 }]))[0], "");
    },
  );
  await t.step(
    "failure matrix: firewall: hald / a change of the rules: closed: it fails and says that hald does not answer; nothing changes",
    async () => {
      await rejects(new FirewallLink(net.client!).check(rules(8_444)), { code: "HAL_UNREACHABLE" });
      equal(await asks(net, 8_443, 8_444), ["gw", ""]);
    },
  );
  await net.startHald();
  await t.step(
    "failure matrix: firewall: hald / back in service: by itself within seconds; a confirmed ruleset that was flushed meanwhile is loaded again",
    async () => {
      await net.killHald();
      await net.nft("flush", "ruleset");
      await net.startHald();
      await waitFor("the rules", async () => (await net.client!.call("nft.state", {})).isLoaded, 40_000);
      equal(await asks(net, 8_443, 8_444), ["gw", ""]);
      await net.apply(rules(8_444));
      equal(await asks(net, 8_443, 8_444), ["", "gw"]);
    },
  );
});

Deno.test("failure matrix: the firewall while nft refuses", async (t) => {
  await using net = await SegmentationNet.open();
  await net.answer([8_443, 8_444], ["gw"]);
  await net.startHald();
  await net.apply(rules(8_443));
  // A file of the site's own that names a table which does not exist: the kernel refuses the whole.
  await Deno.mkdir(`${net.folder}/open.d`, { recursive: true });
  await Deno.writeTextFile(`${net.folder}/open.d/site.nft`, "add rule inet nosuch input accept\n");
  await t.step("failure matrix: firewall: nft refuses / flows in force: open: the rules of before stay", async () => {
    equal(await asks(net, 8_443, 8_444), ["gw", ""]);
  });
  await t.step(
    "failure matrix: firewall: nft refuses / a change of the rules: closed: plan and apply fail and repeat what the kernel said; nothing changes",
    async () => {
      const link = new FirewallLink(net.client!);
      const why = await link.check(rules(8_444)).then(() => "", (error: Error) => error.message);
      match(why, /nosuch|No such file/);
      await rejects(link.apply(rules(8_444), [], 60), { code: "HAL_TOOL_FAILED" });
      equal(await asks(net, 8_443, 8_444), ["gw", ""]);
    },
  );
  await Deno.remove(`${net.folder}/open.d/site.nft`);
  await t.step("failure matrix: firewall: nft refuses / back in service: with the next apply", async () => {
    await net.apply(rules(8_444));
    equal(await asks(net, 8_443, 8_444), ["", "gw"]);
  });
});
