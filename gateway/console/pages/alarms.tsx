import { acknowledgeAlarm, type AlarmRow, listAlarms } from "../api/overview.ts";
import { Form, Submit } from "../components/form.tsx";
import { Card, Empty, PageHead, State, type Tone } from "../components/parts.tsx";
import { Ago } from "../components/time.tsx";
import type { Visit } from "../context.ts";
import { COMMON } from "../i18n/common.ts";
import { defineTexts } from "../i18n/language.ts";
import { act } from "./act.ts";
import type { Page } from "./page.ts";

/** Texts about alarms. */
export const ALARMS = defineTexts("alarms", {
  title: "Alarms",
  lead: "The same cause at the same place is one alarm, however often it comes.",
  stand: "Alarms that stand",
  over: "Also those that are over",
  onlyStanding: "Only those that stand",
  none: "No alarm stands",
  noneLead: "When something needs a person, it stands here with what to do.",
  times: "{count} times",
  inHand: "In hand of {who}",
  take: "Take in hand",
  taken: "You have taken the alarm in hand.",
  isOver: "Over",
}, {
  title: "Alarme",
  lead: "Dieselbe Ursache am selben Ort ist ein Alarm, wie oft sie auch kommt.",
  stand: "Anstehende Alarme",
  over: "Auch die vergangenen",
  onlyStanding: "Nur anstehende",
  none: "Kein Alarm steht an",
  noneLead: "Braucht etwas einen Menschen, steht es hier mit dem, was zu tun ist.",
  times: "{count}-mal",
  inHand: "In Arbeit bei {who}",
  take: "Übernehmen",
  taken: "Sie haben den Alarm übernommen.",
  isOver: "Vorbei",
});

const TONES: Readonly<Record<AlarmRow["severity"], Tone>> = { critical: "bad", warning: "warn", info: "info" };

/** All alarms, with what each means and what to do. */
export const alarms: Page = {
  path: "/alarms",
  title: { en: "Alarms", de: "Alarme" },
  nav: { group: "overview", icon: "bell" },
  needs: "command alarms list",
  show: async (visit) => {
    const t = ALARMS.in(visit.language);
    const all = visit.query.get("all") === "yes";
    const rows = await listAlarms.call(visit.person, all ? { all } : {});
    const other = all
      ? <a class="small" href="/alarms">{t("onlyStanding")}</a>
      : <a class="small" href="/alarms?all=yes">{t("over")}</a>;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("stand")} flush aside={other}>
            {rows.length === 0
              ? <Empty icon="check" title={t("none")}>{t("noneLead")}</Empty>
              : <AlarmList visit={visit} alarms={rows} withActs />}
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/alarms/acknowledge", acknowledgeAlarm, (visit) => ({
      see: "/alarms",
      flash: { tone: "good", text: ALARMS.in(visit.language)("taken") },
    })),
  ],
};

/** Alarms as a list: since when, what it is and what to do, how bad. */
export function AlarmList(
  { visit, alarms: rows, withActs }: { visit: Visit; alarms: readonly AlarmRow[]; withActs?: boolean },
) {
  const t = ALARMS.in(visit.language);
  const common = COMMON.in(visit.language);
  return (
    <ul class="log">
      {rows.map((alarm) => (
        <li>
          <Ago at={alarm.lastSeen} style={visit.time} />
          <div class="what">
            <strong lang="en">{alarm.meaning ?? alarm.kind}</strong>
            <div class="small muted">
              <code>{alarm.kind}</code> · {alarm.subject} · {t("times", { count: alarm.count })}
              {alarm.acknowledged && <>{" "}· {t("inHand", { who: alarm.acknowledged.by })}</>}
            </div>
            {alarm.detail && <div class="small" lang="en">{alarm.detail}</div>}
            {alarm.action && <div class="small" lang="en">{alarm.action}</div>}
            {withActs && !alarm.acknowledged && alarm.state === "active" && visit.person.may("command alarms ack") && (
              <Form action="/alarms/acknowledge" token={visit.token}>
                <input type="hidden" name="kind" value={alarm.kind} />
                <input type="hidden" name="subject" value={alarm.subject} />
                <Submit kind="quiet" small>{t("take")}</Submit>
              </Form>
            )}
          </div>
          {alarm.state === "active"
            ? <State tone={TONES[alarm.severity]}>{common(`severity.${alarm.severity}`)}</State>
            : <State tone="off">{t("isOver")}</State>}
        </li>
      ))}
    </ul>
  );
}
