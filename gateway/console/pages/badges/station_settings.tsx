import { changeOffline, showOffline, type StationOffline } from "../../api/badge_settings.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { BADGES } from "./texts.ts";

type Setting = StationOffline["settings"][number];

/** What one station allows by itself while it is cut off, read anew, each setting with its change (EV-24). */
export const stationBadgeSettings: Page = {
  path: "/badges/stations/:station",
  title: { en: "Badges of a station", de: "Karten einer Station" },
  needs: showOffline.needs,
  show: async (visit) => {
    const t = BADGES.in(visit.language), station = visit.params["station"]!;
    const found = await showOffline.call(visit.person, { station });
    return {
      title: `${t("offline")}: ${station}`,
      body: (
        <div class="stack">
          <PageHead title={station} lead={t("offlineLead")} crumb={{ href: "/badges", text: t("title") }} />
          <Standing visit={visit} found={found} />
          <Card title={t("settings")} flush>
            <SettingTable visit={visit} found={found} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/badges/stations/:station/set", changeOffline, (_visit, { text, isDone }, { station }) => ({
      see: `/badges/stations/${station}`,
      flash: { tone: isDone ? "good" : "bad", text },
    })),
  ],
};

function Standing({ visit, found }: { visit: Visit; found: StationOffline }) {
  const t = BADGES.in(visit.language), { exposure, at, isConnected, listVersion } = found;
  const tones = { everybody: "bad", known: "warn", nobody: "good", unknown: "info" } as const;
  return (
    <Notice tone={tones[exposure]} title={`${t("exposure")}: ${t(`exposure.${exposure}`)}`}>
      <p>{t(`exposureDo.${exposure}`)}</p>
      <p>
        {listVersion === null
          ? t("listUnknown")
          : listVersion > 0
          ? t("listVersion", { version: listVersion })
          : t("listNone")}
      </p>
      {!isConnected && (
        <p>{t(at === null ? "neverRead" : "readBefore")} {at !== null && <Time at={at} style={visit.time} />}</p>
      )}
    </Notice>
  );
}

function SettingTable({ visit, found }: { visit: Visit; found: StationOffline }) {
  const t = BADGES.in(visit.language);
  return (
    <Table
      caption={t("settings")}
      rows={found.settings}
      columns={[
        {
          head: t("setting"),
          cell: ({ id, name }) => (
            <>
              {t(`setting.${id as "cache"}`)}
              <div class="small muted mono">{name}</div>
            </>
          ),
        },
        {
          head: t("value"),
          cell: ({ on, strict, why }) => (
            <>
              <State tone={on === null ? "info" : on === strict ? "good" : "warn"}>
                {t(on === null ? "value.unknown" : on ? "value.on" : "value.off")}
              </State>
              {why !== null && <div class="small muted">{why}</div>}
            </>
          ),
        },
        { head: t("safer"), cell: ({ strict }) => t(strict ? "value.on" : "value.off") },
        { head: "", cell: (setting) => <Change visit={visit} found={found} setting={setting} /> },
      ]}
    />
  );
}

function Change({ visit, found, setting }: { visit: Visit; found: StationOffline; setting: Setting }) {
  const t = BADGES.in(visit.language), { id, on, strict } = setting;
  if (!visit.person.may(changeOffline.needs) || !found.isConnected || on === null) return null;
  return (
    <Disclosure summary={t(on ? "turnOff" : "turnOn")} kind={on === strict ? "danger" : "quiet"} small>
      {on === strict && <p>{t("looser")}</p>}
      <Form action={`/badges/stations/${found.station}/set`} token={visit.token}>
        <input type="hidden" name="setting" value={id} />
        <input type="hidden" name="value" value={String(!on)} />
        <Field name="reason" scope={id} label={t("reason")} required maxlength={200} />
        <Submit kind={on === strict ? "danger" : "main"} small>{t(on ? "turnOff" : "turnOn")}</Submit>
      </Form>
    </Disclosure>
  );
}
