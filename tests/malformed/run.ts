import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { processTree, usageOf } from "../bench/ocpp/cpu.ts";
import type { LoadResult } from "../bench/ocpp/load.ts";
import { Load } from "../bench/ocpp/load_process.ts";
import { median } from "../bench/ocpp/report.ts";
import { prepare } from "../bench/ocpp/site.ts";
import { attack, type AttackResult } from "./attack.ts";
import { type MalformedSite, NEIGHBOURS, startSite } from "./site.ts";

/** What the neighbours do all the time, per second, and for how long one figure is taken. */
const TRIPS = { kind: "trips", perSecond: 100, seconds: 3 } as const;
/** Turns of broken input and of stations that behave. */
const PARTS = 4;
/** Resident memory may end a quarter above where it was after the first tenth, and heaps breathe. */
const BREATH_BYTES = 48 * 1_048_576;
/** The machine is shared with those who attack: a neighbour may wait this much longer than alone, not more. */
const SLOWER = { p50: 8, p99: 8, extraMicros: 150_000 } as const;
/** Beside as many stations that behave, at the same pace, a neighbour waits as long; the rest is what a busy machine does to both. */
const SLOWER_THAN_VALID = { p50: 3, p99: 3, extraMicros: 100_000 } as const;
/** Not even once may all neighbours stand still for longer: one message of one station would be enough to hold them up. */
const STALL_MICROS = 3_000_000;
/** Cases of stations that behave: a few seconds of their connections. */
const VALID_CASES = 2_400;

/** What a run found. */
export interface MalformedResult {
  /** Empty when all is well; else one sentence each. */
  readonly wrong: readonly string[];
  /** What was measured, for people. */
  readonly lines: readonly string[];
}

/**
 * Sends broken frames, handshakes and closes to a real gateway, while stations that behave go on beside them: nothing
 * crashes, nothing stays in memory, nothing arrives that was not sent, and the neighbours hardly notice.
 */
export async function runMalformed(count: number, seed: number): Promise<MalformedResult> {
  await using place = await prepare(NEIGHBOURS);
  await using site = await startSite(place);
  const { password } = place.site;
  await using load = new Load({ ca: place.ca.pem, password, stations: NEIGHBOURS, port: site.tlsPort });
  await load.answer();
  const calm = await load.order(TRIPS);
  const memory: number[] = [];
  const rss = () => usageOf(processTree(site.gateway.pid)).rssBytes;
  const crowd = {
    plainPort: site.plainPort,
    tlsPort: site.tlsPort,
    password,
    clock: systemClock,
    timers: systemTimers,
  };
  // In turns, so that whatever else the machine does falls on both.
  const valid: Part[] = [], broken: Part[] = [];
  for (let part = 0; part < PARTS; part++) {
    const onProgress = (done: number) => {
      if (part * count / PARTS + done >= count * (memory.length + 1) / 10) memory.push(rss());
    };
    broken.push(
      await beside(load, () => attack({ ...crowd, count: count / PARTS, seed: seed + part * 1_000, onProgress })),
    );
    valid.push(
      await beside(
        load,
        () => attack({ ...crowd, count: VALID_CASES / PARTS, seed: seed + part, isValid: true, onProgress: () => {} }),
      ),
    );
  }
  memory.push(rss());
  const attacks = broken.map(({ result }) => result),
    neighbours = { calm, valid: latency(valid), broken: latency(broken) };
  const wrong = [
    ...altered(joined([...valid.map(({ result }) => result), ...attacks]), site),
    ...grown(memory),
    ...slower("alone", calm, neighbours.broken, SLOWER),
    ...slower("beside stations that behave", neighbours.valid, neighbours.broken, SLOWER_THAN_VALID),
    ...stalled(broken),
    ...await restarted(site),
    ...attacks.flatMap(({ leftOpen }) => leftOpen).map((sent) =>
      `was not ended although it broke the protocol: ${sent.slice(-2_000)}`
    ),
  ];
  return { wrong, lines: describe(attacks, site, memory, neighbours) };
}

type Latency = Pick<LoadResult, "p50" | "p99">;

/** One part of a run, and what the neighbours saw meanwhile. */
interface Part {
  readonly result: AttackResult;
  readonly during: readonly LoadResult[];
}

