/**
 * `deno task bench:firmware-memory [--megabytes N] [--json]`: the memory of the whole gateway while an image is uploaded
 * through a form of the console, taken, fetched from a vendor's host, and given out again. It should be flat: pieces pass,
 * no image stands in memory.
 */
import { createHash, createSign } from "node:crypto";
import { request } from "node:https";
import { stringify } from "yaml";
import { runInGateway } from "../../../gateway/cli/control_client.ts";
import { controlSocketPath } from "../../../gateway/control/data_paths.ts";
import { ConsoleClient } from "../../support/console_client.ts";
import { FileServer } from "../../support/file_server.ts";
import { reservePorts } from "../../support/gateway_process.ts";
import { runGateway } from "../../support/run_gateway.ts";
import { claimAdministrator } from "../../support/signed_in.ts";
import { TestCa } from "../../support/test_ca.ts";

const option = Deno.args.indexOf("--megabytes"), megabytes = option < 0 ? 300 : Number(Deno.args[option + 1]);
/** Megabytes that the gateway may grow by while it carries an image of any length: mostly what the collector has not come to. */
const MOST = 280;
const PIECE = new Uint8Array(1_000_000).map((_, at) => at * 31);
const write = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** Resident megabytes of every process below this one whose command line names main.ts. */
function residentOf(folder: string): number {
  let pages = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      if (command.includes(`${folder}/site.yaml`)) {
        pages += Number(Deno.readTextFileSync(`/proc/${name}/statm`).split(" ")[1]);
      }
    } catch (_ended) {
      continue; // it ended between the two looks
    }
  }
  return pages * 4_096 / 1e6;
}

/** Signs an image of that many pieces of one kind. */
function signed(signer: { readonly key: Parameters<ReturnType<typeof createSign>["sign"]>[0] }, first: number) {
  const whole = createHash("sha256"), signing = createSign("sha256"), head = PIECE.slice();
  head[0] = first;
  const parts = [head, ...Array<Uint8Array>(megabytes - 1).fill(PIECE)];
  for (const part of parts) {
    whole.update(part);
    signing.update(part);
  }
  return { parts, sha256: whole.digest("hex"), signature: signing.sign(signer.key).toString("base64") };
}

const folder = await Deno.makeTempDir({ prefix: "bulkhead-memory-" });
const root = new TestCa("Bender firmware root"), signer = root.issue({});
await using server = await FileServer.up(new Map(), "https");
const { console: port } = reservePorts();
await Deno.writeTextFile(`${folder}/roots.pem`, root.pem);
await Deno.writeTextFile(`${folder}/host-ca.pem`, server.ca.pem);
const vendor = { vendor: "bender", manufacturerRootsFile: "roots.pem", maxMegabytes: megabytes + 1 };
await Deno.writeTextFile(
  `${folder}/site.yaml`,
  stringify({
    version: 1,
    site: { id: "garage-12", dataDir: "./data" },
    console: { listen: `127.0.0.1:${port}`, hostname: "localhost" },
    people: {},
    firmware: {
      ...{ quotaMegabytes: megabytes * 3, vendors: [vendor] },
      fetchHosts: [{ host: "localhost", address: "on-site", caFile: "host-ca.pem" }],
    },
  }),
);
const gateway = runGateway(`${folder}/site.yaml`);
const rows: { readonly what: string; readonly peak: number }[] = [];
async function watched<T>(what: string, work: () => Promise<T>): Promise<T> {
  let peak = residentOf(folder);
  const timer = setInterval(() => peak = Math.max(peak, residentOf(folder)), 100);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    rows.push({ what, peak: Math.max(peak, residentOf(folder)) });
  }
}
try {
  await gateway.ready(120_000);
  const browser = new ConsoleClient(`https://localhost:${port}`), page = "/firmware/images/upload";
  await claimAdministrator(browser, /^SETUP code (\S+)/m.exec(gateway.text())![1]!);
  await watched("at rest", () => browser.get("/firmware/images"));
  const image = signed(signer, 1);
  const claim = { vendor: "bender", version: "5.34.1", signature: image.signature, certificate: signer.certPem };
  const file = { name: "a.deb", bytes: megabytes * PIECE.length, parts: image.parts };
  const judged = await watched("uploaded by a form, verdict shown", () => browser.upload(page, page, claim, file));
  const upload = /name="upload" value="([^"]+)"/.exec(judged.text)?.[1] ?? "";
  await watched("taken", () => browser.post(page, `${page}/keep`, { ...claim, upload, fileName: "a.deb" }));
  const other = signed(signer, 2);
  server.misbehave = (_path, response) => {
    response.writeHead(200, { "content-length": megabytes * PIECE.length });
    const send = (at: number): void => {
      if (at === other.parts.length) return void response.end();
      if (response.write(other.parts[at]!)) send(at + 1);
      else response.once("drain", () => send(at + 1));
    };
    send(0);
    return true;
  };
  const socket = controlSocketPath({ dataDir: `${folder}/data` });
  const fetched = { url: `${server.url}/b.deb`, vendor: "bender", version: "5.34.2", accept: true };
  const proof = { signature: other.signature, certificate: signer.certPem };
  const { data } = await watched(
    "fetched from the vendor's host",
    () => runInGateway(socket, "firmware fetch", { ...fetched, ...proof }, "anna"),
  );
  if ((data as { stored?: boolean }).stored !== true) {
    throw new Error(`not stored: ${JSON.stringify(data).slice(0, 500)}`);
  }
  await watched("given out by the console", () => takeOut(browser, port, image.sha256));
} finally {
  await gateway.stop();
  await Deno.remove(folder, { recursive: true });
}

/** Takes an image's file as a browser does; counts its bytes. */
function takeOut(browser: ConsoleClient, port: number, sha256: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cookie = `__Host-bulkhead-session=${browser.cookie("__Host-bulkhead-session")}`;
  const path = `/firmware/images/${sha256}/file`, host = `localhost:${port}`;
  const asked = request(
    { host: "127.0.0.1", port, path, headers: { cookie, host }, rejectUnauthorized: false },
    (answer) => {
      let bytes = 0;
      answer.on("data", (part: Uint8Array) => bytes += part.length);
      answer.on(
        "end",
        () =>
          bytes === megabytes * PIECE.length ? resolve() : reject(new Error(`${answer.statusCode}, ${bytes} bytes`)),
      );
    },
  );
  asked.on("error", reject);
  asked.end();
  return promise;
}

const [rest, ...others] = rows, growth = Math.max(...others.map(({ peak }) => peak)) - rest!.peak;
if (Deno.args.includes("--json")) write(JSON.stringify({ megabytes, rows, growth }));
else {for (const { what, peak } of rows) {
    write(`${what.padEnd(36)} ${peak.toFixed(0)} MB  ${(peak - rest!.peak).toFixed(0).padStart(4)} more`);
  }}
if (growth > MOST) write(`It grew by ${growth.toFixed(0)} MB with an image of ${megabytes}: wanted ${MOST} at most`);
Deno.exit(growth > MOST ? 1 : 0);
