import type { GoldenFix } from "../../api/golden.ts";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { GOLDEN } from "./golden_texts.ts";

/** Who asked for a change of settings, who agreed, when and why. */
export function DecidedBy(
  { visit, row: { madeBy, approvedBy, at, reason } }: {
    visit: Visit;
    row: Pick<GoldenFix, "approvedBy" | "at" | "madeBy" | "reason">;
  },
) {
  const t = GOLDEN.in(visit.language);
  return (
    <span class="small">
      {t("by", { who: madeBy })}
      {approvedBy !== undefined && `, ${t("and", { who: approvedBy })}`}, <Ago at={at} style={visit.time} />
      {reason !== undefined && <div class="muted">{reason}</div>}
    </span>
  );
}
