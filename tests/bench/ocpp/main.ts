// deno task bench:ocpp [--json] [--rounds N] [--seconds N] [--stations N] [--warm N] [--against PATH/main.ts]
import { usageOf } from "./cpu.ts";
import type { LoadOrder, LoadResult, LoadSetup } from "./load.ts";
import { Load } from "./load_process.ts";
import { missingPeers } from "./peers.ts";
import { type Relay, startBulkhead, startFloor, startHaproxy, startNginx, startOcppRpc } from "./relays.ts";
import { printReport, type Row } from "./report.ts";
import { option, prepare } from "./site.ts";

const ROUNDS = option("rounds", 3);
const SECONDS = option("seconds", 5);
const STATIONS = option("stations", 200);
const IDLE = option("idle", 1_000);
const HANDSHAKES = option("handshakes", 400);
/** Before the first round, as fast as it goes: a gateway runs for months, and a relay in JavaScript is compiled by its work. */
const WARM_SECONDS = option("warm", 10);
const RATE = 1_000;

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
    for (const load of loads) await load.order({ kind: "trips", perSecond: 0, seconds: WARM_SECONDS });
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
await using place = await prepare(Math.max(STATIONS, IDLE));
const { site, ca } = place;
const relays: Relay[] = [];
try {
  for (const start of [startBulkhead, startFloor, startHaproxy, startNginx, startOcppRpc]) {
    relays.push(await start(site));
  }
  const against = Deno.args.indexOf("--against");
  if (against >= 0) relays.push(await startBulkhead(site, { name: "other", main: Deno.args[against + 1]! }));
  const { certPem: cert, keyPem: key } = ca.client("CP00000");
  const setup = { ca: ca.pem, password: site.password, stations: STATIONS, client: { cert, key } };
  const rows: Row[] = [];
  const memory = await idleMemory(relays, setup); // first: later figures would hold the earlier loads' leftovers
  await benchTrips(relays, setup, rows);
  await benchHandshakes(relays, setup, rows);
  printReport({ rows, memory, idle: IDLE, stations: STATIONS, asJson: Deno.args.includes("--json") });
} finally {
  for (const relay of relays) await relay.stop();
}
