import { downloadPostureReport, readPostureReport } from "../../api/posture.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, PageHead, State, Table } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { PostureReportData, type PostureReportLine } from "./report_data.ts";
import { OUTCOME_TONES } from "./subject.tsx";
import { POSTURE } from "./texts.ts";

const ORDER: readonly PostureReportLine["outcome"][] = ["failed", "unknown", "waived", "met"];

/** The whole posture on one page, for eyes and printers: what could not be checked first, then each subject. */
export const postureReport: Page = {
  path: "/reports/posture",
  title: { en: "Posture report", de: "Bericht zur Sicherheitslage" },
  needs: readPostureReport.needs,
  show: async (visit) => {
    const t = POSTURE.in(visit.language);
    const { report, keyId } = await readPostureReport.call(visit.person, {});
    const data = PostureReportData.parse(JSON.parse(report));
    return { title: t("reportTitle"), body: <Report visit={visit} data={data} keyId={keyId} /> };
  },
  acts: [
    act("/reports/posture/files", downloadPostureReport, (_visit, { name, type, base64 }) => ({
      file: { name, type },
      bytes: Uint8Array.fromBase64(base64),
    })),
  ],
};

function Report({ visit, data, keyId }: { visit: Visit; data: PostureReportData; keyId: string }) {
  const t = POSTURE.in(visit.language);
  const { site, name = site, made, by, score, subjects, notChecked, guides } = data;
  return (
    <div class="stack printed">
      <PageHead
        title={`${t("reportTitle")}: ${name}`}
        lead={t("reportMade", { made: made.slice(0, 16).replace("T", " "), by, percent: score.percent })}
        crumb={{ href: "/posture", text: t("back") }}
      >
        {(["pdf", "html"] as const).map((format) => (
          <Form action="/reports/posture/files" token={visit.token} inline>
            <input type="hidden" name="format" value={format} />
            <Submit kind="quiet">{t(`report.${format}`)}</Submit>
          </Form>
        ))}
      </PageHead>
      <Card title={t("notChecked")} lead={t("notCheckedLead")} flush>
        <Table
          caption={t("notChecked")}
          rows={notChecked}
          empty={<p class="pad">{t("notCheckedNone")}</p>}
          columns={[
            { head: t("subject"), cell: ({ subject }) => subject },
            { head: t("line"), cell: ({ line }) => <span class="mono">{line}</span> },
            { head: t("why"), cell: ({ why }) => <span lang="en">{why}</span> },
          ]}
        />
      </Card>
      {subjects.map(({ subject, judged, score: own, lines = [] }) => (
        <Card
          title={subject === "gateway" ? t("gateway") : subject}
          lead={judged && own ? `${own.percent} %` : t("waiting")}
          flush
        >
          {judged && <Lines visit={visit} rows={lines} caption={subject} />}
        </Card>
      ))}
      <Card title={t("guides")}>
        <ul>{guides.map(({ id, title }) => <li lang="en">{id}: {title}</li>)}</ul>
        <p class="small muted">{t("reportKey", { key: keyId })}</p>
      </Card>
    </div>
  );
}

function Lines({ visit, rows, caption }: { visit: Visit; rows: readonly PostureReportLine[]; caption: string }) {
  const t = POSTURE.in(visit.language);
  return (
    <Table
      caption={caption}
      rows={rows.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome))}
      columns={[
        {
          head: t("line"),
          cell: ({ line, title, source }) => (
            <>
              <strong class="mono">{line}</strong> <span lang="en">{title}</span>
              {source && <div class="small muted" lang="en">{source}</div>}
            </>
          ),
        },
        { head: t("state"), cell: ({ outcome }) => <State tone={OUTCOME_TONES[outcome]}>{t(outcome)}</State> },
        { head: t("why"), cell: ({ why }) => <span class="small" lang="en">{why}</span> },
      ]}
    />
  );
}
