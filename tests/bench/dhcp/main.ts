// `deno task bench:dhcp [--json] [--rates 500,1000,2000] [--seconds 4]`: leases per second, delays, processor time and memory of
// this DHCP server and of ISC Kea (memfile, persisted) in one run, under the same perfdhcp, as ratios. Needs root.
import { DhcpLab } from "../../support/dhcp_lab.ts";
import { TestNet } from "../../support/test_net.ts";
import { waitFor } from "../../support/wait_for.ts";
import { startKea } from "./kea.ts";
import { measure, type Measured } from "./measure.ts";

function option(name: string, fallback: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? fallback : Deno.args[at + 1] ?? fallback;
}

const rates = option("rates", "500,1000,2000").split(",").map(Number);
const seconds = Number(option("seconds", "4"));

async function network(): Promise<{ readonly net: TestNet; readonly gw: string; readonly station: string }> {
  const net = new TestNet();
  const [gw, station] = [await net.add("gw"), await net.add("station")];
  await net.link("ot0", gw, "10.20.0.1/16", station, "10.20.0.250/16");
  return { net, gw, station };
}

/** Each rate against a server with an empty store: a pool that fills up is not what is measured. */
async function bulkhead(rate: number): Promise<Measured> {
  const { net, gw, station } = await network();
  await using _net = net;
  const quarantine = { unknown: "quarantine", quarantinePool: "10.20.16.0-10.20.200.0", quarantineLeaseSeconds: 3_600 };
  // Kea asks nobody before it offers an address; the comparison is of what both do.
  const dhcp = { zone: "ot", ...quarantine, relayAgents: ["10.20.0.250"], conflictProbeMs: 0 };
  await using lab = await DhcpLab.start(gw, { zones: [{ id: "ot", interface: "ot0", address: "10.20.0.1/16" }], dhcp });
  return await measure(net, station, rate, seconds, lab.pids);
}

async function kea(rate: number): Promise<Measured> {
  const { net, gw, station } = await network();
  await using _net = net;
  const { pid, folder } = await startKea(net, gw);
  await waitFor("Kea to listen", async () => (await net.ok(gw, "ss", "-Hlnu", "sport", "=", ":67")).includes(":67"));
  const measured = await measure(net, station, rate, seconds, [pid]);
  await Deno.remove(folder, { recursive: true });
  return measured;
}

const rows: { readonly rate: number; readonly bulkhead: Measured; readonly kea: Measured }[] = [];
for (const rate of rates) rows.push({ rate, kea: await kea(rate), bulkhead: await bulkhead(rate) });

const print = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
if (Deno.args.includes("--json")) print(JSON.stringify({ seconds, rows }, null, 2));
else {
  print(`perfdhcp for ${seconds} s at each rate; every lease of both servers is written before its ACK\n`);
  print("offered/s  server     leases/s  lost %  OFFER ms  ACK ms  CPU ms per lease  RSS MiB");
  for (const { rate, ...servers } of rows) {
    for (const [name, one] of Object.entries(servers)) {
      const cells = [
        one.leasesPerSecond.toFixed(0),
        one.lostPercent.toFixed(1),
        one.offerMs.toFixed(2),
        one.ackMs.toFixed(2),
      ];
      const more = [one.cpuMsPerLease.toFixed(2), one.rssMiB.toFixed(0)];
      print(
        `${String(rate).padEnd(10)} ${name.padEnd(10)} ${[...cells, ...more].map((cell) => cell.padEnd(8)).join("  ")}`,
      );
    }
    const ratio = (key: keyof Measured) => (servers.bulkhead[key] / servers.kea[key]).toFixed(2);
    print(`           ratio      ${
      (["leasesPerSecond", "offerMs", "ackMs", "cpuMsPerLease", "rssMiB"] as const)
        .map((key) => `${key} ${ratio(key)}`).join(", ")
    }`);
  }
}
