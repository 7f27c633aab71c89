import { readTime, type TimeStatus } from "../../api/time.ts";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import type { Page } from "../page.ts";
import { TIME } from "./texts.ts";

/** Clocks: what the box follows and whether that is proven, and how far each station is off. */
export const time: Page = {
  path: "/time",
  title: { en: "Time", de: "Zeit" },
  nav: { group: "network", icon: "clock" },
  needs: readTime.needs,
  show: async (visit) => {
    const t = TIME.in(visit.language);
    const status = await readTime.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("box")} flush={status.box === null}>
            <Box visit={visit} box={status.box} />
          </Card>
          {status.box && (
            <Card title={t("servers")} flush>
              <Servers visit={visit} box={status.box} />
            </Card>
          )}
          <Card title={t("stations")} lead={t("stationsLead")} flush>
            <Stations visit={visit} rows={status.stations} />
          </Card>
        </div>
      ),
    };
  },
};

type BoxClock = NonNullable<TimeStatus["box"]>;
const BOX_TONES: Readonly<Record<BoxClock["state"], Tone>> = {
  following: "good",
  own: "off",
  lost: "bad",
  unknown: "warn",
};

function Box({ visit, box }: { visit: Visit; box: BoxClock | null }) {
  const t = TIME.in(visit.language);
  if (!box) return <Empty icon="clock" title={t("alone")}>{t("aloneDo")}</Empty>;
  const { state, why, report } = box;
  return (
    <>
      <p>
        <State tone={BOX_TONES[state]}>{t(`state.${state}`)}</State>
      </p>
      <p class="small muted" lang="en">{why}</p>
      {report?.tracking && (
        <p class="small">
          {t("offset")} {shortOffset(report.tracking.offsetSeconds)} · {t("stratum")} {report.tracking.stratum} ·{" "}
          {t("asOf", { age: `${Math.round(report.ageSeconds)} s` })}
        </p>
      )}
    </>
  );
}

function Servers({ visit, box }: { visit: Visit; box: BoxClock }) {
  const t = TIME.in(visit.language);
  return (
    <Table
      caption={t("servers")}
      rows={box.report?.sources ?? []}
      empty={<Empty icon="clock" title={t("noServer")}>{t("noServerDo")}</Empty>}
      columns={[
        { head: t("server"), cell: ({ host }) => <span class="mono">{host}</span> },
        {
          head: t("state"),
          cell: ({ state, isReachable }) =>
            state === "selected"
              ? <State tone="good">{t("selected")}</State>
              : isReachable
              ? <State tone="off">{t("reachable")}</State>
              : <State tone="bad">{t("silent")}</State>,
        },
        { head: t("offset"), cell: ({ offsetSeconds }) => <span class="number">{shortOffset(offsetSeconds)}</span> },
        {
          head: t("proof"),
          cell: ({ nts }) =>
            nts === undefined
              ? <State tone="warn">{t("unproven")}</State>
              : nts.cookies > 0
              ? t("proven", { cookies: nts.cookies })
              : (
                <>
                  <State tone="bad">{t("vain")}</State>
                  <div class="small muted">{t("attempts", { attempts: nts.attempts })}</div>
                </>
              ),
        },
      ]}
    />
  );
}

type StationRow = TimeStatus["stations"][number];
const CLOCK_TONES: Readonly<Record<StationRow["verdict"]["state"], Tone>> = {
  right: "good",
  off: "warn",
  certificate: "bad",
};

function Stations({ visit, rows }: { visit: Visit; rows: readonly StationRow[] }) {
  const t = TIME.in(visit.language);
  return (
    <Table
      caption={t("stations")}
      rows={rows}
      empty={<Empty icon="clock" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ station }) => <a href={`/stations/${encodeURIComponent(station)}`}>{station}</a>,
        },
        {
          head: t("offset"),
          cell: ({ offsetSeconds }) => (
            <span class="number">
              {duration(Math.abs(offsetSeconds))}
              {offsetSeconds === 0 ? "" : ` ${t(offsetSeconds > 0 ? "ahead" : "behind")}`}
            </span>
          ),
        },
        {
          head: t("clock"),
          cell: ({ verdict: { state, detail } }) => (
            <>
              <State tone={CLOCK_TONES[state]}>{t(`clock.${state}`)}</State>
              {detail !== undefined && <div class="small muted" lang="en">{detail}</div>}
            </>
          ),
        },
      ]}
    />
  );
}

/** "20454 d" says more than its seconds: a clock that lost its battery. */
function duration(seconds: number): string {
  return seconds < 172_800 ? `${seconds} s` : `${Math.floor(seconds / 86_400)} d`;
}

/** Milliseconds where that says more. */
function shortOffset(seconds: number): string {
  return Math.abs(seconds) < 1 ? `${(seconds * 1_000).toFixed(1)} ms` : `${seconds.toFixed(1)} s`;
}