async function beside(load: Load, work: () => Promise<AttackResult>): Promise<Part> {
  const during: LoadResult[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver || during.length === 0) during.push(await load.order(TRIPS));
  })();
  try {
    return { result: await work(), during };
  } finally {
    isOver = true;
    await watching; // also when the work failed: its error is the one to be told
  }
}

function latency(parts: readonly Part[]): Latency {
  const all = parts.flatMap(({ during }) => during);
  return { p50: median(all.map(({ p50 }) => p50)), p99: median(all.map(({ p99 }) => p99)) };
}

/** What each station sent in all parts. */
function joined(parts: readonly AttackResult[]): Sent {
  const all = new Map<string, Set<string>>();
  for (const [id, texts] of parts.flatMap(({ readable }) => [...readable])) {
    all.set(id, new Set([...all.get(id) ?? [], ...texts]));
  }
  return all;
}

type Sent = AttackResult["readable"];

function describe(
  attacks: readonly AttackResult[],
  { csms }: MalformedSite,
  memory: readonly number[],
  neighbours: Readonly<Record<"calm" | "valid" | "broken", Latency>>,
): string[] {
  const show = ({ p50, p99 }: Latency) => `p50 ${(p50 / 1_000).toFixed(1)} ms, p99 ${(p99 / 1_000).toFixed(1)} ms`;
  const sum = (of: "frames" | "handshakes" | "closes") => attacks.reduce((all, one) => all + one[of], 0);
  const arrived = csms.peers.reduce((sum, { texts }) => sum + texts.length, 0);
  return [
    `${sum("frames")} frames, ${sum("handshakes")} handshakes, ${
      sum("closes")
    } closes; ${csms.peers.length} connections and ${arrived} ` +
    "messages reached the CSMS of the attackers",
    `neighbours: ${show(neighbours.calm)} alone; ${show(neighbours.valid)} beside as many stations that behave; ` +
    `${show(neighbours.broken)} beside broken input`,
    `resident memory by tenths: ${memory.map((bytes) => (bytes / 1_048_576).toFixed(0)).join(", ")} MiB`,
  ];
}

/** Every message at the CSMS is one that a right reader finds in what that station sent. */
function altered(readable: Sent, { csms }: MalformedSite): string[] {
  const wrong: string[] = [];
  let arrived = 0;
  for (const { request, texts } of csms.peers) {
    const id = request!.url!.split("/").at(-1)!;
    for (const text of texts) {
      arrived++;
      if (!readable.get(id)?.has(text)) {
        wrong.push(`${id}: ${JSON.stringify(text.slice(0, 200))} arrived and was not sent`);
      }
    }
  }
  if (arrived === 0) wrong.push("no message at all reached the CSMS: this run proves nothing");
  return wrong.slice(0, 20);
}

function grown(memory: readonly number[]): string[] {
  const start = memory[0]!, end = memory.at(-1)!, limit = start * 1.25 + BREATH_BYTES;
  const mib = (bytes: number) => (bytes / 1_048_576).toFixed(0);
  return end <= limit ? [] : [`memory grew from ${mib(start)} to ${mib(end)} MiB, wanted at most ${mib(limit)}`];
}

function slower(
  beside: string,
  before: Latency,
  during: Latency,
  most: { readonly p50: number; readonly p99: number; readonly extraMicros: number },
): string[] {
  return (["p50", "p99"] as const).flatMap((at) => {
    const limit = before[at] * most[at] + most.extraMicros;
    return during[at] <= limit
      ? []
      : [`the neighbours' ${at} went from ${before[at]} (${beside}) to ${during[at]} us, wanted ${limit}`];
  });
}

/** Medians do not see one stall of seconds. */
function stalled(parts: readonly Part[]): string[] {
  const worst = Math.max(...parts.flatMap(({ during }) => during.map(({ p99 }) => p99)));
  return worst <= STALL_MICROS ? [] : [`the neighbours stood still for ${worst} us, wanted at most ${STALL_MICROS}`];
}

async function restarted({ gateway }: MalformedSite): Promise<string[]> {
  const { data } = await gateway.command("status");
  const { workers } = data as {
    readonly workers: Readonly<Record<string, { readonly restarts: number; readonly lastFault?: string }>>;
  };
  return Object.entries(workers).flatMap(([name, { restarts, lastFault }]) =>
    restarts > 0 ? [`Worker ${name} was restarted: ${lastFault}`] : []
  );
}
