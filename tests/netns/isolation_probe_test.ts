import { deepEqual, ok } from "node:assert/strict";
import { judgeIsolation } from "../../policies/isolation.ts";
import { runOk } from "../support/run_command.ts";
import { BOX, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { waitFor } from "../support/wait_for.ts";

/** A spare interface of the box on a port of the stations' switch. */
async function layProbe(net: SegmentationNet, isIsolated: boolean): Promise<void> {
  const [gw, sw] = [net.of("gw"), net.of("sw")];
  await runOk(["ip", "-n", gw, "link", "add", "probe0", "type", "veth", "peer", "name", "probe0", "netns", sw]);
  await runOk(["ip", "-n", sw, "link", "set", "probe0", "master", "br-ot0", "up"]);
  if (isIsolated) await runOk(["bridge", "-n", sw, "link", "set", "dev", "probe0", "isolated", "on"]);
  await net.net.up(gw, "probe0");
}

for (const isIsolated of [true, false]) {
  const verdict = isIsolated ? "proven" : "none";
  Deno.test(`isolation probe: a switch that ${isIsolated ? "keeps" : "does not keep"} ports apart: ${verdict}`, async () => {
    await using net = await SegmentationNet.open({ isIsolated });
    // A station that takes part in multicast, as every one with mDNS does.
    net.net.spawn(net.of("s12"), "socat", "-u", "UDP4-RECV:5353,ip-add-membership=224.0.0.251:net0", "-");
    await waitFor("the station to take part", async () => {
      return (await runOk(["ip", "-n", net.of("s12"), "maddr", "show", "dev", "net0"])).includes("224.0.0.251");
    });
    await layProbe(net, isIsolated);
    const hald = await net.startHald();
    const targets = [BOX.ot, HOSTS.s11.address, HOSTS.s12.address];
    const { devices } = await hald.call("net.isolation-probe", { interface: "probe0", targets }, {
      deadlineMs: 40_000,
    });
    const own = new Set((await hald.call("net.links", {})).links.map(({ mac }) => mac));
    const others = devices.filter(({ mac }) => !own.has(mac));
    const probe = { boxHeard: devices.some(({ mac }) => own.has(mac)), others: others.map(({ mac }) => mac) };
    deepEqual(judgeIsolation({ claimed: "private-vlan", probe }).verdict, verdict, JSON.stringify(devices));
    if (isIsolated) return;
    const heardBy = new Set(others.flatMap(({ leaks }) => leaks));
    deepEqual([...heardBy].sort(), ["arp", "ipv6", "multicast"], JSON.stringify(devices));
    ok(others.some(({ address }) => address === HOSTS.s11.address));
  });
}
