import {
  acknowledgeIncident,
  closeIncident,
  decideIncident,
  dismissIncident,
  doIncidentStep,
  type IncidentEntry,
  type IncidentView,
  lookAtIncident,
  readIncident,
} from "../../api/incidents.ts";
import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Facts, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { toneOfIncident } from "./incidents.tsx";
import { Steps } from "./steps.tsx";
import { INCIDENTS } from "./texts.ts";

type Word = "acknowledgedDone" | "closedDone" | "decidedDone" | "looked";
const backTo = (visit: Visit, { id }: IncidentView, word: Word): Answer => ({
  see: `/incidents/${id}`,
  flash: { tone: "good", text: INCIDENTS.in(visit.language)(word) },
});

/** One incident: what was seen, what a person decides, and the steps back into service. */
export const incident: Page = {
  path: "/incidents/:incident",
  title: { en: "Incident", de: "Vorfall" },
  needs: readIncident.needs,
  show: async (visit) => {
    const t = INCIDENTS.in(visit.language);
    const shown = await readIncident.call(visit.person, { incident: visit.params["incident"] ?? "" });
    const { id, subject, kind, severity, state, isQuarantined } = shown;
    const about = subject === "gateway" ? t("gateway") : subject;
    return {
      title: `${id}: ${about}`,
      body: (
        <div class="stack">
          <PageHead
            title={`${id}: ${about}`}
            crumb={{ href: "/incidents", text: t("title") }}
            lead={
              <>
                <State tone={toneOfIncident(shown)}>
                  {t(`kind.${kind}`)}, {t(severity)}
                </State>{" "}
                {t(`state.${state}`)}
                {isQuarantined && `, ${t("quarantine")}`}
              </>
            }
          />
          <Next visit={visit} shown={shown} />
          {shown.steps.length > 0 && <Steps visit={visit} shown={shown} />}
          <Timeline visit={visit} shown={shown} />
          <Who visit={visit} shown={shown} />
        </div>
      ),
    };
  },
  acts: [
    act(
      "/incidents/:incident/acknowledge",
      acknowledgeIncident,
      (visit, one) => backTo(visit, one, "acknowledgedDone"),
    ),
    act("/incidents/:incident/look", lookAtIncident, (visit, one) => backTo(visit, one, "looked")),
    act("/incidents/:incident/decide", decideIncident, (visit, one) => backTo(visit, one, "decidedDone")),
    act("/incidents/:incident/steps/:step", doIncidentStep, (visit, one, { step }) => {
      const t = INCIDENTS.in(visit.language), note = one.done[step];
      return {
        see: `/incidents/${one.id}#steps`,
        flash: {
          tone: note?.state === "failed" ? "bad" : "good",
          text: t("stepDone", { step: `${t(`step.${step}`)}: ${t(`done.${note?.state ?? "checking"}`)}` }),
        },
      };
    }),
    act("/incidents/:incident/close", closeIncident, (visit, one) => backTo(visit, one, "closedDone")),
    act("/incidents/:incident/false-alarm", dismissIncident, (visit, one) => backTo(visit, one, "closedDone")),
  ],
};

const ACTS = [acknowledgeIncident, closeIncident, decideIncident, lookAtIncident];

