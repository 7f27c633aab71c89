import { listStations, type StationRow } from "../../api/stations.ts";
import { Field, Select } from "../../components/form.tsx";
import { Card, Empty, PageHead, Table } from "../../components/parts.tsx";
import { ProfileState, StationState } from "../../components/station_state.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import type { Page } from "../page.ts";
import { STATIONS } from "./texts.ts";

/** All stations; every filter stands in the address, so that a list can be sent to somebody. */
export const stations: Page = {
  path: "/stations",
  title: { en: "Stations", de: "Ladestationen" },
  nav: { group: "stations", icon: "plug" },
  needs: "command stations",
  show: async (visit) => {
    const t = STATIONS.in(visit.language);
    const all = await listStations.call(visit.person, {});
    const shown = filterStations(all, visit.query);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          {all.length > 0 && <FilterForm visit={visit} />}
          <Card flush>
            <StationTable visit={visit} rows={shown} isFiltered={all.length > shown.length} />
          </Card>
        </div>
      ),
    };
  },
};

/** The stations that fit `q` (part of id, vendor or model) and `show` (away, weak). */
export function filterStations(rows: readonly StationRow[], query: URLSearchParams): readonly StationRow[] {
  const wanted = (query.get("q") ?? "").toLowerCase().slice(0, 64);
  const show = query.get("show");
  return rows.filter((row) => {
    const { id, facts, connected, securityProfile } = row;
    const words = [id, facts.vendor, facts.model].join(" ").toLowerCase();
    if (!words.includes(wanted)) return false;
    if (show === "away") return !connected && securityProfile !== null;
    return show !== "weak" || (securityProfile !== null && securityProfile < 2);
  });
}

function FilterForm({ visit }: { visit: Visit }) {
  const t = STATIONS.in(visit.language);
  const shows = [
    { value: "", text: t("all") },
    { value: "away", text: t("onlyAway") },
    { value: "weak", text: t("onlyWeak") },
  ];
  return (
    <form method="get" action="/stations" role="search">
      <div class="fields inline">
        <Field
          name="q"
          type="search"
          label={t("search")}
          placeholder={t("searchHint")}
          value={visit.query.get("q") ?? ""}
        />
        <Select name="show" label={t("show")} options={shows} value={visit.query.get("show") ?? ""} />
        <div class="buttons">
          <button type="submit" class="button quiet">{COMMON.in(visit.language)("filter")}</button>
        </div>
      </div>
    </form>
  );
}

function StationTable({ visit, rows, isFiltered }: { visit: Visit; rows: readonly StationRow[]; isFiltered: boolean }) {
  const t = STATIONS.in(visit.language);
  const empty = isFiltered
    ? <Empty icon="plug" title={t("noMatch")}>{t("noMatchDo")}</Empty>
    : <Empty icon="plug" title={t("empty")}>{t("emptyDo")}</Empty>;
  return (
    <Table
      caption={t("caption")}
      rows={rows}
      empty={empty}
      columns={[
        { head: t("station"), cell: ({ id }) => <a href={`/stations/${encodeURIComponent(id)}`}>{id}</a> },
        { head: t("link"), cell: (row) => <StationState station={row} language={visit.language} /> },
        { head: t("security"), cell: (row) => <ProfileState station={row} language={visit.language} /> },
        { head: t("model"), cell: ({ facts }) => [facts.vendor, facts.model].filter((part) => part).join(" ") || "–" },
        { head: t("csms"), cell: ({ csms }) => csms ?? "–" },
        { head: t("since"), cell: ({ since }) => since ? <Ago at={since} style={visit.time} /> : "–" },
      ]}
    />
  );
}
