import type { Verdict } from "../../api/images.ts";
import { Card, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { IMAGES } from "./texts.ts";

const OUTCOME_TONES: Readonly<Record<Verdict["outcome"], Tone>> = { verified: "good", held: "warn", refused: "bad" };
const STEP_TONES: Readonly<Record<Verdict["steps"][number]["outcome"], Tone>> = {
  ok: "good",
  refused: "bad",
  waiting: "warn",
  "not-needed": "off",
};

/** The chain that led to a verdict, link by link. What control says is English. */
export function VerdictChain({ visit, verdict }: { visit: Visit; verdict: Verdict }) {
  const t = IMAGES.in(visit.language);
  return (
    <Card
      title={t("verdict")}
      lead={t("verdictLead")}
      flush
      aside={<State tone={OUTCOME_TONES[verdict.outcome]}>{t(`outcome.${verdict.outcome}`)}</State>}
    >
      <Table
        caption={t("verdict")}
        rows={verdict.steps}
        columns={[
          {
            head: t("state"),
            tight: true,
            cell: ({ outcome }) => <State tone={STEP_TONES[outcome]}>{t(`step.${outcome}`)}</State>,
          },
          {
            head: t("verdict"),
            cell: ({ title, detail }) => (
              <div lang="en">
                <strong>{title}</strong>
                <div class="small muted">{detail}</div>
              </div>
            ),
          },
        ]}
      />
    </Card>
  );
}
