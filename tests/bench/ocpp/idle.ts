// deno task bench:idle [--stations N]: resident memory of a relay per idle station, TLS on both legs.
import { usageOf } from "./cpu.ts";
import { fileLimit, withManyFiles } from "./file_limit.ts";
import { Load } from "./load_process.ts";
import { type Relay, startBulkhead, startHaproxy } from "./relays.ts";
import { option, prepare, say } from "./site.ts";

await withManyFiles(new URL(import.meta.url).pathname);
const wanted = option("stations", 10_000), files = await fileLimit();
/** Two connections each, and what else a process has open. */
const STATIONS = Math.min(wanted, Math.floor((files - 500) / 2));
/** Stations of one load process. */
const EACH = 2_500;
/** Garbage of the handshakes is gone by then. */
const REST_MS = 10_000;

/** Memory per station while all are there, and the seconds until they were. */
async function measure(relay: Relay, setup: { readonly ca: string; readonly password: string }) {
  const before = usageOf(relay.pids()).rssBytes, began = performance.now();
  const loads: Load[] = [];
  try {
    for (let first = 0; first < STATIONS; first += EACH) {
      loads.push(new Load({ ...setup, port: relay.port, first, stations: Math.min(EACH, STATIONS - first) }));
    }
    for (const load of loads) await load.answer();
    const seconds = (performance.now() - began) / 1_000;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const { rssBytes } = usageOf(relay.pids());
    return { each: (rssBytes - before) / STATIONS, total: rssBytes, before, seconds };
  } finally {
    for (const load of loads) await load[Symbol.asyncDispose]();
  }
}

await using place = await prepare(STATIONS);
const setup = { ca: place.ca.pem, password: place.site.password };
if (STATIONS < wanted) say(`${files} open files hold ${STATIONS} stations, not ${wanted}`);
const each: Record<string, number> = {};
for (const start of [startBulkhead, startHaproxy]) {
  const relay = await start(place.site);
  try {
    const { each: bytes, total, before, seconds } = await measure(relay, setup);
    each[relay.name] = bytes;
    const mib = (value: number) => (value / 1_048_576).toFixed(0);
    say(
      `${relay.name}: ${STATIONS} idle stations, ${(bytes / 1_024).toFixed(1)} KiB each; ` +
        `${mib(before)} MiB before, ${mib(total)} MiB with them; all open after ${seconds.toFixed(1)} s`,
    );
  } finally {
    await relay.stop();
  }
}
say(JSON.stringify({ stations: STATIONS, bytesEach: each, ratio: each["bulkhead"]! / each["haproxy"]! }));
Deno.exit(0);
