import type { AttackPlan } from "./attack_plan.ts";
import { attackText } from "./live_table.ts";
import type { StationView } from "./model.ts";

/** How a demo went. */
export interface Outcome {
  readonly stations: readonly StationView[];
  /** Messages that broke a schema or were refused. */
  readonly faults: readonly string[];
  /** Differences between the books of the stations and of the CSMS. */
  readonly lost: readonly string[];
  readonly attacks: Pick<AttackPlan, "count" | "refused" | "missed">;
  /** 0 when the gateway drained and ended as asked. */
  readonly gatewayExit: number | string;
}

/** The last words of a demo, and whether all went well. */
export function summarize(outcome: Outcome): { readonly ok: boolean; readonly lines: readonly string[] } {
  const { stations, faults, lost, attacks, gatewayExit } = outcome;
  const idle = stations.filter(({ sessions }) => sessions === 0).map(({ id }) => id);
  const energy = stations.reduce((sum, { deliveredWh }) => sum + deliveredWh, 0) / 1_000;
  const sessions = stations.reduce((sum, view) => sum + view.sessions, 0);
  const problems = [
    ...(idle.length === 0 ? [] : [`These stations never charged: ${idle.join(", ")}`]),
    ...lost,
    ...faults,
    ...attacks.missed.map((line) => attackText(line).trim()),
    ...(gatewayExit === 0 ? [] : [`The gateway ended with ${gatewayExit}`]),
  ];
  return {
    ok: problems.length === 0,
    lines: [
      `${sessions} charging sessions at ${stations.length} stations, ${energy.toFixed(2)} kWh; ` +
      `${lost.length === 0 ? "every session reached the CSMS whole" : `${lost.length} differ from the CSMS`}.`,
      `${attacks.count} attacks, ${attacks.refused} refused.`,
      ...problems.map((problem) => `PROBLEM: ${problem}`),
      problems.length === 0 ? "All is well." : `${problems.length} problems.`,
    ],
  };
}
