import type { GoldenStanding } from "../../api/golden.ts";
import { Card, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { AskFix, FixState } from "./golden.tsx";
import { GOLDEN } from "./golden_texts.ts";

const TONES: Readonly<Record<GoldenStanding["findings"][number]["state"], Tone>> = {
  same: "good",
  drifted: "bad",
  absent: "off",
  unknown: "warn",
};

/** The settings of one station against its model, with what mends each; nothing where no profile is about it. */
export function GoldenCard({ visit, row }: { visit: Visit; row: GoldenStanding }) {
  if (row.profile === undefined) return null;
  const t = GOLDEN.in(visit.language), order = ["drifted", "unknown", "absent", "same"];
  const rows = row.findings.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return (
    <div id="golden">
      <Card title={t("title")} lead={<span lang="en">{row.title}</span>} flush>
        <Table
          caption={t("title")}
          rows={rows}
          columns={[
            {
              head: t("setting"),
              cell: ({ title, source, name }) => (
                <>
                  <span lang="en">{title}</span>
                  <div class="small muted" lang="en">{source}</div>
                  {name !== undefined && <div class="small mono">{name}</div>}
                </>
              ),
            },
            {
              head: t("state"),
              cell: ({ state, why }) => (
                <>
                  <State tone={TONES[state]}>{t(state)}</State>
                  {state === "unknown" && <div class="small" lang="en">{why}</div>}
                </>
              ),
            },
            {
              head: t("has"),
              cell: ({ has }) => has === "" ? t("empty") : <span class="mono" lang="en">{has ?? "-"}</span>,
            },
            { head: t("wanted"), cell: ({ wanted }) => <span class="mono" lang="en">{wanted ?? "-"}</span> },
            {
              head: t("fix"),
              cell: ({ setting, state, fixedBy }) => {
                if (state !== "drifted") return <span class="muted">-</span>;
                if (fixedBy === "people") return <span class="small muted">{t("byPeople")}</span>;
                return row.fix
                  ? <FixState visit={visit} fix={row.fix} />
                  : <AskFix visit={visit} row={row} setting={setting} />;
              },
            },
          ]}
        />
      </Card>
    </div>
  );
}
