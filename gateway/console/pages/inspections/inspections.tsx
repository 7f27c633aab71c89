import {
  assignInspection,
  type DueInspection,
  fillInspection,
  type InspectionList,
  type InspectionRow,
  listDueInspections,
  listInspections,
} from "../../api/inspections.ts";
import { Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { INSPECTIONS } from "./texts.ts";

const TONES: Readonly<Record<DueInspection["state"], Tone>> = {
  fine: "good",
  soon: "info",
  due: "warn",
  overdue: "bad",
};

/** What people have to look at on site, and what they found. */
export const inspections: Page = {
  path: "/inspections",
  title: { en: "Checklists", de: "Prüflisten" },
  nav: { group: "security", icon: "check" },
  needs: listDueInspections.needs,
  show: async (visit) => {
    const t = INSPECTIONS.in(visit.language), { person } = visit;
    const { due, templates, stations } = await listDueInspections.call(person, {});
    const done = person.may(listInspections.needs) ? await listInspections.call(person, {}) : [];
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("due")} flush>
            <Due visit={visit} rows={due} templates={templates} />
          </Card>
          {person.may(assignInspection.needs) && <Assign visit={visit} templates={templates} stations={stations} />}
          <Card title={t("done")} flush>
            <Done visit={visit} rows={done} templates={templates} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/inspections/assign", assignInspection, (visit) => ({
      see: "/inspections",
      flash: { tone: "good", text: INSPECTIONS.in(visit.language)("assigned") },
    })),
  ],
};

/** A list by its words; one that is no more by its id. */
export function listWords(visit: Visit, templates: readonly InspectionList[], id: string): string {
  return templates.find((one) => one.id === id)?.[visit.language] ?? id;
}

/** Who it is about. */
export const subjectWords = (visit: Visit, subject: string): string =>
  subject === "gateway" ? INSPECTIONS.in(visit.language)("site") : subject;

function Due(
  { visit, rows, templates }: { visit: Visit; rows: readonly DueInspection[]; templates: readonly InspectionList[] },
) {
  const t = INSPECTIONS.in(visit.language), mayFill = visit.person.may(fillInspection.needs);
  return (
    <Table
      caption={t("due")}
      rows={rows}
      empty={<Empty icon="check" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        { head: t("subject"), cell: ({ subject }) => subjectWords(visit, subject) },
        { head: t("list"), cell: ({ template }) => listWords(visit, templates, template) },
        { head: t("state"), cell: ({ state }) => <State tone={TONES[state]}>{t(`state.${state}`)}</State> },
        { head: t("next"), cell: ({ dueAt }) => <Time at={dueAt} style={visit.time} dateOnly /> },
        {
          head: t("last"),
          cell: ({ last }) => last ? <Ago at={last.at} style={visit.time} /> : <span class="muted">{t("never")}</span>,
        },
        ...mayFill
          ? [{
            head: "",
            cell: ({ template, subject, state }: DueInspection) => (
              <a
                class={`button small${state === "fine" || state === "soon" ? " quiet" : ""}`}
                href={`/inspections/fill/${encodeURIComponent(template)}/${encodeURIComponent(subject)}`}
              >
                {t("fill")}
                <span class="hidden-visually">{` ${listWords(visit, templates, template)}, ${subject}`}</span>
              </a>
            ),
          }]
          : [],
      ]}
    />
  );
}

function Done(
  { visit, rows, templates }: { visit: Visit; rows: readonly InspectionRow[]; templates: readonly InspectionList[] },
) {
  const t = INSPECTIONS.in(visit.language);
  return (
    <Table
      caption={t("done")}
      rows={rows}
      empty={<Empty icon="inbox" title={t("doneNone")} />}
      columns={[
        {
          head: t("list"),
          cell: ({ id, template }) => (
            <a href={`/inspections/${id}`}>{`${id}: ${listWords(visit, templates, template)}`}</a>
          ),
        },
        { head: t("subject"), cell: ({ subject }) => subjectWords(visit, subject) },
        { head: t("day"), cell: ({ at }) => <Time at={at} style={visit.time} dateOnly /> },
        { head: t("person"), cell: ({ person }) => person },
        {
          head: t("found"),
          cell: ({ isInOrder }) =>
            isInOrder ? <State tone="good">{t("inOrder")}</State> : <State tone="bad">{t("notInOrder")}</State>,
        },
        { head: t("photos"), cell: ({ photos }) => <span class="number">{photos}</span> },
      ]}
    />
  );
}

function Assign(
  { visit, templates, stations }: {
    visit: Visit;
    templates: readonly InspectionList[];
    stations: readonly string[];
  },
) {
  const t = INSPECTIONS.in(visit.language);
  const subjects = [
    { value: "all", text: t("all") },
    { value: "gateway", text: t("site") },
    ...stations.map((id) => ({ value: id, text: id })),
  ];
  return (
    <Card title={t("assign")}>
      <Form action="/inspections/assign" token={visit.token}>
        <Select
          name="list"
          label={t("list")}
          options={templates.map((one) => ({ value: one.id, text: one[visit.language] }))}
        />
        <Select name="subject" label={t("subject")} options={subjects} />
        <Field name="every" label={t("every")} hint={t("everyHint")} type="number" min={1} max={1_095} />
        <Submit>{t("assign")}</Submit>
      </Form>
    </Card>
  );
}
