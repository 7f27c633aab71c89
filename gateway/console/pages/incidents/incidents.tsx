import {
  type AnnouncedRow,
  announceWork,
  type IncidentRow,
  listIncidents,
  reportIncident,
  withdrawWork,
} from "../../api/incidents.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { INCIDENTS } from "./texts.ts";

const back = (text: string): Answer => ({ see: "/incidents", flash: { tone: "good", text } });

/** The incidents of the site, with what a person may tell beforehand and afterwards. */
export const incidents: Page = {
  path: "/incidents",
  title: { en: "Incidents", de: "Vorfälle" },
  nav: { group: "security", icon: "alert" },
  needs: listIncidents.needs,
  show: async (visit) => {
    const t = INCIDENTS.in(visit.language);
    const { incidents: all, works } = await listIncidents.call(visit.person, { all: true });
    const closed = all.filter(({ state }) => state === "closed");
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("standing")} flush>
            <Rows
              visit={visit}
              rows={all.filter(({ state }) => state !== "closed")}
              caption={t("standing")}
              empty={<Empty icon="check" title={t("none")}>{t("noneDo")}</Empty>}
            />
          </Card>
          <Card title={t("works")} lead={t("worksLead")} flush>
            <Works visit={visit} works={works} />
          </Card>
          <Tell visit={visit} />
          {closed.length > 0 && (
            <Card title={t("closed")} flush>
              <Rows visit={visit} rows={closed} caption={t("closed")} empty={<p class="muted">{t("closedNone")}</p>} />
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act(
      "/incidents/report",
      reportIncident,
      (visit, { station }) => back(INCIDENTS.in(visit.language)("reported", { station })),
    ),
    act("/incidents/works", announceWork, (visit) => back(INCIDENTS.in(visit.language)("announced"))),
    act("/incidents/works/:work/end", withdrawWork, (visit) => back(INCIDENTS.in(visit.language)("withdrawn"))),
  ],
};

/** The tone of an incident: never alone, a word stands beside it. */
export function toneOfIncident({ severity, state }: Pick<IncidentRow, "severity" | "state">): Tone {
  if (state === "closed") return "off";
  return severity === "critical" ? "bad" : "warn";
}

/** Who it is about, with the way to it. */
export function SubjectLink({ visit, subject }: { visit: Visit; subject: string }) {
  if (subject === "gateway") return <>{INCIDENTS.in(visit.language)("gateway")}</>;
  return <a href={`/stations/${encodeURIComponent(subject)}`}>{subject}</a>;
}

function Rows(
  { visit, rows, caption, empty }: {
    visit: Visit;
    rows: readonly IncidentRow[];
    caption: string;
    empty: ReturnType<typeof Empty>;
  },
) {
  const t = INCIDENTS.in(visit.language);
  return (
    <Table
      caption={caption}
      rows={rows}
      empty={empty}
      columns={[
        {
          head: t("incident"),
          cell: ({ id, signals }) => (
            <>
              <a href={`/incidents/${id}`}>{id}</a> <span class="small muted">{t("signals", { count: signals })}</span>
            </>
          ),
        },
        { head: t("station"), cell: ({ subject }) => <SubjectLink visit={visit} subject={subject} /> },
        {
          head: t("looksLike"),
          cell: (row) => (
            <>
              <State tone={toneOfIncident(row)}>{t(`kind.${row.kind}`)}</State>{" "}
              <span class="small muted">{t(row.severity)}</span>
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ state, isQuarantined }) => (
            <>
              {t(`state.${state}`)}
              {isQuarantined && <span class="small muted">{` (${t("quarantine")})`}</span>}
            </>
          ),
        },
        { head: t("since"), cell: ({ openedAt }) => <Ago at={openedAt} style={visit.time} /> },
        { head: t("last"), cell: ({ lastAt }) => <Ago at={lastAt} style={visit.time} /> },
      ]}
    />
  );
}

function Works({ visit, works }: { visit: Visit; works: readonly AnnouncedRow[] }) {
  const t = INCIDENTS.in(visit.language), mayEnd = visit.person.may(withdrawWork.needs);
  return (
    <Table
      caption={t("works")}
      rows={works}
      empty={<Empty icon="clock" title={t("worksNone")} />}
      columns={[
        { head: t("station"), cell: ({ station }) => <SubjectLink visit={visit} subject={station} /> },
        {
          head: t("reason"),
          cell: ({ reason, by, id }) => (
            <>
              {reason} <span class="small muted">{`${by}, ${id}`}</span>
            </>
          ),
        },
        { head: t("until"), cell: ({ until }) => <Time at={until} style={visit.time} /> },
        ...mayEnd
          ? [{
            head: "",
            cell: ({ id }: AnnouncedRow) => (
              <Form action={`/incidents/works/${id}/end`} token={visit.token} inline>
                <Submit small kind="quiet">{t("withdraw")}</Submit>
              </Form>
            ),
          }]
          : [],
      ]}
    />
  );
}

/** What people tell by themselves. */
function Tell({ visit }: { visit: Visit }) {
  const t = INCIDENTS.in(visit.language), { person, token } = visit;
  const mayReport = person.may(reportIncident.needs), mayAnnounce = person.may(announceWork.needs);
  if (!mayReport && !mayAnnounce) return null;
  return (
    <Card>
      <div class="buttons">
        {mayReport && (
          <Disclosure summary={t("report")}>
            <p>{t("reportLead")}</p>
            <Form action="/incidents/report" token={token}>
              <Field name="station" label={t("station")} required maxlength={48} scope="report" />
              <Field name="what" label={t("reportWhat")} required maxlength={500} rows={3} scope="report" />
              <Submit>{t("report")}</Submit>
            </Form>
          </Disclosure>
        )}
        {mayAnnounce && (
          <Disclosure summary={t("announce")}>
            <p>{t("worksLead")}</p>
            <Form action="/incidents/works" token={token}>
              <Field name="station" label={t("station")} required maxlength={48} scope="work" />
              <Field
                name="hours"
                label={t("hours")}
                type="number"
                min={0.5}
                max={168}
                step={0.5}
                value="2"
                scope="work"
              />
              <Field name="reason" label={t("reason")} hint={t("reasonHint")} required maxlength={500} scope="work" />
              <Submit>{t("announce")}</Submit>
            </Form>
          </Disclosure>
        )}
      </div>
    </Card>
  );
}
