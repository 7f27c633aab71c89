import { match } from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { sayToGateway } from "../support/gateway_words.ts";
import { runOk } from "../support/run_command.ts";
import { BOX, HOSTS, SegmentationNet } from "../support/segmentation_net.ts";
import { waitFor } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** The flags of `deno task start`, which are those of the systemd unit. */
const FLAGS = manifest.tasks.start.split(" ").slice(2, -1);

/** A gateway and hald as processes in the box's namespace, driven by the command line. */
async function startGateway(net: SegmentationNet) {
  const zones = [
    { id: "ot", role: "ot", interface: "ot0", address: `${BOX.ot}/24` },
    { id: "mgmt", role: "management", interface: "mg0", address: `${BOX.mgmt}/24` },
  ];
  const site = {
    version: 1,
    site: { id: "lab", dataDir: `${net.folder}/data` },
    network: { zones },
    hal: { socket: net.socket },
    console: { listen: `${BOX.mgmt}:8443`, hostname: "gw.example" },
    segmentation: { zones: [{ zone: "ot", isolation: "private-vlan" }], maintenanceFrom: ["mgmt"] },
    stations: [{ id: "CP011", vendor: "bender", address: HOSTS.s11.address }],
  };
  const file = `${net.folder}/site.yaml`;
  await Deno.writeTextFile(file, JSON.stringify(site));
  await net.startHald();
  const main = ["run", "--cached-only", ...FLAGS, `${ROOT}main.ts`];
  const inBox: [string, ...string[]] = ["ip", "netns", "exec", net.of("gw"), Deno.execPath()];
  const command = (...words: string[]) => runOk([...inBox, ...main, ...words, "--config", file], { seconds: 40 });
  let child: Deno.ChildProcess;
  const log = `${net.folder}/gateway.log`, logged = ["sh", "-c", `exec "$0" "$@" >>${log} 2>&1`, Deno.execPath()];
  const seen = async () => (await Deno.readTextFile(log)).slice(-3_000);
  const run = async () => {
    child = net.net.spawn(net.of("gw"), ...logged, ...main, "run", "--config", file);
    await waitFor("the gateway", async () => (await asked("status")).code === 0, undefined, undefined, seen);
  };
  const asked = (...words: string[]) => sayToGateway(`${net.folder}/data`, ...words);
  await run();
  return { command, asked, run, kill: async () => (child.kill("SIGKILL"), await child.status) };
}

Deno.test("segmentation product: applied by command, the gateway is killed, nobody confirms: the rules of before are back; then it is kept", async () => {
  await using net = await SegmentationNet.open();
  await net.net.ok(net.of("gw"), "nft", "-f", `${ROOT}deploy/nftables/base.nft`);
  await net.nft("add", "element", "inet", "bulkhead", "admitted_tcp", '{ "ot0" . 8445 }');
  await net.answer([8_445], ["gw"]);
  const gateway = await startGateway(net);
  const hears = (who: string) => net.hears("s11", [{ protocol: "tcp", address: BOX.ot, port: 8_445 }], [who]);
  await hears("gw");
  match(await gateway.command("segmentation", "plan"), /\+ console\.listen\.mgmt\.tcp[^]*The kernel would take it/);
  match(await gateway.command("segmentation", "apply", "--confirm-seconds", "12"), /in force for 12 s/);
  await hears(""); // what open.d does not name is closed now
  await gateway.kill();
  await waitFor("hald to undo it", async () => (await net.client!.call("nft.state", {})).undone !== undefined, 40_000);
  await hears("gw");
  await gateway.run();
  await waitFor("the audit chain to tell it", async () => {
    return (await gateway.asked("audit", "tail", "--lines", "500")).stdout.includes("segmentation.undone");
  });
  await gateway.command("segmentation", "apply");
  match(await gateway.command("segmentation", "confirm"), /Kept/);
  match(await gateway.command("segmentation", "show"), /In force\.[^]*console\.listen\.mgmt\.tcp/);
  await net.answer([22], ["s11"]);
  const words = ["--port", "22", "--from", HOSTS.ems.address, "--minutes", "5", "--reason", "lab"];
  match(await gateway.command("segmentation", "open", "CP011", ...words), /reaches port 22 of CP011/);
  const ssh = [{ protocol: "tcp" as const, address: HOSTS.s11.address, port: 22 }];
  await Promise.all([net.hears("ems", ssh, ["s11"]), net.hears("lap", ssh, [""])]);
  await waitFor("the refused laptop among the denied flows", async () => {
    return new RegExp(`mgmt ${HOSTS.lap.address}.*tcp/22`).test((await gateway.asked("segmentation", "show")).stdout);
  });
});
