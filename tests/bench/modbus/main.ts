// deno task bench:modbus [--json] [--rounds N] [--seconds N] [--against PATH/main.ts]
import { encodeMbap } from "../../../gateway/modbus/codec_mbap.ts";
import { TestCa } from "../../support/test_ca.ts";
import { usageOf } from "../ocpp/cpu.ts";
import { readWord } from "../ocpp/relays.ts";
import { median } from "../ocpp/report.ts";
import { option, say } from "../ocpp/site.ts";
import { type LoadFigures, ModbusLoad } from "./load.ts";
import { missingModbusPeers } from "./peers.ts";
import {
  type ModbusWay,
  startBulkhead,
  startFloor,
  startPlainRelay,
  startStunnelPair,
  writeCertificates,
} from "./relays.ts";

const ROUNDS = option("rounds", 3), SECONDS = option("seconds", 3);
/**
 * A gateway runs for months: what its compiler does in the first seconds is no part of what a request costs (after 4 s of one connection
 * V8's helpers take 11 us per request, after 15 s 2). Each way is warmed once by all cases, and a little before each measurement.
 */
const FIRST_WARM_SECONDS = 5, WARM_SECONDS = 0.3;
/** Several connections are what an energy manager and a SCADA have between them; a single one that waits is the worst case. */
const MAIN_CONNECTIONS = 8;
const CONNECTIONS = [MAIN_CONNECTIONS, 1];
/** Processor time per request that Bulkhead may take to that of one stunnel hop (issue 5). */
const GOAL = 1.5;

/** Three set points, which are never answered from memory; and ten measured registers, which may be. */
const READS = {
  "to the device": { address: 1_000, quantity: 3 },
  "polled": { address: 212, quantity: 10 },
} as const;

/** What Bulkhead is compared with; the last is what mutual TLS costs in this runtime when nobody looks at anything. */
const FLOOR = "TLS in Deno alone";
const PEERS: readonly string[] = ["stunnel", "plain relay", FLOOR];

interface Row extends LoadFigures {
  readonly what: keyof typeof READS;
  readonly connections: number;
  readonly way: string;
  readonly round: number;
  /** Microseconds of CPU per request: of the way's own hop, and of the stunnel before it. */
  readonly hopMicros: number;
  readonly beforeMicros: number;
}

/** Asks for so long over connections of its own. */
async function withLoad<T>(
  way: ModbusWay,
  what: Row["what"],
  connections: number,
  test: (run: (seconds: number) => Promise<LoadFigures>) => Promise<T>,
): Promise<T> {
  const { address, quantity } = READS[what];
  const frame = encodeMbap({
    ...{ transaction: 1, unit: 11 },
    pdu: Uint8Array.of(3, address >> 8, address & 0xff, 0, quantity),
  });
  const load = await ModbusLoad.connect(way.port, connections);
  try {
    return await test((seconds) => load.run(frame, 9 + quantity * 2, seconds));
  } finally {
    load.close();
  }
}

function measure(way: ModbusWay, what: Row["what"], connections: number, round: number): Promise<Row> {
  return withLoad(way, what, connections, async (run) => {
    await run(WARM_SECONDS);
    const before = [usageOf(way.hop()).cpuMicros, usageOf(way.before()).cpuMicros];
    const figures = await run(SECONDS);
    const after = [usageOf(way.hop()).cpuMicros, usageOf(way.before()).cpuMicros];
    const [hopMicros, beforeMicros] = after.map((micros, at) => (micros - before[at]!) / figures.done);
    return { what, connections, way: way.name, round, ...figures, hopMicros: hopMicros!, beforeMicros: beforeMicros! };
  });
}

const CASES = (Object.keys(READS) as Row["what"][]).flatMap((what) =>
  CONNECTIONS.map((connections) => ({ what, connections }))
);

