import { deepEqual, equal, ok } from "node:assert/strict";
import { kernelSettings } from "../../gateway/segmentation/kernel_settings.ts";
import { makeRuleset } from "../../gateway/segmentation/ruleset.ts";
import { decideFlow, isSeen, type Packet } from "../../policies/segmentation.ts";
import type { Segmentation } from "../../policies/segmentation_model.ts";
import type { Question } from "../support/net_asker.ts";
import { BOX, type HostName, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { waitFor } from "../support/wait_for.ts";

const otZone = (id: string, link: string, box: string, network: string) => ({
  ...{ id, role: "ot" as const, interface: link, box: [box], networks: [network], ipv6: "off" as const },
  isolation: id === "ot" ? "private-vlan" as const : "shared" as const,
});
const flow = (
  id: string,
  from: Segmentation["flows"][number]["from"],
  to: Segmentation["flows"][number]["to"],
  ...[protocol, ...ports]: ["tcp" | "udp", ...number[]]
) => ({ id, because: id, from, to, protocol, ports: ports.map((port) => [port, port] as const) });
const members = (...addresses: string[]) => addresses.map((address) => ({ zone: "ot", address }));

/** The site of tests/support/segmentation_net.ts with one flow of every kind. */
const SITE: Segmentation = {
  zones: [
    otZone("ot", "ot0", BOX.ot, "10.20.0.0/24"),
    otZone("ot2", "ot1", BOX.ot2, "10.21.0.0/24"),
    {
      ...{ id: "mgmt", role: "management", interface: "mg0", box: [BOX.mgmt], networks: ["10.99.0.0/24"] },
      ...{ ipv6: "on", isolation: "shared" },
    },
    {
      id: "uplink",
      role: "uplink",
      interface: "up0",
      box: [BOX.uplink],
      networks: [],
      ipv6: "on",
      isolation: "shared",
    },
  ],
  flows: [
    flow("ocpp", { zone: "ot" }, { box: true, at: BOX.ot }, "tcp", 8_444),
    flow("dns", { zone: "ot" }, { box: true, at: BOX.ot }, "udp", 8_053),
    flow("console", { zone: "mgmt", hosts: ["10.99.0.0/25"] }, { box: true, at: BOX.mgmt }, "tcp", 8_443),
    flow("csms", { box: true }, { zone: "uplink" }, "tcp", 443),
    flow("modbus", { box: true }, { zone: "ot2", hosts: ["10.21.0.40"] }, "tcp", 502),
    flow("ems", { zone: "mgmt", hosts: ["10.99.0.9"] }, { zone: "ot2", hosts: ["10.21.0.40"] }, "tcp", 502, 8_443),
  ],
  groups: [
    {
      ...{ id: "unit.dc-1", because: "cabinet and dispenser", kind: "unit", hasDiscovery: false },
      ...{ members: members("10.20.0.13", "10.20.0.14"), ports: [[1, 65_535]] },
    },
    {
      ...{ id: "load-management", because: "DLM", kind: "load-management", hasDiscovery: true },
      ...{ members: members("10.20.0.11", "10.20.0.12", "10.20.0.13"), ports: [[1_024, 65_535]] },
    },
  ],
  redirects: [
    {
      ...{ id: "redirect.dns", because: "hard-coded", zone: "ot", protocol: "udp", addresses: [] },
      ...{ port: 53, to: { address: BOX.ot, port: 8_053 } },
    },
    {
      ...{ id: "redirect.csms", because: "hard-coded", zone: "ot", protocol: "tcp", addresses: ["203.0.113.5"] },
      ...{ port: 443, to: { address: BOX.ot, port: 8_444 } },
    },
    {
      ...{ id: "ping.target", because: "hard-coded", zone: "ot", protocol: "ping", addresses: ["203.0.113.5"] },
      ...{ to: { address: BOX.ot } },
    },
  ],
  maintenancePorts: [[20, 24]],
  maintenanceFrom: ["mgmt"],
  segmentSizes: [{ interface: "up0", bytes: 1_200 }],
};

const BASE = new URL("../../deploy/nftables/base.nft", import.meta.url).pathname;
const PORTS = [22, 53, 443, 502, 2_000, 8_053, 8_443, 8_444];
const HOST_NAMES = Object.keys(HOSTS) as HostName[];

/** Everything that one place may try: every other address, every port over TCP and UDP, and a ping. */
function questionsOf(from: HostName | "gw"): Question[] {
  const box = from === "gw" ? [] : Object.values(BOX);
  const others = HOST_NAMES.filter((name) => name !== from).map((name) => HOSTS[name].address);
  return [...others, ...box].flatMap((address) => [
    { protocol: "ping" as const, address, port: 0 },
    ...PORTS.flatMap((port) => (["tcp", "udp"] as const).map((protocol) => ({ protocol, address, port }))),
  ]);
}

function packetOf(from: HostName | "gw", { protocol, address, port }: Question): Packet {
  const zoneOf = (name: HostName) => ({ zone: HOSTS[name].zone, address: HOSTS[name].address });
  const target = HOST_NAMES.find((name) => HOSTS[name].address === address);
  const own = from === "gw" && target ? BOX[HOSTS[target].zone] : "";
  return {
    from: from === "gw" ? { address: own } : zoneOf(from),
    to: target ? zoneOf(target) : { address },
    protocol,
    port,
  };
}

Deno.test("segmentation matrix: from each zone to each host and port, exactly the declared flows pass (EV-03, EV-05, EV-20)", async () => {
  await using site = await SegmentationNet.open();
  await site.answer(PORTS, ["gw", ...HOST_NAMES]);
  await site.apply(makeRuleset(SITE).text, { settings: kernelSettings(SITE) });
  const wrong: string[] = [];
  let passed = 0;
  await Promise.all((["gw", ...HOST_NAMES] as const).map(async (from) => {
    const questions = questionsOf(from).filter((question) => isSeen(packetOf(from, question), SITE));
    const answers = await site.ask(from, questions);
    for (const [at, question] of questions.entries()) {
      const { effect, rule } = decideFlow(packetOf(from, question), SITE);
      const wanted = effect === "deny" ? "" : answerOf(question, rule);
      if (wanted !== "") passed++;
      // On a busy machine an answer may be late: what is to pass is asked again. What passed and must not is wrong at once.
      const answer = answers[at] === "" && wanted !== "" ? (await site.ask(from, [question], 10_000))[0] : answers[at];
      if (answer === wanted) continue;
      const { protocol, address, port } = question;
      wrong.push(`${from} > ${address} ${protocol} ${port}: "${answer}", ${rule} wants "${wanted}"`);
    }
  }));
  deepEqual(wrong, []);
  ok(passed > 40, `only ${passed} of the flows were tried`);
});

/** Who answers a question that passes: a redirected one is answered by the box. */
function answerOf({ protocol, address }: Question, rule: string): string {
  if (protocol === "ping") return "pong";
  if (SITE.redirects.some(({ id }) => id === rule)) return "gw";
  return HOST_NAMES.find((name) => HOSTS[name].address === address) ?? "gw";
}

/** Opens TCP connections and says who answered. */
const tcp = (site: SegmentationNet, from: HostName | "gw", to: string, ...ports: number[]) =>
  site.ask(from, ports.map((port) => ({ protocol: "tcp", address: to, port })));

Deno.test("segmentation: nobody confirms, hald is killed and comes back: the rules before it are there again", async () => {
  await using site = await SegmentationNet.open();
  await site.answer([8_444, 8_445], ["gw"]);
  await site.startHald();
  await site.net.ok(site.of("gw"), "nft", "-f", BASE);
  await site.nft("add", "element", "inet", "bulkhead", "admitted_tcp", '{ "ot0" . 8445 }');
  deepEqual(await tcp(site, "s11", BOX.ot, 8_444, 8_445), ["", "gw"]);
  await site.apply(makeRuleset(SITE).text, { confirmSeconds: 5, settings: kernelSettings(SITE) });
  await site.killHald();
  equal((await site.nft("list", "chains", "inet")).includes("chain ruleset_"), true, "the kernel keeps the rules");
  await site.startHald();
  await waitFor("the rules to be undone", async () => {
    return (await site.client!.call("nft.state", {})).undone?.why === "nobody confirmed it in time";
  });
  deepEqual(await tcp(site, "s11", BOX.ot, 8_444, 8_445), ["", "gw"]);
  const forwarding = ["cat", "/proc/sys/net/ipv4/conf/ot0/forwarding"] as const;
  equal((await site.net.ok(site.of("gw"), ...forwarding)).trim(), "0", "its settings went with it");
});

Deno.test("segmentation: an opening lets one person to one port, nobody else anywhere, and its end ends the session (EV-21)", async () => {
  await using site = await SegmentationNet.open();
  await site.answer([22, 23], ["s11", "s12"]);
  await site.apply(makeRuleset(SITE).text, { settings: kernelSettings(SITE) });
  const station = HOSTS.s11.address;
  const opening = { source: HOSTS.ems.address, station, port: 22 };
  deepEqual(await tcp(site, "ems", station, 22), [""]);
  await site.client!.call("nft.open", { ...opening, seconds: 600 });
  const [[open, other], [neighbour], [person]] = await Promise.all([
    tcp(site, "ems", station, 22, 23),
    tcp(site, "ems", HOSTS.s12.address, 22),
    tcp(site, "lap", station, 22),
  ]);
  deepEqual([open, other, neighbour, person], ["s11", "", "", ""]);
  const { flows } = await site.client!.call("nft.denied", { path: "forward" });
  ok(flows.some(({ destination, port }) => destination === HOSTS.s12.address && port === 22), JSON.stringify(flows));
  // The box itself, for an engineering tunnel: closed like everybody, and opened by its own address.
  await site.client!.call("nft.open", { source: BOX.ot, station, port: 23, seconds: 600 });
  deepEqual(await tcp(site, "gw", station, 22, 23), ["", "s11"]);
});

Deno.test("segmentation: the end of an opening cuts the session that came through it", async () => {
  await using site = await SegmentationNet.open();
  await site.apply(makeRuleset(SITE).text, { settings: kernelSettings(SITE) });
  site.net.spawn(site.of("s11"), "socat", "TCP-LISTEN:24,reuseaddr", "EXEC:cat");
  const opening = { source: HOSTS.ems.address, station: HOSTS.s11.address, port: 24 };
  await site.client!.call("nft.open", { ...opening, seconds: 600 });
  const args = ["netns", "exec", site.of("ems"), "socat", "-", `TCP:${HOSTS.s11.address}:24,retry=20,interval=0.1`];
  const session = new Deno.Command("ip", { args, stdin: "piped", stdout: "piped" }).spawn();
  const [writer, reader] = [session.stdin.getWriter(), session.stdout.getReader()];
  await writer.write(new TextEncoder().encode("before\n"));
  equal(new TextDecoder().decode((await reader.read()).value), "before\n");
  await site.client!.call("nft.open", { ...opening, seconds: 0 });
  await writer.write(new TextEncoder().encode("after\n"));
  await waitFor("the session's packets to be refused", async () => {
    return ((await site.client!.call("nft.counters", {})).packets.refused_maintenance ?? 0) > 0;
  });
  session.kill("SIGKILL");
  equal((await reader.read()).done, true, "nothing came back");
  await writer.abort().catch(() => {});
  await session.status;
});
