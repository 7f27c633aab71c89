import { type PostureStanding, type PostureUnit, readPosture, readPostureReport } from "../../api/posture.ts";
import { listAdvisories } from "../../api/advisories.ts";
import { listGolden } from "../../api/golden.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, Tile, type Tone } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { AdvisoriesCard } from "./advisories_card.tsx";
import { POSTURE } from "./texts.ts";
import { TrendCard } from "./trend_card.tsx";

/** Lines that are named in one row. */
const NAMED = 4;

/** The scorecard of the site: each station and the gateway against the guides. */
export const posture: Page = {
  path: "/posture",
  title: { en: "Posture", de: "Sicherheitslage" },
  nav: { group: "security", icon: "check" },
  needs: readPosture.needs,
  show: async (visit) => {
    const t = POSTURE.in(visit.language);
    const { site, subjects, units, trend } = await readPosture.call(visit.person, {});
    const advisories = visit.person.may(listAdvisories.needs) ? await listAdvisories.call(visit.person, {}) : undefined;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            {visit.person.may(listGolden.needs) && <a class="button quiet" href="/golden">{t("golden")}</a>}
          </PageHead>
          <div class="tiles">
            <Tile label={t("score")} value={`${site.percent} %`} />
            <Tile label={t("failed")} value={String(site.failed)} />
            <Tile label={t("unknown")} value={String(site.unknown)} />
            <Tile label={t("waived")} value={String(site.waived)} />
          </div>
          <Card flush>
            <Scorecard visit={visit} rows={subjects} />
          </Card>
          {units.length > 0 && (
            <Card title={t("units")} lead={t("unitsLead")} flush>
              <Units visit={visit} rows={units} />
            </Card>
          )}
          <TrendCard visit={visit} days={trend} />
          {advisories && <AdvisoriesCard visit={visit} rows={advisories} />}
          {visit.person.may(readPostureReport.needs) && (
            <Card title={t("report")} lead={t("reportLead")}>
              <div class="buttons">
                <a class="button quiet" href="/reports/posture">{t("reportTitle")}</a>
                <Form action="/posture/report" token={visit.token}>
                  <Submit kind="quiet">{t("reportJson")}</Submit>
                </Form>
              </div>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/posture/report", readPostureReport, (visit, signed) => {
      const t = POSTURE.in(visit.language);
      const links = [{ href: "/posture", text: t("back") }];
      const body = <ShownOnce title={t("report")} lead={t("reportLead")} text={JSON.stringify(signed)} links={links} />;
      return { title: t("report"), body };
    }),
  ],
};

/** The colour of a score: never alone, the number stands beside it. */
export function toneOfScore({ failed, percent }: { readonly failed: number; readonly percent: number }): Tone {
  if (percent === 100) return "good";
  return failed > 0 ? "bad" : "warn";
}

function Scorecard({ visit, rows }: { visit: Visit; rows: readonly PostureStanding[] }) {
  const t = POSTURE.in(visit.language);
  return (
    <Table
      caption={t("title")}
      rows={rows}
      empty={<Empty icon="plug" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("subject"),
          cell: ({ subject }) => (
            <a href={`/posture/${encodeURIComponent(subject)}`}>{subject === "gateway" ? t("gateway") : subject}</a>
          ),
        },
        {
          head: t("score"),
          cell: ({ score }) =>
            score
              ? <State tone={toneOfScore(score)}>{score.percent} %</State>
              : <State tone="off">{t("waiting")}</State>,
        },
        { head: t("met"), cell: ({ score }) => <span class="number">{score?.met ?? "-"}</span> },
        { head: t("failed"), cell: ({ score }) => <span class="number">{score?.failed ?? "-"}</span> },
        { head: t("unknown"), cell: ({ score }) => <span class="number">{score?.unknown ?? "-"}</span> },
        { head: t("waived"), cell: ({ score }) => <span class="number">{score?.waived ?? "-"}</span> },
        { head: t("worst"), cell: (row) => <Worst visit={visit} row={row} /> },
      ]}
    />
  );
}

function Units({ visit, rows }: { visit: Visit; rows: readonly PostureUnit[] }) {
  const t = POSTURE.in(visit.language);
  return (
    <Table
      caption={t("units")}
      rows={rows}
      columns={[
        { head: t("unit"), cell: ({ unit }) => unit },
        {
          head: t("bays"),
          cell: ({ stations }) => (
            <span>
              {stations.map((station, at) => (
                <>
                  {at > 0 && " "}
                  <a href={`/posture/${encodeURIComponent(station)}`}>{station}</a>
                </>
              ))}
            </span>
          ),
        },
        { head: t("score"), cell: ({ score }) => <State tone={toneOfScore(score)}>{score.percent} %</State> },
        { head: t("failed"), cell: ({ score }) => <span class="number">{score.failed}</span> },
        { head: t("unknown"), cell: ({ score }) => <span class="number">{score.unknown}</span> },
      ]}
    />
  );
}

function Worst({ visit, row: { findings } }: { visit: Visit; row: PostureStanding }) {
  const t = POSTURE.in(visit.language);
  const failed = findings.filter(({ outcome }) => outcome === "failed").map(({ line }) => line);
  if (failed.length === 0) return <span class="muted">-</span>;
  const more = failed.length - NAMED;
  return (
    <span class="small">
      <span class="mono">{failed.slice(0, NAMED).join(" ")}</span>
      {more > 0 && <span class="muted">{` ${t("more", { count: more })}`}</span>}
    </span>
  );
}
