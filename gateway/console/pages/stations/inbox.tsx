import { listCsms } from "../../api/overview.ts";
import { adoptStation, finishAdoption, type InboxRow, listAdoptions, listInbox } from "../../api/stations.ts";
import { Disclosure, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { ShownOnce } from "../../components/shown_once.tsx";
import { STATIONS } from "./texts.ts";
import { Unfinished } from "./unfinished.tsx";

/** Stations that asked to connect and are not known, with what takes them in. */
export const inbox: Page = {
  path: "/inbox",
  title: { en: "Inbox", de: "Eingang" },
  nav: { group: "stations", icon: "inbox" },
  needs: "command stations",
  show: async (visit) => {
    const t = STATIONS.in(visit.language);
    const rows = await listInbox.call(visit.person, {});
    const csms = visit.person.may("command csms list") ? await listCsms.call(visit.person, {}) : [];
    return {
      title: t("inbox"),
      body: (
        <div class="stack">
          <PageHead title={t("inbox")} lead={t("inboxLead")} />
          <Card flush>
            <InboxTable visit={visit} rows={rows} csms={csms.map(({ id }) => id)} />
          </Card>
          {visit.person.may(listAdoptions.needs) && (
            <Unfinished visit={visit} rows={await listAdoptions.call(visit.person, {})} />
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/inbox/:station/adopt", adoptStation, (visit, { text }, { station }) => {
      const t = STATIONS.in(visit.language);
      return {
        title: t("adopted", { station }),
        body: (
          <ShownOnce
            title={t("adopted", { station })}
            lead={t("secretLead")}
            text={text}
            links={[{ href: `/stations/${encodeURIComponent(station)}`, text: t("toStation") }, {
              href: "/inbox",
              text: t("toInbox"),
            }]}
          />
        ),
      };
    }),
    act("/inbox/:station/finish", finishAdoption, (visit, { station, warning }) => {
      const t = STATIONS.in(visit.language), text = t("adoptionFinished", { station });
      const flash = { tone: "warn", text: `${text} ${t("adoptionNoVault")}` } as const;
      return { see: "/inbox", flash: warning === undefined ? { tone: "good", text } : flash };
    }),
  ],
};

function InboxTable({ visit, rows, csms }: { visit: Visit; rows: readonly InboxRow[]; csms: readonly string[] }) {
  const t = STATIONS.in(visit.language);
  return (
    <Table
      caption={t("inboxLead")}
      rows={rows}
      empty={<Empty icon="inbox" title={t("inboxEmpty")}>{t("inboxEmptyDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ stationId, userAgent }) => (
            <>
              {stationId}
              {userAgent && <div class="small muted">{userAgent}</div>}
            </>
          ),
        },
        { head: t("from"), cell: ({ source }) => <span class="mono">{source}</span> },
        {
          head: t("transport"),
          cell: ({ tls }) => tls ? <State tone="good" icon="lock">TLS</State> : <State tone="warn">{t("plain")}</State>,
        },
        { head: t("offers"), cell: ({ offeredProtocols }) => offeredProtocols.join(", ") || "–" },
        { head: t("attempts"), cell: ({ attempts }) => <span class="number">{attempts}</span> },
        { head: t("lastSeen"), cell: ({ lastSeen }) => <Ago at={lastSeen} style={visit.time} /> },
        { head: "", cell: (row) => <AdoptForm visit={visit} row={row} csms={csms} /> },
      ]}
    />
  );
}

function AdoptForm({ visit, row, csms }: { visit: Visit; row: InboxRow; csms: readonly string[] }) {
  if (!visit.person.may(adoptStation.needs)) return null;
  const t = STATIONS.in(visit.language);
  const scope = row.stationId;
  return (
    <Disclosure summary={t("adopt")} small>
      <Form action={`/inbox/${encodeURIComponent(row.stationId)}/adopt`} token={visit.token}>
        <Select
          name="profile"
          scope={scope}
          label={t("adoptProfile")}
          value={row.tls ? "2" : "1"}
          options={["2", "3", "1"].map((value) => ({ value, text: value }))}
          hint={t("adoptProfileHint")}
        />
        {csms.length > 1 && (
          <Select
            name="csms"
            scope={scope}
            label={t("adoptCsms")}
            options={csms.map((value) => ({ value, text: value }))}
          />
        )}
        <Submit>{t("adopt")}</Submit>
      </Form>
    </Disclosure>
  );
}