/** What a person may do now; nothing when it is closed, or for who does only the steps. */
function Next({ visit, shown }: { visit: Visit; shown: IncidentView }) {
  const t = INCIDENTS.in(visit.language), { person, token } = visit, { id, state, steps, done, subject } = shown;
  if (state === "closed" || !ACTS.some(({ needs }) => person.may(needs))) return null;
  const isWalked = state === "decided" && steps.every((step) => done[step.id]?.state === "done");
  return (
    <Card
      title={t("next")}
      lead={isWalked ? t("closeLead") : state === "open" ? t("acknowledgeLead") : t("decideLead")}
    >
      <div class="buttons">
        {state === "open" && person.may(acknowledgeIncident.needs) && (
          <Form action={`/incidents/${id}/acknowledge`} token={token}>
            <Submit>{t("acknowledge")}</Submit>
          </Form>
        )}
        {isWalked && person.may(closeIncident.needs) && (
          <Form action={`/incidents/${id}/close`} token={token}>
            <Submit>{t("close")}</Submit>
          </Form>
        )}
        {subject !== "gateway" && person.may(lookAtIncident.needs) && (
          <Form action={`/incidents/${id}/look`} token={token}>
            <Submit kind="quiet">{t("lookNow")}</Submit>
          </Form>
        )}
        {person.may(decideIncident.needs) && (
          <Disclosure summary={state === "decided" ? t("decideAgain") : t("decide")}>
            <Decide visit={visit} shown={shown} />
          </Disclosure>
        )}
        {person.may(dismissIncident.needs) && (
          <Disclosure summary={t("falseAlarm")}>
            <p>{t("falseAlarmLead")}</p>
            <Form action={`/incidents/${id}/false-alarm`} token={token}>
              <Field
                name="reason"
                label={t("reason")}
                hint={t("reasonHint")}
                required
                maxlength={500}
                scope="false"
              />
              <Submit kind="danger">{t("falseAlarm")}</Submit>
            </Form>
          </Disclosure>
        )}
      </div>
    </Card>
  );
}

function Decide({ visit, shown: { id, decided } }: { visit: Visit; shown: IncidentView }) {
  const t = INCIDENTS.in(visit.language);
  return (
    <Form action={`/incidents/${id}/decide`} token={visit.token}>
      <Select
        name="what"
        label={t("decision")}
        value={decided?.what}
        hint={t("decideLead")}
        options={[{ value: "quarantine", text: t("what_quarantine") }, { value: "keep", text: t("what_keep") }]}
      />
      <Field name="reason" label={t("reason")} hint={t("reasonHint")} required maxlength={500} scope="decide" />
      <Submit kind="danger">{t("decide")}</Submit>
    </Form>
  );
}

function Timeline({ visit, shown: { timeline, meanings, dropped } }: { visit: Visit; shown: IncidentView }) {
  const t = INCIDENTS.in(visit.language);
  return (
    <Card title={t("timeline")} lead={t("timelineLead")} flush>
      <Table
        caption={t("timeline")}
        rows={timeline}
        columns={[
          { head: t("when"), cell: ({ at }) => <Time at={at} style={visit.time} /> },
          { head: t("what"), cell: (entry) => <Seen visit={visit} entry={entry} meaning={meanings[entry.kind]} /> },
          {
            head: t("by"),
            cell: ({ source }) => <span class="mono small" lang="en">{source}</span>,
          },
        ]}
      />
      {dropped > 0 && <p class="small muted">{t("dropped", { count: dropped })}</p>}
    </Card>
  );
}

function Seen({ visit, entry, meaning }: { visit: Visit; entry: IncidentEntry; meaning: string | undefined }) {
  const t = INCIDENTS.in(visit.language), { kind, detail, count, explained } = entry;
  return (
    <>
      <span lang="en">{meaning ?? kind}</span>
      <div class="small muted" lang="en">{detail}</div>
      {count > 1 && <div class="small">{t("times", { count })}</div>}
      {explained && <State tone="info">{t("explained", { by: explained.by })}</State>}
    </>
  );
}

function Who({ visit, shown: { acknowledged, decided, ended } }: { visit: Visit; shown: IncidentView }) {
  const t = INCIDENTS.in(visit.language);
  if (!acknowledged) return null;
  const person = ({ by, at }: { by: string; at: number }) => (
    <>
      {by}, <Time at={at} style={visit.time} />
    </>
  );
  return (
    <Card title={t("people")}>
      <Facts
        rows={[
          [t("acknowledgedBy"), person(acknowledged)],
          decided && [
            t("decidedBy"),
            <>
              {person(decided)}
              <div class="small">{`${t(`what_${decided.what}`)}: ${decided.reason}`}</div>
            </>,
          ],
          ended && [
            t("endedBy"),
            <>
              {person(ended)}
              <div class="small">{[t(`how.${ended.how}`), ended.reason].filter((part) => part).join(": ")}</div>
            </>,
          ],
        ]}
      />
    </Card>
  );
}
