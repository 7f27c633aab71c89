import { HAL_LIMITS } from "./limits.ts";
import type { TimeReport } from "./time_service.ts";

type Source = TimeReport["sources"][number];

const STATES: Readonly<Record<string, Source["state"]>> = {
  "*": "selected",
  "+": "combined",
  "-": "not-combined",
  "?": "unreachable",
  "x": "false-ticker",
  "~": "too-variable",
};
const TRACKING_FIELDS = 14;
const SOURCE_FIELDS = 10;
const AUTH_FIELDS = 10;

/**
 * Reads what `chronyc -c -N -m tracking sources authdata` writes: lines of fields, told apart by their form. Lines of
 * another form are passed over: a newer chrony may have more to say.
 */
export function readChronyReport(text: string, ageSeconds: number): TimeReport {
  const rows = text.split("\n").slice(0, HAL_LIMITS.timeSources * 2 + 1).map((line) => line.split(","));
  const tracking = rows.map(trackingOf).find((found) => found !== undefined);
  const proofs = new Map(rows.flatMap(proofOf));
  const sources = rows.flatMap((row) => sourceOf(row, proofs)).slice(0, HAL_LIMITS.timeSources);
  return { ageSeconds, ...tracking ? { tracking } : {}, sources };
}

function trackingOf(row: readonly string[]): TimeReport["tracking"] | undefined {
  if (row.length !== TRACKING_FIELDS || !/^[0-9A-F]{8}$/.test(row[0]!)) return undefined;
  const [stratum, offsetSeconds] = [Number(row[2]), Number(row[4])];
  if (!Number.isInteger(stratum) || stratum < 0 || stratum > 16 || !Number.isFinite(offsetSeconds)) return undefined;
  // chrony says how far its time is ahead of the box's clock; we say how far the clock is ahead.
  return { stratum, offsetSeconds: -offsetSeconds, leap: row[13]!.slice(0, 40) };
}

function sourceOf(row: readonly string[], proofs: ReadonlyMap<string, Source["nts"]>): Source[] {
  if (row.length !== SOURCE_FIELDS || !/^[\^=#]$/.test(row[0]!)) return [];
  const offsetSeconds = Number(row[7]);
  const host = row[2]!.slice(0, 253);
  const nts = proofs.get(host);
  return [{
    host,
    state: STATES[row[1]!] ?? "unusable",
    isReachable: Number.parseInt(row[5]!, 8) > 0,
    offsetSeconds: Number.isFinite(offsetSeconds) ? offsetSeconds : 0,
    ...nts ? { nts } : {},
  }];
}

function proofOf(row: readonly string[]): [string, Source["nts"]][] {
  if (row.length !== AUTH_FIELDS || row[1] !== "NTS") return [];
  const [attempts, cookies] = [Number(row[6]), Number(row[8])];
  if (!Number.isInteger(attempts) || !Number.isInteger(cookies) || attempts < 0 || cookies < 0) return [];
  return [[row[0]!.slice(0, 253), { cookies: Math.min(cookies, 1_000), attempts: Math.min(attempts, 1_000_000) }]];
}
