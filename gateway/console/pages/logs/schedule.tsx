import { collectSecurityLog, type LogSchedule } from "../../api/station_logs.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { LOGS } from "./texts.ts";

const TONES: Readonly<Record<LogSchedule["state"], Tone>> = {
  asked: "info",
  due: "info",
  fresh: "good",
  missing: "bad",
  refused: "warn",
  waiting: "off",
};

/** When each station is asked for its security log; nothing where the site wants none. */
export function Schedule({ visit, rows }: { visit: Visit; rows: readonly LogSchedule[] }) {
  if (rows.length === 0) return null;
  const t = LOGS.in(visit.language), may = visit.person.may(collectSecurityLog.needs);
  return (
    <Card title={t("schedule")} lead={t("scheduleLead")} flush>
      <Table
        caption={t("schedule")}
        rows={rows}
        columns={[
          { head: t("station"), cell: ({ stationId }) => <a href={`/stations/${stationId}`}>{stationId}</a> },
          {
            head: t("state"),
            cell: ({ state, why }) => (
              <>
                <State tone={TONES[state]}>{t(`log.${state}`)}</State>
                {why !== undefined && <div class="small muted" lang="en">{why}</div>}
              </>
            ),
          },
          { head: t("every"), cell: ({ everyHours }) => t("hours", { hours: everyHours }) },
          {
            head: t("last"),
            cell: ({ gotAt }) => gotAt === undefined ? t("never") : <Ago at={gotAt} style={visit.time} />,
          },
          {
            head: t("next"),
            cell: ({ state, dueAt }) =>
              state === "asked" ? "–" : state === "due" ? t("soon") : <Time at={dueAt} style={visit.time} />,
          },
          {
            head: t("collect"),
            cell: ({ stationId, state }) =>
              !may || state === "asked" ? "–" : (
                <Form action={`/logs/collect/${stationId}`} token={visit.token}>
                  <Submit small kind="quiet">{t("collect")}</Submit>
                </Form>
              ),
          },
        ]}
      />
    </Card>
  );
}
