import type { z } from "zod";
import {
  abortCampaign,
  approveCampaign,
  type CampaignReport,
  type Forecast,
  forecastCampaign,
  markPartDone,
  pauseCampaign,
  readCampaign,
  releaseCampaign,
  resumeCampaign,
  startCampaign,
  takePart,
} from "../../api/campaigns.ts";
import { GatewayError } from "../../../core/errors.ts";
import { Card, Empty, Facts, Notice, PageHead, Table } from "../../components/parts.tsx";
import { Time, writeTime } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import type { Operation } from "../../api/operation.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { CampaignForms, HoldNotice } from "./campaign_forms.tsx";
import { campaignPath } from "./campaigns.tsx";
import { CAMPAIGNS } from "./texts.ts";
import { CampaignProgress } from "./units.tsx";

/** One campaign: rings, live progress per unit, and what can be done now. */
export const campaign: Page = {
  path: "/campaigns/:id",
  title: { en: "Campaign", de: "Kampagne" },
  needs: readCampaign.needs,
  show: async (visit) => {
    const t = CAMPAIGNS.in(visit.language), id = visit.params["id"]!;
    const crumb = { href: "/campaigns", text: t("title") };
    const report = await readIt(visit, id);
    if (!report) {
      const body = (
        <>
          <PageHead title={t("unknown")} crumb={crumb} />
          <Empty icon="arrow" title={t("unknown")}>{t("unknownDo")}</Empty>
        </>
      );
      return { title: t("unknown"), status: 404, body };
    }
    const isPlanned = report.state === "draft" || report.state === "approved";
    const forecast = isPlanned && visit.person.may(forecastCampaign.needs)
      ? await forecastCampaign.call(visit.person, { id })
      : undefined;
    return {
      title: report.name,
      body: (
        <div class="stack">
          <PageHead title={report.name} crumb={crumb} lead={`${report.vendor} ${report.version}`}>
            <CampaignForms visit={visit} report={report} />
          </PageHead>
          <HoldNotice visit={visit} report={report} />
          <div
            hx-ext="sse"
            sse-connect={`/live/campaign/${encodeURIComponent(id)}`}
            sse-swap="part"
            hx-swap="innerHTML"
          >
            <CampaignProgress visit={visit} report={report} />
          </div>
          {forecast && <DryRun visit={visit} forecast={forecast} />}
          <Card title={t("overview")}>
            <Overview visit={visit} report={report} />
          </Card>
          <Card title={t("limits")}>
            <Facts rows={Object.entries(report.plan).map(([name, value]) => [name, <span lang="en">{value}</span>])} />
          </Card>
          <Card title={t("history")} flush>
            <ul class="log narrow" lang="en">
              {report.history.toReversed().map(({ at, text }) => (
                <li>
                  <Time at={at} style={visit.time} />
                  <div class="what">{text}</div>
                </li>
              ))}
            </ul>
          </Card>
        </div>
      ),
    };
  },
  acts: [
    deed("approve", approveCampaign),
    deed("start", startCampaign),
    deed("pause", pauseCampaign),
    deed("resume", resumeCampaign),
    deed("abort", abortCampaign),
    deed("release", releaseCampaign),
    deed("done/:station", markPartDone),
    deed("take/:station", takePart),
  ],
};

/** Rings and units of one campaign as they are now: a part that keeps itself up to date. */
export async function campaignPart(visit: Visit) {
  const report = await readIt(visit, visit.params["id"]!);
  return report ? <CampaignProgress visit={visit} report={report} /> : null;
}

/** A form about this campaign, which is shown again afterwards. */
function deed<Input extends z.ZodObject, Output extends z.ZodType>(verb: string, operation: Operation<Input, Output>) {
  return act(`/campaigns/:id/${verb}`, operation, (visit) => ({
    see: campaignPath(visit.params["id"]!),
    flash: { tone: "good", text: CAMPAIGNS.in(visit.language)("happened") },
  }));
}

async function readIt(visit: Visit, id: string): Promise<CampaignReport | undefined> {
  try {
    return await readCampaign.call(visit.person, { id });
  } catch (error) {
    if (error instanceof GatewayError && error.code === "FIRMWARE_CAMPAIGN_INVALID") return undefined;
    throw error;
  }
}

function Overview({ visit: { language, time }, report }: { visit: Visit; report: CampaignReport }) {
  const t = CAMPAIGNS.in(language);
  const approvals = t("approvalsOf", { count: String(report.approvals.length), needs: String(report.needsApprovals) });
  const at = (stamp: string) => stamp === "" ? "–" : <Time at={stamp} style={time} />;
  return (
    <Facts
      rows={[
        [t("campaign"), <span class="mono">{report.id}</span>],
        [t("image"), <span class="mono">{report.image}</span>],
        [t("plannedBy"), <>{report.madeBy}, {at(report.madeAt)}</>],
        [t("approvals"), `${report.approvals.map(({ who }) => who).join(", ") || "–"} (${approvals})`],
        [t("started"), at(report.startedAt)],
        [t("ended"), at(report.endedAt)],
        [t("csv"), <code>firmware campaign report {report.id} --format csv</code>],
      ]}
    />
  );
}

function DryRun({ visit, forecast }: { visit: Visit; forecast: Forecast }) {
  const t = CAMPAIGNS.in(visit.language), { time } = visit;
  const at = (stamp: string) => stamp === "" ? "–" : writeTime(new Date(stamp), time);
  return (
    <Card title={t("forecast")} lead={t("forecastLead")} flush>
      <div class="padded">
        {forecast.endsAt === "" && (
          <Notice tone="bad" title={t("neverEnds")}>
            <span lang="en">{forecast.why}</span>
          </Notice>
        )}
        <Facts
          rows={[
            [t("ends"), at(forecast.endsAt)],
            [t("most"), t("ofAll", { most: String(forecast.mostConnectorsOut), all: String(forecast.connectors) })],
            forecast.away.length > 0 ? [t("away"), forecast.away.join(", ")] : undefined,
          ]}
        />
      </div>
      <Table
        caption={t("forecast")}
        rows={forecast.units}
        columns={[
          { head: t("unit"), cell: ({ unit }) => unit },
          { head: t("ring"), cell: ({ ring }) => ring },
          { head: t("unit.installing"), cell: ({ installsAt }) => at(installsAt) },
          { head: t("unit.confirmed"), cell: ({ endsAt }) => at(endsAt) },
          { head: t("why"), cell: ({ skipped }) => skipped ? <span lang="en">{skipped}</span> : "–" },
        ]}
      />
    </Card>
  );
}
