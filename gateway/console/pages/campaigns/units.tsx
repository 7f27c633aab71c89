import { type CampaignReport, markPartDone, takePart, type UnitRow } from "../../api/campaigns.ts";
import { exportImage } from "../../api/images.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Notice, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { campaignPath } from "./campaigns.tsx";
import { CAMPAIGNS } from "./texts.ts";
import { CampaignState, Counts, UnitState } from "./words.tsx";

const RING_TONES: Readonly<Record<CampaignReport["rings"][number]["state"], Tone>> = {
  over: "good",
  running: "info",
  waiting: "off",
};

/** Where a campaign, its rings and its units stand. */
export function CampaignProgress({ visit, report }: { visit: Visit; report: CampaignReport }) {
  const t = CAMPAIGNS.in(visit.language), { language } = visit;
  return (
    <div class="stack">
      {report.why !== "" && (
        <Notice tone={report.state === "paused" ? "warn" : "info"}>
          <span lang="en">{report.why}</span>
        </Notice>
      )}
      <Card title={t("ringsTitle")} aside={<CampaignState state={report.state} language={language} />} flush>
        <Table
          caption={t("ringsTitle")}
          rows={report.rings}
          columns={[
            {
              head: t("ring"),
              cell: ({ name, soak, hold }) => (
                <>
                  {name}
                  <div class="small muted">
                    {t("soak", { soak })}
                    {hold && `, ${t("hold")}`}
                  </div>
                </>
              ),
            },
            { head: t("state"), cell: ({ state }) => <State tone={RING_TONES[state]}>{t(`ring.${state}`)}</State> },
            { head: t("units"), cell: ({ counts }) => <Counts counts={counts} language={language} /> },
          ]}
        />
      </Card>
      <Card title={t("units")} flush>
        <Units visit={visit} report={report} />
      </Card>
    </div>
  );
}

function Units({ visit, report }: { visit: Visit; report: CampaignReport }) {
  const t = CAMPAIGNS.in(visit.language), { language } = visit;
  return (
    <Table
      caption={t("units")}
      rows={report.units}
      columns={[
        {
          head: t("unit"),
          cell: ({ unit, ring }) => (
            <>
              {unit}
              <div class="small muted">{ring}</div>
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ state, why }) => (
            <>
              <UnitState state={state} language={language} />
              {why && <div class="small muted" lang="en">{why}</div>}
            </>
          ),
        },
        { head: t("tries"), cell: ({ attempts }) => <span class="number">{attempts}</span> },
        { head: t("parts"), cell: (unit) => <Parts visit={visit} report={report} unit={unit} /> },
      ]}
    />
  );
}

function Parts({ visit, report, unit }: { visit: Visit; report: CampaignReport; unit: UnitRow }) {
  const t = CAMPAIGNS.in(visit.language);
  return (
    <ul class="plain">
      {unit.parts.map((part) => {
        const { station, before, version, phase, online, why, way, awaitsPerson, person, proof } = part;
        return (
          <li>
            <a href={`/stations/${encodeURIComponent(station)}`}>{station}</a>{" "}
            <span class="mono">
              {before && before !== version ? `${before} → ${version}` : version || t("neverTold")}
            </span>
            {phase && <span class="small muted" lang="en">{` ${phase}`}</span>}
            <span class="small muted">{`${phase ? "," : ""} ${t(`way.${way}`)} `}</span>
            {!online && <State tone="warn" icon="unplug">{t("offline")}</State>}
            {why && online && <div class="small muted" lang="en">{why}</div>}
            {proof === "word" && <State tone="warn" icon="clock">{t("byWord", { person })}</State>}
            {proof === "read" && <span class="small muted">{t("byPage")}</span>}
            {awaitsPerson && <ByHand visit={visit} report={report} part={part} />}
          </li>
        );
      })}
    </ul>
  );
}

/** What a person does for one part, who it is, and the word that it is done. */
function ByHand({ visit, report, part }: { visit: Visit; report: CampaignReport; part: UnitRow["parts"][number] }) {
  const t = CAMPAIGNS.in(visit.language), { station, person, step } = part, { token } = visit;
  const path = (verb: string) => `${campaignPath(report.id)}/${verb}/${encodeURIComponent(station)}`;
  return (
    <Notice tone="warn" title={t("byHandOf", { person, version: report.version })}>
      {step && <p class="small">{step[visit.language]}</p>}
      {visit.person.may(exportImage.needs) && (
        <p class="small">
          <a href={`/firmware/images/${report.image}/file`}>{t("fetchImage")}</a>
        </p>
      )}
      {visit.person.may(markPartDone.needs) && (
        <Form action={path("done")} token={token} inline>
          <Submit small>{t("done")}</Submit>
        </Form>
      )}
      {visit.person.may(takePart.needs) && visit.person.session.person !== person && (
        <Form action={path("take")} token={token} inline>
          <Submit small kind="quiet">{t("take")}</Submit>
        </Form>
      )}
      <p class="small muted">{t("doneNote")}</p>
    </Notice>
  );
}
