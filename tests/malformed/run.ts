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
const TRIPS = { kind: "trips", perSecond: 100, seconds: 4 } as const;
/** Resident memory may end a quarter above where it was after the first tenth, and heaps breathe. */
const BREATH_BYTES = 48 * 1_048_576;
/** The machine is shared with those who attack: a neighbour may wait this much longer, not more. */
const SLOWER = { p50: 8, p99: 8, extraMicros: 150_000 } as const;

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
  const during: LoadResult[] = [], memory: number[] = [];
  let isOver = false;
  const rss = () => usageOf(processTree(site.gateway.pid)).rssBytes;
  const neighbours = (async () => {
    while (!isOver || during.length === 0) during.push(await load.order(TRIPS));
  })();
  const result = await attack({
    ...{ plainPort: site.plainPort, tlsPort: site.tlsPort, password, count, seed },
    ...{ clock: systemClock, timers: systemTimers },
    onProgress: (done) => {
      if (done >= count * (memory.length + 1) / 10) memory.push(rss());
    },
  });
  isOver = true;
  await neighbours;
  memory.push(rss());
  const after = { p50: median(during.map(({ p50 }) => p50)), p99: median(during.map(({ p99 }) => p99)) };
  const wrong = [
    ...altered(result, site),
    ...grown(memory),
    ...slower(calm, after),
    ...await restarted(site),
    ...result.leftOpen.map((sent) => `was not ended although it broke the protocol: ${sent.slice(-2_000)}`),
  ];
  return { wrong, lines: describe(result, site, memory, calm, after) };
}

function describe(
  { frames, handshakes, closes }: AttackResult,
  { csms }: MalformedSite,
  memory: readonly number[],
  calm: LoadResult,
  during: { readonly p50: number; readonly p99: number },
): string[] {
  const ms = (micros: number) => (micros / 1_000).toFixed(1);
  const arrived = csms.peers.reduce((sum, { texts }) => sum + texts.length, 0);
  return [
    `${frames} frames, ${handshakes} handshakes, ${closes} closes; ${csms.peers.length} connections and ${arrived} ` +
    "messages reached the CSMS of the attackers",
    `neighbours: p50 ${ms(calm.p50)} ms, p99 ${ms(calm.p99)} ms before; ` +
    `p50 ${ms(during.p50)} ms, p99 ${ms(during.p99)} ms meanwhile`,
    `resident memory by tenths: ${memory.map((bytes) => (bytes / 1_048_576).toFixed(0)).join(", ")} MiB`,
  ];
}

/** Every message at the CSMS is one that a right reader finds in what that station sent. */
function altered({ readable }: AttackResult, { csms }: MalformedSite): string[] {
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

function slower(calm: LoadResult, during: { readonly p50: number; readonly p99: number }): string[] {
  return (["p50", "p99"] as const).flatMap((at) => {
    const limit = calm[at] * SLOWER[at] + SLOWER.extraMicros;
    return during[at] <= limit
      ? []
      : [`the neighbours' ${at} went from ${calm[at]} to ${during[at]} us, wanted ${limit}`];
  });
}

async function restarted({ gateway }: MalformedSite): Promise<string[]> {
  const { data } = await gateway.command("status");
  const { workers } = data as { readonly workers: Readonly<Record<string, { readonly restarts: number }>> };
  return Object.entries(workers).filter(([, { restarts }]) => restarts > 0).map(([name]) =>
    `Worker ${name} was restarted`
  );
}
