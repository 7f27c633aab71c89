import { scoreOf } from "../../policies/posture.ts";
import type { Finding, Score, Severity } from "../../policies/posture_types.ts";

/** How the stations of one unit stand together: the halves of a pair, a cabinet with its dispensers. */
export interface UnitScore {
  readonly unit: string;
  readonly stations: readonly string[];
  readonly score: Score;
}

/** A station that was judged. */
export interface JudgedStation {
  readonly station: string;
  readonly unit?: string | undefined;
  readonly findings: readonly Finding[];
}

/** The units of the site by name; a station that is of no unit, or was never judged, is in none. */
export function unitScores(
  stations: readonly JudgedStation[],
  severityOf: (line: string) => Severity,
): readonly UnitScore[] {
  const units = Map.groupBy(stations.filter(({ unit }) => unit !== undefined), ({ unit }) => unit!);
  return [...units].map(([unit, own]) => ({
    unit,
    stations: own.map(({ station }) => station),
    score: scoreOf(own.flatMap(({ findings }) => findings), severityOf),
  })).toSorted((a, b) => a.unit < b.unit ? -1 : 1);
}
