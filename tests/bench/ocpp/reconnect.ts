// deno task bench:reconnect [--stations N] [--rounds N] [--outage SECONDS]: the CSMS is killed and started again; until
// when is every station back, and is every message of every station at the CSMS.
import { usageOf } from "./cpu.ts";
import { withManyFiles } from "./file_limit.ts";
import { Load } from "./load_process.ts";
import type { ReconnectResult } from "./reconnect_load.ts";
import { type Relay, startBulkhead, startHaproxy } from "./relays.ts";
import { median } from "./report.ts";
import { type BenchPlace, option, prepare, say, startCsms } from "./site.ts";

await withManyFiles(new URL(import.meta.url).pathname);
const STATIONS = option("stations", 2_000);
const ROUNDS = option("rounds", 2);
const OUTAGE_MS = option("outage", 5) * 1_000;
/** HAProxy and nginx know no such thing; without a grace Bulkhead drops its stations as they do. */
const GRACE_SECONDS = 30;

interface Outcome extends ReconnectResult {
  readonly cpuSeconds: number;
  readonly lost: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One outage behind one relay. Messages are made before, during and after it. */
async function outage(relay: Relay, { site, ca }: BenchPlace): Promise<Outcome> {
  const ledgerFile = `${site.dir}/ledger`;
  await Deno.writeTextFile(ledgerFile, "");
  let csms = await startCsms(site, site.csmsPort, ledgerFile);
  try {
    const setup = { ca: ca.pem, password: site.password, stations: STATIONS, port: relay.port };
    await using load = new Load(setup, "reconnect_load.ts");
    await load.answer();
    await load.order<ReconnectResult>({ kind: "back" });
    const before = await load.order<ReconnectResult>({ kind: "queue" });
    csms.process.kill("SIGKILL");
    await csms.process.status;
    await pause(OUTAGE_MS / 2);
    await load.order<ReconnectResult>({ kind: "queue" });
    await pause(OUTAGE_MS / 2);
    csms = await startCsms(site, site.csmsPort, ledgerFile);
    const cpu = usageOf(relay.pids()).cpuMicros;
    const result = await load.order<ReconnectResult>({ kind: "back" });
    const cpuSeconds = (usageOf(relay.pids()).cpuMicros - cpu) / 1_000_000;
    const kept = new Set((await Deno.readTextFile(ledgerFile)).split("\n"));
    kept.delete("");
    const { drops, refusals } = result;
    return {
      ...result,
      drops: drops - before.drops,
      refusals: refusals - before.refusals,
      cpuSeconds,
      lost: result.made - kept.size,
    };
  } finally {
    csms.process.kill("SIGKILL");
    await csms.process.status;
  }
}

await using place = await prepare(STATIONS);
place.csms.kill("SIGTERM"); // this bench has a CSMS of its own for each outage, on the same port
await place.csms.status;
const relays = [
  await startBulkhead(place.site, { name: "bulkhead", graceSeconds: 0 }),
  await startBulkhead(place.site, { name: "bulkhead-grace", graceSeconds: GRACE_SECONDS }),
  await startHaproxy(place.site),
];
const seconds: Record<string, number[]> = {};
let lost = 0;
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const relay of relays) {
      const { p50, p99, all, drops, refusals, made, answered, cpuSeconds, lost: missing } = await outage(relay, place);
      (seconds[relay.name] ??= []).push(all);
      lost += missing;
      say(
        `${relay.name.padEnd(14)} ${STATIONS} stations back after ${all.toFixed(2)} s (p50 ${p50.toFixed(2)}, p99 ` +
          `${p99.toFixed(2)}), ${cpuSeconds.toFixed(1)} s of CPU, ${drops} drops, ${refusals} refused attempts; ` +
          `${made} messages made, ${answered} answered, ${missing} not at the CSMS`,
      );
    }
  }
} finally {
  for (const relay of relays) await relay.stop();
}
const of = (name: string) => median(seconds[name] ?? []);
say(JSON.stringify({
  seconds: Object.fromEntries(Object.keys(seconds).map((name) => [name, of(name)])),
  ratio: { mirrorClose: of("bulkhead") / of("haproxy"), grace: of("bulkhead-grace") / of("haproxy") },
  lost,
}));
Deno.exit(lost === 0 ? 0 : 1);
