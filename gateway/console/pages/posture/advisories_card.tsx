import type { Advisory } from "../../api/advisories.ts";
import { Card, Empty, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { POSTURE } from "./texts.ts";

/** Stations that are named in one row. */
const NAMED = 8;

/** Security advisories with the bays that they affect. */
export function AdvisoriesCard({ visit, rows }: { visit: Visit; rows: readonly Advisory[] }) {
  const t = POSTURE.in(visit.language);
  return (
    <Card title={t("advisories")} lead={t("advisoriesLead")} flush>
      <Table
        caption={t("advisories")}
        rows={rows}
        empty={<Empty icon="check" title={t("advisoriesNone")}>{t("advisoriesNoneDo")}</Empty>}
        columns={[
          {
            head: t("advisory"),
            cell: ({ id, title, publisher, cves }) => (
              <>
                <a class="mono" href={`/advisories/${encodeURIComponent(id)}`}>{id}</a> <span lang="en">{title}</span>
                <div class="small muted" lang="en">
                  {[publisher, cves.slice(0, 3).join(" ")].filter(Boolean).join(": ")}
                </div>
              </>
            ),
          },
          { head: t("released"), cell: ({ releasedAt }) => <Time at={releasedAt} style={visit.time} dateOnly /> },
          { head: t("cvss"), cell: ({ score }) => <span class="number">{score?.toFixed(1) ?? "-"}</span> },
          { head: t("bays"), cell: (row) => <Bays visit={visit} row={row} /> },
        ]}
      />
    </Card>
  );
}

function Bays({ visit, row: { stations, withdrawn } }: { visit: Visit; row: Advisory }) {
  const t = POSTURE.in(visit.language);
  if (withdrawn) return <State tone="off">{t("withdrawn", { who: withdrawn.who })}</State>;
  const of = (state: Advisory["stations"][number]["state"]) => stations.filter((one) => one.state === state);
  const sure = of("affected"), possible = of("possible");
  if (stations.length === 0) return <State tone="good">{t("affectsNone")}</State>;
  return (
    <>
      {sure.length > 0 && (
        <div>
          <State tone="bad">{t("affected", { count: sure.length })}</State> <Names rows={sure} />
        </div>
      )}
      {possible.length > 0 && (
        <div>
          <State tone="warn">{t("possible", { count: possible.length })}</State> <Names rows={possible} />
        </div>
      )}
    </>
  );
}

function Names({ rows }: { rows: Advisory["stations"] }) {
  const more = rows.length - NAMED;
  return (
    <span class="small">
      {rows.slice(0, NAMED).map(({ station, unit }) => (
        <>
          <a href={`/posture/${encodeURIComponent(station)}`}>{station}</a>
          {unit !== undefined && <span class="muted">{` ${unit}`}</span>}
          {" "}
        </>
      ))}
      {more > 0 && <span class="muted">{`+${more}`}</span>}
    </span>
  );
}
