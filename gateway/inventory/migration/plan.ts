import { MIGRATION_LIMITS } from "./limits.ts";

/** Which of the two CSMS of a migration. */
export type End = "from" | "to";

/** One migration of a site, as it is stored. */
export interface Plan {
  readonly from: string;
  readonly to: string;
  /** Waves that were started; 0: none. */
  readonly started: number;
  readonly waves: number;
  readonly isShadowing: boolean;
  /** Everybody is on the way back, or is there. */
  readonly isReturning: boolean;
  readonly madeAt: number;
  readonly madeBy: string;
}

/** One station of a migration, as it is stored. */
export interface Row {
  readonly station: string;
  /** Counted from 1. */
  readonly wave: number;
  /** Where it is connected, or will be when it comes. */
  readonly at: End;
  /** Where it is to be as soon as nothing runs. */
  readonly wanted: End;
  readonly movedAt?: number;
  readonly acceptedAt?: number;
  /** Connections that the new CSMS refused since it was moved. */
  readonly failures: number;
  /** Why it went back by itself. */
  readonly fault?: string;
}

/** What a row means, in one word. */
export type RowState = "accepted" | "failed" | "moved" | "planned" | "returning" | "waiting";

/** Splits stations into waves: equal ones of `size`, or one station, then ten, then the rest. Pure. */
export function splitWaves(stations: readonly string[], size?: number): readonly (readonly string[])[] {
  const sizes = size === undefined ? [MIGRATION_LIMITS.canary, MIGRATION_LIMITS.second, stations.length] : [];
  const waves: string[][] = [];
  for (let at = 0; at < stations.length;) {
    const length = Math.max(1, sizes[waves.length] ?? size ?? stations.length);
    waves.push(stations.slice(at, at + length));
    at += length;
  }
  return waves;
}

/** Where a station of a migration stands. Pure. */
export function stateOf(row: Row): RowState {
  if (row.at === "to" && row.wanted === "from") return "returning";
  if (row.at === "to") return row.acceptedAt === undefined ? "moved" : "accepted";
  if (row.fault !== undefined) return "failed";
  return row.wanted === "to" ? "waiting" : "planned";
}

/** The stations of started waves that keep the next wave from starting: not accepted by the new CSMS. Pure. */
export function holdingBack(plan: Plan, rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.wave <= plan.started && stateOf(row) !== "accepted");
}
