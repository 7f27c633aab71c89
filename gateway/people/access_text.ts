import type { AccessWish } from "../core/people_access_api.ts";
import type { AccessDecision } from "../../policies/access_types.ts";

/** A decision as the simulator shows it: one sentence, what would help, and every grant that was looked at. */
export function explainText(
  person: string,
  { station, deviceRole, capability }: AccessWish,
  decision: AccessDecision,
): string {
  const ask = `${person} may ${decision.effect === "allow" ? "" : "NOT "}${capability} ${station} as ${deviceRole}`;
  const considered = decision.considered.map(({ grant, why }) => `  ${grant}: ${why}`);
  const looked = considered.length === 0 ? [] : ["Looked at and not fitting:", ...considered];
  if (decision.effect === "allow") {
    const by = `by grant "${decision.rule}": ${decision.because}`;
    const approval = decision.request ? ` (request ${decision.request} was approved)` : "";
    return [`${ask}, ${by}${approval}.`, `At most until ${new Date(decision.until).toISOString()}.`, ...looked].join(
      "\n",
    );
  }
  return [`${ask}, by rule ${decision.rule}: ${decision.reason}.`, `${decision.hint}.`, ...looked].join("\n");
}
