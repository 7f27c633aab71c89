// deno task bench:idle [--stations N]: resident memory of a relay per idle station, TLS on both legs.
import { usageOf } from "./cpu.ts";
import { fileLimit, withManyFiles } from "./file_limit.ts";
import { Load } from "./load_process.ts";
import { type Relay, startBulkhead, startFloor, startHaproxy } from "./relays.ts";
import { option, prepare, say } from "./site.ts";

await withManyFiles(new URL(import.meta.url).pathname);
const STATIONS = option("stations", 10_000), files = await fileLimit();
/** What one relay process can hold: two connections each, and what else a process has open. */
const PER_PROCESS = Math.floor((files - 500) / 2);
/** Where the machine does not let a process have that many files, the stations are shared by several relays of one kind. */
const PROCESSES = Math.ceil(STATIONS / PER_PROCESS);
const PER_RELAY = Math.ceil(STATIONS / PROCESSES);
/** Stations of one load process. */
const EACH = 2_500;
/** Garbage of the handshakes is gone by then. */
const REST_MS = 10_000;

const rssOf = (relays: readonly Relay[]) => usageOf(relays.flatMap((relay) => relay.pids())).rssBytes;

/** Memory per station while all are there, and the seconds until they were. */
async function measure(relays: readonly Relay[], setup: { readonly ca: string; readonly password: string }) {
  const before = rssOf(relays), began = performance.now();
  const loads: Load[] = [];
  try {
    for (const [n, { port }] of relays.entries()) {
      const end = Math.min(STATIONS, (n + 1) * PER_RELAY);
      for (let first = n * PER_RELAY; first < end; first += EACH) {
        loads.push(new Load({ ...setup, port, first, stations: Math.min(EACH, end - first) }));
      }
    }
    for (const load of loads) await load.answer();
    const seconds = (performance.now() - began) / 1_000;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const total = rssOf(relays);
    return { each: (total - before) / STATIONS, total, before, seconds };
  } finally {
    for (const load of loads) await load[Symbol.asyncDispose]();
  }
}

/** Its end stops the CSMS: before the exit, which would leave it behind. */
async function bench(): Promise<void> {
  await using place = await prepare(STATIONS);
  const setup = { ca: place.ca.pem, password: place.site.password };
  if (PROCESSES > 1) {
    say(`${files} open files hold ${PER_PROCESS} stations: ${PROCESSES} relays of ${PER_RELAY} stations each`);
  }
  const kinds = {
    bulkhead: (n: number) => startBulkhead(place.site, { name: `bulkhead-${n}` }),
    floor: () => startFloor(place.site),
    haproxy: () => startHaproxy({ ...place.site, stations: PER_RELAY }), // it refuses to start for more than it may open
  };
  const each: Record<string, number> = {};
  for (const [name, start] of Object.entries(kinds)) {
    const relays: Relay[] = [];
    try {
      for (let n = 0; n < PROCESSES; n++) relays.push(await start(n));
      const { each: bytes, total, before, seconds } = await measure(relays, setup);
      each[name] = bytes;
      const mib = (value: number) => (value / 1_048_576).toFixed(0);
      say(
        `${name}: ${STATIONS} idle stations, ${(bytes / 1_024).toFixed(1)} KiB each; ` +
          `${mib(before)} MiB before, ${mib(total)} MiB with them; all open after ${seconds.toFixed(1)} s`,
      );
    } finally {
      for (const relay of relays) await relay.stop();
    }
  }
  say(JSON.stringify({ stations: STATIONS, processes: PROCESSES, bytesEach: each }));
}

await bench();
Deno.exit(0);
