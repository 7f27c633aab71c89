/**
 * `deno task bench:ui [--seconds N] [--json]`: pages of a device through the gateway against nginx with auth_request in
 * front of the same device, and a bare proxy of node:https and node:http in Deno (the floor), in one run: requests per CPU second, p50
 * and p99, and an upload of 200 MB with its Content-Length, with the memory it took, as ratios.
 */
import { stringify } from "yaml";
import { request } from "node:https";
import { systemTimers } from "../../../gateway/core/timers.ts";
import { GatewayProcess } from "../../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../../support/console_client.ts";
import { reservePorts } from "../../support/gateway_process.ts";
import { claimAdministrator } from "../../support/signed_in.ts";
import { load, type Target, upload } from "./load.ts";
import { cpuSeconds, memoryOf, startDevice, startFloor, startFront } from "./peers.ts";

const CONNECTIONS = 16;
const UPLOAD_BYTES = 200_000_000;
const HOSTNAME = "gw.localhost";
const FORM = { deviceRole: "manufacturer", capability: "edit", reason: "bench of pages", minutes: "60" };

/** A gateway in front of the device, and the cookie of an opened page. */
async function startGateway(folder: string, devicePort: number) {
  const { console: port, plain: pages } = reservePorts();
  const configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(`${folder}/password`, "of the device");
  const site = {
    version: 1,
    site: { id: "bench", dataDir: "./data" },
    console: { listen: `127.0.0.1:${port}`, hostname: HOSTNAME, devicePages: { listen: `127.0.0.1:${pages}` } },
    stations: [{
      ...{ id: "CP001", vendor: "other", address: "127.0.0.1" },
      ui: {
        ...{ url: `http://127.0.0.1:${devicePort}`, driver: "basic", plaintext: "isolated-segment" },
        accounts: [{ role: "manufacturer", user: "installer", passwordFile: "password" }],
      },
    }],
  };
  await Deno.writeTextFile(configFile, stringify(site));
  const gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  const client = new ConsoleClient(`https://127.0.0.1:${port}`, `${HOSTNAME}:${port}`);
  await claimAdministrator(client, /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))![1]!);
  await client.post("/stations/CP001", "/stations/CP001/ask", FORM);
  const { data } = await gateway.command("request list", {}, "olga");
  const [{ id }] = data as unknown as [{ id: string }];
  await gateway.command("user add", { name: "olga", role: "administrator" }, "eva");
  await gateway.command("request approve", { id }, "olga");
  const opened = await client.post("/stations/CP001", "/stations/CP001/pages", FORM);
  const [, url] = /href="(https:[^"]*ticket=[^"]+)"/.exec(opened.text) ?? [];
  if (url === undefined) throw new Error(opened.text.replace(/<[^>]+>/g, " ").slice(0, 600));
  const cookie = await redeem(new URL(url));
  const host = new URL(url).hostname;
  const target: Target = { port: pages, host, headers: { cookie, "sec-fetch-site": "same-origin" } };
  return { gateway, target };
}

/** The cookie that a ticket is good for. */
function redeem(url: URL): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = {
    "host": url.host,
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "accept": "text/html",
  };
  const options = { host: "127.0.0.1", port: url.port, path: url.pathname + url.search, servername: url.hostname };
  request({ ...options, headers, agent: false, rejectUnauthorized: false }, (response) => {
    response.resume();
    const [cookie] = (response.headers["set-cookie"] ?? []).map((each) => each.split(";")[0]!);
    if (cookie === undefined) reject(new Error(`The ticket was answered with ${response.statusCode}`));
    else resolve(cookie);
  }).on("error", reject).end();
  return promise;
}

/** One contestant under load: requests, their CPU, and the upload. */
async function measure(target: Target, pid: number, seconds: number) {
  await load(target, CONNECTIONS, 4); // until what runs often is compiled
  const before = await cpuSeconds(pid);
  const result = await load(target, CONNECTIONS, seconds);
  const cpu = await cpuSeconds(pid) - before;
  const uploadBefore = await cpuSeconds(pid);
  let uploadSeconds = 0;
  const uploadMemoryBytes = await memoryOf(pid, async () => uploadSeconds = await upload(target, UPLOAD_BYTES));
  const uploadCpuSeconds = await cpuSeconds(pid) - uploadBefore;
  return { ...result, perCpuSecond: result.requests / cpu, uploadSeconds, uploadCpuSeconds, uploadMemoryBytes };
}

const seconds = Number(Deno.args[Deno.args.indexOf("--seconds") + 1]) || 8;
const folder = await Deno.makeTempDir({ prefix: "bulkhead-bench-ui-" });
await Deno.chmod(folder, 0o755); // nginx's workers are another user
const device = await startDevice(folder);
const front = await startFront(folder, device.port);
const floor = await startFloor(folder, device.port);
const { gateway, target } = await startGateway(folder, device.port);
const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
try {
  const nginx = await measure(
    { port: front.port, host: "localhost", headers: { cookie: "a=b" } },
    front.nginx.pid,
    seconds,
  );
  const bare = await measure({ port: floor.port, host: "localhost", headers: { cookie: "a=b" } }, floor.pid, seconds);
  const ours = await measure(target, gateway.pid, seconds);
  const received = device.sink.received();
  if (received !== 3 * UPLOAD_BYTES) throw new Error(`${received} bytes arrived of three uploads`);
  const ratiosTo = (peer: typeof ours) => ({
    perCpuSecond: ours.perCpuSecond / peer.perCpuSecond,
    p99: ours.p99Ms / peer.p99Ms,
    uploadCpu: ours.uploadCpuSeconds / peer.uploadCpuSeconds,
    uploadTime: ours.uploadSeconds / peer.uploadSeconds,
  });
  const ratios = { nginx: ratiosTo(nginx), floor: ratiosTo(bare) };
  if (Deno.args.includes("--json")) {
    say(
      JSON.stringify({
        seconds,
        connections: CONNECTIONS,
        uploadBytes: UPLOAD_BYTES,
        ours,
        nginx,
        floor: bare,
        ratios,
      }),
    );
  } else {
    const row = (
      name: string,
      { perCpuSecond, p50Ms, p99Ms, uploadSeconds, uploadCpuSeconds, uploadMemoryBytes }: typeof ours,
    ) =>
      `${name.padEnd(10)} ${perCpuSecond.toFixed(0)} requests per CPU second, p50 ${p50Ms.toFixed(1)} ms, p99 ${
        p99Ms.toFixed(1)
      } ms; ` +
      `${UPLOAD_BYTES / 1e6} MB up in ${uploadSeconds.toFixed(2)} s with ${uploadCpuSeconds.toFixed(2)} CPU s and ${
        (uploadMemoryBytes / 1e6).toFixed(0)
      } MB more memory`;
    say(row("bulkhead", ours));
    say(row("floor", bare));
    say(row("nginx", nginx));
    for (const [peer, own] of Object.entries(ratios)) {
      say(
        `to ${peer.padEnd(7)} ${Object.entries(own).map(([name, value]) => `${name} ${value.toFixed(2)}`).join(", ")}`,
      );
    }
  }
} finally {
  await gateway.stop();
  await floor.stop();
  await front.nginx.stop();
  await device.stop();
  await Deno.remove(folder, { recursive: true });
}
