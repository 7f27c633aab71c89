// deno task bench:ocpp [--json] [--rounds N] [--seconds N] [--stations N]
import { TestCa } from "../../support/test_ca.ts";
import { usageOf } from "./cpu.ts";
import type { LoadOrder, LoadResult, LoadSetup } from "./load.ts";
import { missingPeers } from "./peers.ts";
import {
  type BenchSite,
  readWord,
  type Relay,
  startBulkhead,
  startHaproxy,
  startNginx,
  startOcppRpc,
} from "./relays.ts";
import { printReport, type Row } from "./report.ts";

const option = (name: string, otherwise: number) => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
};
const ROUNDS = option("rounds", 3);
const SECONDS = option("seconds", 5);
const STATIONS = option("stations", 200);
const IDLE = option("idle", 1_000);
const HANDSHAKES = option("handshakes", 400);
const RATE = 1_000;

/** A load process and the way to give it orders. */
class Load implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  constructor(setup: LoadSetup) {
    const script = new URL("./load.ts", import.meta.url).pathname;
    const args = ["run", "-q", "-A", script, JSON.stringify(setup)];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#orders = this.#process.stdin.getWriter();
  }

  async answer<T>(): Promise<T> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("The load process ended");
      this.#rest += value;
    }
    const at = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, at);
    this.#rest = this.#rest.slice(at + 1);
    return JSON.parse(line) as T;
  }

  async order(order: LoadOrder): Promise<LoadResult> {
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    return await this.answer<LoadResult>();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close();
    await this.#process.status;
  }
}

async function prepare(dir: string): Promise<{ site: BenchSite; ca: TestCa; csms: Deno.ChildProcess }> {
  const ca = new TestCa("Bench CA");
  const { certPem, keyPem } = ca.server(["localhost", "127.0.0.1"]);
  const files = { "server.pem": certPem, "server.key": keyPem, "both.pem": certPem + keyPem, "ca.pem": ca.pem };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
  const script = new URL("./csms.ts", import.meta.url).pathname;
  const args = ["run", "-q", "-A", script, `${dir}/server.pem`, `${dir}/server.key`];
  const csms = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const site = {
    dir,
    certFile: `${dir}/server.pem`,
    keyFile: `${dir}/server.key`,
    pemFile: `${dir}/both.pem`,
    caFile: `${dir}/ca.pem`,
    csmsPort: Number(await readWord(csms, "PORT")),
    password: "5f3a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c",
    stations: Math.max(STATIONS, IDLE),
  };
  return { site, ca, csms };
}

/** CPU of the relay per unit of work while the load works. */
async function measure(relay: Relay, load: Load, order: LoadOrder): Promise<LoadResult & { cpuMicros: number }> {
  const before = usageOf(relay.pids()).cpuMicros;
  const result = await load.order(order);
  return { ...result, cpuMicros: (usageOf(relay.pids()).cpuMicros - before) / result.done };
}

async function benchTrips(relays: readonly Relay[], setup: Omit<LoadSetup, "port">, rows: Row[]): Promise<void> {
  const loads = relays.map((relay) => new Load({ ...setup, port: relay.port }));
  try {
    for (const load of loads) await load.answer();
    for (const load of loads) await load.order({ kind: "trips", perSecond: 0, seconds: 2 }); // warm up
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, relay] of relays.entries()) {
        for (const [what, perSecond] of [["saturated", 0], [`${RATE}/s`, RATE]] as const) {
          const result = await measure(relay, loads[i]!, { kind: "trips", perSecond, seconds: SECONDS });
          rows.push({ what, relay: relay.name, round, ...result });
        }
      }
    }
  } finally {
    for (const load of loads) await load[Symbol.asyncDispose]();
  }
}

async function benchHandshakes(relays: readonly Relay[], setup: Omit<LoadSetup, "port">, rows: Row[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const relay of relays) {
      if (relay.mutualPort === undefined) continue;
      await using load = new Load({ ...setup, stations: 0, port: relay.mutualPort });
      await load.answer();
      const result = await measure(relay, load, { kind: "handshakes", count: HANDSHAKES });
      rows.push({ what: "mutual TLS handshake", relay: relay.name, round, ...result });
    }
  }
}

async function idleMemory(relays: readonly Relay[], setup: Omit<LoadSetup, "port">): Promise<Record<string, number>> {
  const bytes: Record<string, number> = {};
  for (const relay of relays) {
    const before = usageOf(relay.pids()).rssBytes;
    await using load = new Load({ ...setup, stations: IDLE, port: relay.port });
    await load.answer();
    bytes[relay.name] = Math.round((usageOf(relay.pids()).rssBytes - before) / IDLE);
  }
  return bytes;
}

const missing = await missingPeers();
if (missing.length > 0) {
  Deno.stderr.writeSync(new TextEncoder().encode(`bench:ocpp cannot compare:\n${missing.join("\n")}\n`));
  Deno.exit(1);
}
const dir = await Deno.makeTempDir({ prefix: "bulkhead-bench-" });
const { site, ca, csms } = await prepare(dir);
const relays: Relay[] = [];
try {
  for (const start of [startBulkhead, startHaproxy, startNginx, startOcppRpc]) relays.push(await start(site));
  const { certPem: cert, keyPem: key } = ca.client("CP00000");
  const setup = { ca: ca.pem, password: site.password, stations: STATIONS, client: { cert, key } };
  const rows: Row[] = [];
  const memory = await idleMemory(relays, setup); // first: later figures would hold the earlier loads' leftovers
  await benchTrips(relays, setup, rows);
  await benchHandshakes(relays, setup, rows);
  printReport({ rows, memory, idle: IDLE, stations: STATIONS, asJson: Deno.args.includes("--json") });
} finally {
  for (const relay of relays) await relay.stop();
  csms.kill("SIGTERM");
  await csms.status;
  await Deno.remove(dir, { recursive: true });
}
