import {
  collectSecurityLog,
  handOutStationLog,
  listSecurityLogs,
  listStationLogs,
  revealStationLog,
  type StationLog,
} from "../../api/station_logs.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { Schedule } from "./schedule.tsx";
import { LOGS } from "./texts.ts";

const TONES: Readonly<Record<StationLog["state"], Tone>> = {
  asked: "info",
  expected: "info",
  received: "info",
  sent: "good",
  kept: "good",
  failed: "bad",
  none: "off",
};

/** Files of stations: an encrypted ZIP for whoever works with one, its password apart (BC-11). */
export const logs: Page = {
  path: "/logs",
  title: { en: "Station logs", de: "Logs der Stationen" },
  nav: { group: "stations", icon: "inbox" },
  needs: listStationLogs.needs,
  show: async (visit) => {
    const t = LOGS.in(visit.language);
    const [rows, schedule] = await Promise.all([
      listStationLogs.call(visit.person, {}),
      visit.person.may(listSecurityLogs.needs) ? listSecurityLogs.call(visit.person, {}) : [],
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Schedule visit={visit} rows={schedule} />
          <Card title={t("files")} flush>
            <Rows visit={visit} rows={rows} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/logs/collect/:collect", collectSecurityLog, ({ language }, { asked }) => {
      return { see: "/logs", flash: { tone: "good", text: LOGS.in(language)("collected", { station: asked }) } };
    }),
    act("/logs/:upload/hand-out", handOutStationLog, (visit, { id, stationId, fileName, bytes }) => {
      const t = LOGS.in(visit.language), title = t("handedOut", { station: stationId });
      return {
        title,
        body: (
          <div class="stack">
            <PageHead title={title} crumb={{ href: "/logs", text: t("title") }} lead={t("handedOutLead")} />
            <Card title={fileName}>
              <p class="buttons">
                <a class="button" href={`/logs/hand-outs/${id}`}>{t("download")} ({megabytes(bytes)} MB)</a>
              </p>
              {visit.person.may(revealStationLog.needs)
                ? (
                  <Form action={`/logs/hand-outs/${id}/reveal`} token={visit.token}>
                    <Submit kind="quiet">{t("reveal")}</Submit>
                  </Form>
                )
                : <p class="mono">{t("mayNot", { id })}</p>}
            </Card>
          </div>
        ),
      };
    }),
    act("/logs/hand-outs/:handout/reveal", revealStationLog, ({ language }, { password }) => {
      const t = LOGS.in(language);
      const links = [{ href: "/logs", text: t("back") }];
      return {
        title: t("password"),
        body: <ShownOnce title={t("password")} lead={t("passwordLead")} text={password} links={links} />,
      };
    }),
  ],
};

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

function Rows({ visit, rows }: { visit: Visit; rows: readonly StationLog[] }) {
  const t = LOGS.in(visit.language), may = visit.person.may(handOutStationLog.needs);
  return (
    <Table
      caption={t("title")}
      rows={rows}
      empty={<Empty icon="inbox" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        { head: t("station"), cell: ({ stationId }) => <a href={`/stations/${stationId}`}>{stationId}</a> },
        {
          head: t("file"),
          cell: ({ fileName, to }) => (
            <>
              <span class="mono">{fileName ?? "–"}</span>
              {to === undefined
                ? <div class="small muted">{t("own")}</div>
                : <div class="small muted" lang="en">{to}</div>}
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ state, why }) => (
            <>
              <State tone={TONES[state]}>{t(`state.${state}`)}</State>
              {why !== undefined && <div class="small muted" lang="en">{why}</div>}
            </>
          ),
        },
        { head: t("size"), cell: ({ bytes }) => bytes === undefined ? "–" : `${megabytes(bytes)} MB` },
        { head: t("asked"), cell: ({ createdAt }) => <Ago at={createdAt} style={visit.time} /> },
        {
          head: t("handOut"),
          cell: ({ id, bytes }) =>
            bytes === undefined || !may ? "–" : (
              <Form action={`/logs/${id}/hand-out`} token={visit.token}>
                <Submit small kind="quiet">{t("handOut")}</Submit>
              </Form>
            ),
        },
      ]}
    />
  );
}
