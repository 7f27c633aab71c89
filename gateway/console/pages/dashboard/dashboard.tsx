import { decideRequest, listRequests, type RequestRow } from "../../api/access.ts";
import { type IssuedRow, listCertificates, type ListenerRow } from "../../api/certificates.ts";
import { type AlarmRow, listAlarms, listCsms, readStatus, type Status } from "../../api/overview.ts";
import { type Plan, readPlan } from "../../api/plan.ts";
import { type InboxRow, listInbox, listStations, type StationRow } from "../../api/stations.ts";
import { Card, Empty, PageHead, State, Tile, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { PendingRequest } from "../access/requests.tsx";
import { AlarmList } from "../alarms.tsx";
import type { Page } from "../page.ts";
import { CsmsLinks } from "./csms_links.tsx";
import { FloorPlans } from "./floor_plan.tsx";
import { DASHBOARD } from "./texts.ts";

const DAY_MS = 86_400_000;
/** Days before the end of a certificate at which it is shown. Those that the gateway renews by itself live a day. */
const EXPIRY_DAYS = 30;

/** The first page: what the garage is doing now. */
export const dashboard: Page = {
  path: "/",
  title: { en: "Dashboard", de: "Übersicht" },
  nav: { group: "overview", icon: "dashboard" },
  show: async (visit) => ({
    title: DASHBOARD.in(visit.language)("title"),
    body: (
      <div class="stack">
        <PageHead title={DASHBOARD.in(visit.language)("title")} lead={DASHBOARD.in(visit.language)("lead")} />
        <div hx-ext="sse" sse-connect="/live/dashboard" sse-swap="part" hx-swap="innerHTML">
          {await dashboardPart(visit)}
        </div>
      </div>
    ),
  }),
};

/** The part of the dashboard that keeps itself up to date. */
export async function dashboardPart(visit: Visit) {
  const { person } = visit;
  const ask = async <T,>(needs: string, what: () => Promise<T>, otherwise: T): Promise<T> =>
    person.may(needs) ? await what() : otherwise;
  const [status, stations, alarms, inbox, certificates, csms, plan, requests] = await Promise.all([
    ask("command status", () => readStatus.call(person, {}), undefined),
    ask("command stations", () => listStations.call(person, {}), []),
    ask("command alarms list", () => listAlarms.call(person, {}), []),
    ask("command stations", () => listInbox.call(person, {}), []),
    ask("command cert list", () => listCertificates.call(person, {}), { certificates: [], listeners: [] }),
    ask(listCsms.needs, () => listCsms.call(person, {}), []),
    ask<Plan>(readPlan.needs, () => readPlan.call(person, {}), { floors: [], places: [], unplaced: [] }),
    ask(decideRequest.needs, () => listRequests.call(person, {}), []),
  ]);
  const t = DASHBOARD.in(visit.language);
  return (
    <div class="stack">
      <Tiles visit={visit} status={status} stations={stations} alarms={alarms} />
      <Card title={t("plan")} flush aside={<InboxNote inbox={inbox} visit={visit} />}>
        {stations.length > 0
          ? <FloorPlans stations={stations} alarms={alarms} plan={plan} visit={visit} />
          : (
            <Empty icon="plug" title={t("noStations")}>
              {t("noStationsDo")} {visit.person.may("command stations") && <a href="/inbox">{t("openInbox")}</a>}
            </Empty>
          )}
      </Card>
      <div class="columns wide-first">
        <Attention
          visit={visit}
          alarms={alarms}
          ends={endings(certificates, visit.time.now)}
          requests={requests.filter((row) => row.state === "pending" && row.person !== person.session.person)}
        />
        <div class="stack">
          <CsmsLinks visit={visit} rows={csms} alarms={alarms} />
          {status && <Exceptions status={status} visit={visit} />}
        </div>
      </div>
    </div>
  );
}

function Tiles(
  { visit, status, stations, alarms }: {
    visit: Visit;
    status: Status | undefined;
    stations: readonly StationRow[];
    alarms: readonly AlarmRow[];
  },
) {
  const t = DASHBOARD.in(visit.language);
  const own = stations.filter(({ securityProfile }) => securityProfile !== null);
  const connected = own.filter((station) => station.connected).length;
  const away = own.length - connected;
  const critical = alarms.filter(({ severity }) => severity === "critical").length;
  const links = Object.keys(status?.outages.modes ?? {}).length;
  const waiting = status?.outages.messages ?? 0;
  const note = (tone: Tone, text: string) => <State tone={tone}>{text}</State>;
  return (
    <div class="tiles">
      <Tile
        label={t("stations")}
        href="/stations"
        value={t("stationsOf", { connected, all: own.length })}
        note={away === 0 ? note("good", t("allConnected")) : note("bad", t("away", { count: away }))}
      />
      <Tile
        label={t("csms")}
        value={waiting}
        note={links === 0
          ? note("off", t("csmsNone"))
          : waiting > 0
          ? note("warn", t("waiting"))
          : note("good", t("nothingWaits"))}
      />
      <Tile
        label={t("alarms")}
        href="/alarms"
        value={alarms.length}
        note={alarms.length === 0
          ? note("good", t("alarmsNone"))
          : note(critical > 0 ? "bad" : "warn", t("alarmsCritical", { count: critical }))}
      />
      <Tile
        label={t("gateway")}
        value={status?.ready === false ? t("notReady") : t("ready")}
        note={status && note(status.ready ? "good" : "bad", t("version", { version: status.version }))}
      />
    </div>
  );
}

function InboxNote({ inbox, visit }: { inbox: readonly InboxRow[]; visit: Visit }) {
  const t = DASHBOARD.in(visit.language);
  if (inbox.length === 0) return <span class="small muted">{t("planLead")}</span>;
  return (
    <a href="/inbox">
      <State tone="info" icon="inbox">{t("newStation", { count: inbox.length })}</State>
    </a>
  );
}

interface Ending {
  readonly what: string;
  readonly at: string;
}

/** Certificates that end soon and that nobody renews by himself: those of stations and files of the admin. */
export function endings(
  { certificates, listeners }: { certificates: readonly IssuedRow[]; listeners: readonly ListenerRow[] },
  now: number,
): readonly Ending[] {
  const soon = (at: string) => Date.parse(at) - now < EXPIRY_DAYS * DAY_MS;
  const stations = certificates.filter(({ state, notAfter }) => state !== "revoked" && soon(notAfter))
    .map(({ stationId, notAfter }) => ({ what: stationId, at: notAfter }));
  const own = listeners.filter(({ source, notAfter }) => source === "own" && soon(notAfter))
    .map(({ listener, notAfter }) => ({ what: listener, at: notAfter }));
  return [...stations, ...own].sort((a, b) => a.at < b.at ? -1 : 1);
}

function Attention(
  { visit, alarms, ends, requests }: {
    visit: Visit;
    alarms: readonly AlarmRow[];
    ends: readonly Ending[];
    /** What this person may decide. */
    requests: readonly RequestRow[];
  },
) {
  const t = DASHBOARD.in(visit.language);
  const nothing = alarms.length === 0 && ends.length === 0 && requests.length === 0;
  return (
    <Card title={t("attention")} flush aside={<a class="small" href="/alarms">{t("allAlarms")}</a>}>
      {nothing && <Empty icon="check" title={t("attentionNone")}>{t("attentionNoneLead")}</Empty>}
      {requests.length > 0 && (
        <ul class="log" aria-label={t("requests")}>
          {requests.map((row) => <PendingRequest visit={visit} row={row} brief />)}
        </ul>
      )}
      {alarms.length > 0 && <AlarmList visit={visit} alarms={alarms.slice(0, 6)} />}
      {ends.length > 0 && (
        <ul class="log">
          {ends.slice(0, 6).map(({ what, at }) => (
            <li>
              <Ago at={at} style={visit.time} />
              <span class="what">{t("expires", { what })}</span>
              <State tone="warn">{COMMON.in(visit.language)("state.warning")}</State>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Exceptions({ status, visit }: { status: Status; visit: Visit }) {
  const t = DASHBOARD.in(visit.language);
  return (
    <Card title={t("exceptions")} lead={t("exceptionsLead")}>
      {status.exceptions.length === 0 ? <p class="muted">{t("exceptionsNone")}</p> : (
        <ul class="plain stack">
          {status.exceptions.map((exception) => (
            <li>
              <State tone="warn">{COMMON.in(visit.language)("state.warning")}</State> <span lang="en">{exception}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