/** Bulkhead's figure against a peer's, pair by pair within a round, then the median. */
function ratio(rows: readonly Row[], of: Row, peer: string, figure: (row: Row) => number): number {
  const same = rows.filter(({ what, connections }) => what === of.what && connections === of.connections);
  const ratios = same.filter(({ way }) => way === of.way).map((row) => {
    const other = same.find(({ way, round }) => way === peer && round === row.round)!;
    return figure(row) / figure(other);
  });
  return Math.round(median(ratios) * 100) / 100;
}

function report(rows: readonly Row[]): void {
  for (const { what, connections, way, round, hopMicros, beforeMicros, p50, p99, perSecond } of rows) {
    const before = beforeMicros > 0 ? ` (+${beforeMicros.toFixed(0)} of the stunnel before it)` : "";
    say(
      `round ${round}  ${what}, ${connections} connections  ${way}: ${
        hopMicros.toFixed(0)
      } us CPU${before}, p50 ${p50} us, p99 ${p99} us, ${perSecond}/s`,
    );
  }
  const firsts = rows.filter(({ round, way }) => round === 0 && (way === FLOOR || !PEERS.includes(way)));
  const ratios = firsts.map((row) => ({
    what: row.what,
    connections: row.connections,
    isMain: row.connections === MAIN_CONNECTIONS,
    way: row.way,
    ...goal(ratio(rows, row, "stunnel", ({ hopMicros }) => hopMicros)),
    p99ToStunnelPair: ratio(rows, row, "stunnel", ({ p99 }) => p99),
    cpuToDenoFloor: ratio(rows, row, FLOOR, ({ hopMicros }) => hopMicros),
    cpuToPlainRelay: ratio(rows, row, "plain relay", ({ hopMicros }) => hopMicros),
    p99ToPlainRelay: ratio(rows, row, "plain relay", ({ p99 }) => p99),
  }));
  if (Deno.args.includes("--json")) return say(JSON.stringify({ goal: GOAL, rows, ratios }));
  for (const { what, connections, isMain, way, cpuToStunnelHop, holds, ...others } of ratios) {
    const verdict = `${cpuToStunnelHop} of a stunnel hop, ${holds ? "within" : "beyond"} ${GOAL}`;
    say(`${isMain ? "main " : ""}${what}, ${connections} connections  ${way}: ${verdict}  ${JSON.stringify(others)}`);
  }
}

function goal(cpuToStunnelHop: number): { readonly cpuToStunnelHop: number; readonly holds: boolean } {
  return { cpuToStunnelHop, holds: cpuToStunnelHop <= GOAL };
}

const missing = await missingModbusPeers();
if (missing.length > 0) {
  say(`bench:modbus cannot compare:\n${missing.join("\n")}`);
  Deno.exit(1);
}
const dir = await Deno.makeTempDir({ prefix: "bulkhead-bench-modbus-" });
const device = new Deno.Command(Deno.execPath(), {
  args: ["run", "-q", "-A", new URL("./device.ts", import.meta.url).pathname],
  stdout: "piped",
}).spawn();
const ways: ModbusWay[] = [];
try {
  const place = { dir, ca: new TestCa("Bench CA"), devicePort: Number(await readWord(device, "PORT")) };
  await writeCertificates(place);
  const startApart = (where: typeof place) => startBulkhead(where, { name: "bulkhead apart", workers: "separate" });
  const starts = [
    (where: typeof place) => startBulkhead(where),
    startApart,
    startStunnelPair,
    startPlainRelay,
    startFloor,
  ];
  for (const start of starts) ways.push(await start(place));
  const against = Deno.args.indexOf("--against");
  if (against >= 0) ways.push(await startBulkhead(place, { name: "other", main: Deno.args[against + 1]! }));
  const rows: Row[] = [];
  for (const way of ways) {
    for (const { what, connections } of CASES) {
      await withLoad(way, what, connections, (run) => run(FIRST_WARM_SECONDS));
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { what, connections } of CASES) {
      for (const way of ways) rows.push(await measure(way, what, connections, round));
    }
  }
  report(rows);
} finally {
  for (const way of ways) await way.stop();
  device.kill("SIGTERM");
  await device.status;
  await Deno.remove(dir, { recursive: true });
}
