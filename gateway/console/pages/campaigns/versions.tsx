import { type ControllerRow, readFirmwareInventory } from "../../api/campaigns.ts";
import { Card, Empty, PageHead, State, Table, Tile, type Tone } from "../../components/parts.tsx";
import type { Page } from "../page.ts";
import { FIRMWARE_MARKS } from "../../../../policies/firmware_mark.ts";
import { CAMPAIGNS } from "./texts.ts";

const TONES: Readonly<Record<ControllerRow["mark"], Tone>> = {
  vulnerable: "bad",
  outdated: "warn",
  unknown: "off",
  current: "good",
};

/** Versions of all controllers, and what is known against them. */
export const versions: Page = {
  path: "/versions",
  title: { en: "Versions", de: "Versionen" },
  nav: { group: "stations", icon: "info" },
  needs: readFirmwareInventory.needs,
  show: async (visit) => {
    const t = CAMPAIGNS.in(visit.language);
    const { counts, controllers } = await readFirmwareInventory.call(visit.person, {});
    return {
      title: t("versions"),
      body: (
        <div class="stack">
          <PageHead title={t("versions")} lead={t("versionsLead")} />
          <div class="tiles">
            {FIRMWARE_MARKS.map((mark) => <Tile label={t(`mark.${mark}`)} value={counts[mark]} />)}
          </div>
          <Card flush>
            <Table
              caption={t("versions")}
              rows={controllers}
              empty={<Empty icon="info" title={t("noController")}>{t("noControllerDo")}</Empty>}
              columns={[
                {
                  head: t("station"),
                  cell: ({ station, unit }) => (
                    <>
                      <a href={`/stations/${encodeURIComponent(station)}`}>{station}</a>
                      {unit !== station && <div class="small muted">{unit}</div>}
                    </>
                  ),
                },
                { head: t("model"), cell: ({ vendor, model }) => `${vendor} ${model}` },
                {
                  head: t("version"),
                  cell: ({ version, mixed }) => (
                    <>
                      <span class="mono">{version || t("neverTold")}</span>
                      {mixed && <State tone="warn">{t("mixed")}</State>}
                    </>
                  ),
                },
                { head: t("state"), cell: ({ mark }) => <State tone={TONES[mark]}>{t(`mark.${mark}`)}</State> },
                { head: t("newer"), cell: ({ newer }) => <span class="mono">{newer || "–"}</span> },
                {
                  head: t("advisories"),
                  cell: ({ advisories }) => (
                    <span lang="en">
                      {advisories.length === 0 ? "–" : advisories.map(({ advisory, what }) => (
                        <div>
                          {advisory}
                          <div class="small muted">{what}</div>
                        </div>
                      ))}
                    </span>
                  ),
                },
              ]}
            />
          </Card>
        </div>
      ),
    };
  },
};
