// deno task bench:start [--rounds N]: time from spawn to READY, and resident memory of a full site at rest.
import { processTree, usageOf } from "./ocpp/cpu.ts";
import { freePort } from "../support/free_port.ts";
import { readWord, V8_FLAGS } from "./ocpp/relays.ts";
import { median } from "./ocpp/report.ts";

const at = Deno.args.indexOf("--rounds");
const ROUNDS = at < 0 ? 5 : Number(Deno.args[at + 1]);
const STATIONS = 200;
/** The garbage of the start is gone by then. */
const REST_MS = 3_000;

const dir = await Deno.makeTempDir({ prefix: "bulkhead-start-" });
const station = (n: number) =>
  `  - { id: CP${n}, ocpp: { protocols: [ocpp1.6, ocpp2.0.1], securityProfile: ${1 + n % 3}, csms: main } }`;
await Deno.writeTextFile(
  `${dir}/site.yaml`,
  `version: 1
site: { id: bench, dataDir: ./data }
console: { listen: "127.0.0.1:${freePort()}", hostname: localhost }
telemetry: { metricsListen: "127.0.0.1:${freePort()}" }
ocpp:
  listeners:
    - { listen: "127.0.0.1:${freePort()}", tls: {} }
    - { listen: "127.0.0.1:${freePort()}", plaintext: isolated-segment }
  csms:
    - { id: main, url: "ws://127.0.0.1:${freePort()}/ocpp", plaintext: isolated-segment }
stations:
${Array.from({ length: STATIONS }, (_, n) => station(n)).join("\n")}
`,
);
const main = new URL("../../main.ts", import.meta.url).pathname;
const flags = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
const readyMs: number[] = [];
const rssMiB: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const began = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", ...V8_FLAGS, ...flags, main, "run", "--config", `${dir}/site.yaml`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  await readWord(process, "READY");
  const ready = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  if (round > 0) { // the first start makes keys and certificates: it is not a warm one
    readyMs.push(ready);
    rssMiB.push(usageOf(processTree(process.pid)).rssBytes / 1_048_576);
  }
  process.kill("SIGTERM");
  await process.status;
}
await Deno.remove(dir, { recursive: true });
const show = (values: readonly number[]) =>
  `median ${median(values).toFixed(0)}, ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
Deno.stdout.writeSync(new TextEncoder().encode(
  `${ROUNDS} warm starts of a site with ${STATIONS} stations\nREADY after ms: ${show(readyMs)}\nRSS at rest MiB: ${
    show(rssMiB)
  }\n`,
));
