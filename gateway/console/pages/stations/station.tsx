import { listAudit } from "../../api/audit.ts";
import { readDeviceCapabilities } from "../../api/device_work.ts";
import { listDevicePages } from "../../api/devices.ts";
import { readStatus } from "../../api/overview.ts";
import {
  explainStation,
  listStations,
  renewCredential,
  renewStation,
  type StationRow,
  type Why,
} from "../../api/stations.ts";
import { readStationRecord } from "../../api/station_talk.ts";
import { AuditList } from "../../components/audit_list.tsx";
import { Checkbox, Disclosure, Form, Submit } from "../../components/form.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { Card, Empty, Facts, Notice, PageHead } from "../../components/parts.tsx";
import { ProfileState, StationState } from "../../components/station_state.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { ShownOnce } from "../../components/shown_once.tsx";
import { devicePath } from "./device.tsx";
import { DEVICE } from "./device_texts.ts";
import { PAGES_ACTS, PagesCard } from "./open_pages.tsx";
import { StationGrants } from "./station_grants.tsx";
import { STATION, STATIONS } from "./texts.ts";
import { MessagesCard, messagesPart, SecurityCard } from "./station_talk.tsx";
import { openTunnelAct, TunnelCard } from "./tunnel.tsx";

/** Records about the station that its page shows. */
const EVENTS = 12;
/** Newest records of the audit chain that are looked through for them. */
const EVENTS_SPAN = 3_000;

/** Everything about one station. */
export const station: Page = {
  path: "/stations/:station",
  title: { en: "Station", de: "Station" },
  needs: "command stations",
  show: async (visit) => {
    const id = visit.params["station"]!;
    const row = (await listStations.call(visit.person, {})).find((each) => each.id === id);
    const t = STATION.in(visit.language);
    const crumb = { href: "/stations", text: STATIONS.in(visit.language)("title") };
    if (!row) {
      const title = t("unknown", { station: id });
      return { title, status: 404, body: <PageHead title={title} crumb={crumb} /> };
    }
    const { vendor, model } = row.facts;
    const hasPages = await hasController(visit, id);
    const lead = [[vendor, model].filter((part) => part).join(" "), row.csms].filter((part) => part).join(" · ");
    return {
      title: id,
      body: (
        <div class="stack">
          <PageHead title={id} crumb={crumb} lead={lead || undefined}>
            <StationState station={row} language={visit.language} />
            <ProfileState station={row} language={visit.language} />
          </PageHead>
          <div class="columns wide-first" hx-ext="sse" sse-connect={`/live/station/${encodeURIComponent(id)}`}>
            <div class="stack">
              {visit.person.may(explainStation.needs) && (
                <WhyCard visit={visit} why={await explainStation.call(visit.person, { station: id })} />
              )}
              {visit.person.may(readStationRecord.needs) && (
                <MessagesCard visit={visit}>{await messagesPart(visit)}</MessagesCard>
              )}
              <SecurityCard visit={visit} station={id} />
              {visit.person.may(listAudit.needs) && <EventsCard visit={visit} id={id} />}
            </div>
            <div class="stack">
              <PagesCard visit={visit} station={id} />
              <LinkCard visit={visit} row={row} />
              <FactsCard visit={visit} row={row} />
              {hasPages && (
                <Card title={DEVICE.in(visit.language)("link")} lead={DEVICE.in(visit.language)("lead")}>
                  <a class="button quiet" href={devicePath(id)}>{DEVICE.in(visit.language)("link")}</a>
                </Card>
              )}
              <TunnelCard visit={visit} station={id} />
              <StationGrants visit={visit} station={id} />
              <CredentialCard visit={visit} row={row} />
            </div>
          </div>
        </div>
      ),
    };
  },
  acts: [
    ...PAGES_ACTS,
    openTunnelAct,
    act("/stations/:station/credential", renewCredential, (visit, { text }, { station: id }) => {
      const title = STATION.in(visit.language)("newPassword", { station: id });
      const texts = STATIONS.in(visit.language);
      const links = [{ href: `/stations/${encodeURIComponent(id)}`, text: texts("toStation") }];
      return {
        title,
        body: <ShownOnce title={title} lead={texts("secretLead")} text={text} links={links} />,
      };
    }),
    act("/stations/:station/renew", renewStation, (visit, _, { station: id }) => ({
      see: `/stations/${encodeURIComponent(id)}`,
      flash: { tone: "good", text: STATION.in(visit.language)("renewed", { station: id }) },
    })),
  ],
};

/** Whether there is a page on which drivers work at its controller. */
async function hasController({ person }: Visit, station: string): Promise<boolean> {
  if (!person.may(listDevicePages.needs) || !person.may(readDeviceCapabilities.needs)) return false;
  return (await listDevicePages.call(person, {})).some((each) => each.station === station);
}

const STEP_ICONS: Readonly<Record<string, readonly [IconName, string]>> = {
  "ok": ["check", "good"],
  "bad": ["cross", "bad"],
  "unknown": ["info", "warn"],
  "not used": ["circle", "off"],
};

function WhyCard({ visit, why }: { visit: Visit; why: Why }) {
  const t = STATION.in(visit.language);
  const isBad = why.steps.some(({ state }) => state === "bad");
  return (
    <Card title={t("why")}>
      <Notice tone={isBad ? "bad" : "good"}>
        <strong lang="en">{why.sentence}</strong>
        {isBad && <p lang="en">{t("fix")}: {why.fix}</p>}
      </Notice>
      <ol class="steps">
        {why.steps.map(({ step, state, detail }) => {
          const [icon, tone] = STEP_ICONS[state] ?? ["info", "off"] as const;
          return (
            <li>
              <Icon name={icon} class={tone} />
              <div lang="en">
                <strong>{step}</strong> <span class="small muted">{state}</span>
                <div class="small muted">{detail}</div>
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

async function EventsCard({ visit, id }: { visit: Visit; id: string }) {
  const t = STATION.in(visit.language);
  const { audit: { sequence } } = await readStatus.call(visit.person, {});
  const { records } = await listAudit.call(visit.person, { station: id, after: Math.max(0, sequence - EVENTS_SPAN) });
  const newest = records.slice(-EVENTS).reverse();
  return (
    <Card title={t("events")} lead={t("eventsLead")} flush>
      {newest.length === 0
        ? <Empty icon="audit" title={t("noEvents")} />
        : <AuditList visit={visit} records={newest} />}
    </Card>
  );
}

function LinkCard({ visit, row }: { visit: Visit; row: StationRow }) {
  const t = STATION.in(visit.language);
  return (
    <Card title={t("link")}>
      <Facts
        rows={[
          row.source ? [t("address"), <span class="mono">{row.source}</span>] : undefined,
          row.since ? [t("since"), <Time at={row.since} style={visit.time} />] : undefined,
          [t("protocols"), row.protocols.join(", ") || "–"],
          [STATIONS.in(visit.language)("csms"), row.csms ?? "–"],
          [t("quirks"), row.quirks.join(", ") || t("quirksNone")],
          [t("origin"), t(row.adopted ? "originAdopted" : "originSite")],
        ]}
      />
    </Card>
  );
}

function FactsCard({ visit, row }: { visit: Visit; row: StationRow }) {
  const t = STATION.in(visit.language);
  const rows = Object.entries(row.facts);
  return (
    <Card title={t("facts")} lead={t("factsLead")}>
      {rows.length === 0
        ? <p class="muted">{t("noFacts")}</p>
        : <Facts rows={rows.map(([name, value]) => [name, <span class="mono">{String(value)}</span>])} />}
    </Card>
  );
}

function CredentialCard({ visit, row }: { visit: Visit; row: StationRow }) {
  const { person, token } = visit;
  const t = STATION.in(visit.language);
  const mayReset = person.may(renewCredential.needs), mayRenew = person.may(renewStation.needs);
  if (row.securityProfile === null || !(mayReset || mayRenew)) return null;
  const base = `/stations/${encodeURIComponent(row.id)}`;
  return (
    <Card title={t("credential")} lead={t("credentialLead")}>
      {mayRenew && row.connected && (
        <Form action={`${base}/renew`} token={token}>
          <p class="small muted">{t("renewLead")}</p>
          <Submit kind="quiet">{t("renew")}</Submit>
        </Form>
      )}
      {mayReset && (
        <Disclosure summary={t("reset")} kind="danger">
          <Form action={`${base}/credential`} token={token}>
            <p class="small">{t("resetLead")}</p>
            <Checkbox name="sure" label={t("resetSure", { station: row.id })} required />
            <Submit kind="danger">{t("reset")}</Submit>
          </Form>
        </Disclosure>
      )}
    </Card>
  );
}
