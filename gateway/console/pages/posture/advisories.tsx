import {
  type AdvisoryVerdict,
  importAdvisory,
  listAdvisories,
  readAdvisory,
  removeAdvisory,
  withdrawAdvisory,
} from "../../api/advisories.ts";
import { Disclosure, Field, FileField, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Facts, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { AdvisoriesCard } from "./advisories_card.tsx";
import { ADVISORIES } from "./advisory_texts.ts";

const PATH = "/advisories";

/** All advisories, and the form that brings one (EV-32). */
export const advisories: Page = {
  path: PATH,
  title: { en: "Security advisories", de: "Sicherheitshinweise" },
  needs: listAdvisories.needs,
  show: async (visit) => {
    const t = ADVISORIES.in(visit.language), rows = await listAdvisories.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} crumb={{ href: "/posture", text: t("back") }} />
          <AdvisoriesCard visit={visit} rows={rows} />
          {visit.person.may(importAdvisory.needs) && (
            <Card title={t("bring")} lead={t("bringLead")}>
              <Form action={PATH} token={visit.token} sendsFile>
                <FileField name="file" label={t("file")} accept=".json,application/json" required />
                <Field name="sha256" label={t("sum")} hint={t("sumHint")} mono maxlength={1_000} />
                <Submit>{t("import")}</Submit>
              </Form>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [act(PATH, importAdvisory, (visit, taken) => shown(visit, taken))],
};

/** One advisory, and what may be done with it. */
export const advisory: Page = {
  path: `${PATH}/:id`,
  title: { en: "Security advisory", de: "Sicherheitshinweis" },
  needs: readAdvisory.needs,
  show: async (visit) => shown(visit, await readAdvisory.call(visit.person, { id: visit.params["id"]! })),
  acts: [
    act(`${PATH}/:id/withdraw`, withdrawAdvisory, (visit, { id }) => ({
      see: `${PATH}/${encodeURIComponent(id)}`,
      flash: { tone: "good", text: ADVISORIES.in(visit.language)("withdrawnNow", { id }) },
    })),
    act(`${PATH}/:id/remove`, removeAdvisory, (visit, { id }) => ({
      see: PATH,
      flash: { tone: "good", text: ADVISORIES.in(visit.language)("removed", { id }) },
    })),
  ],
};

/** The verdict about one: what it is, how it is proven, whom it is about. */
function shown(visit: Visit, found: AdvisoryVerdict): Answer & { readonly title: string; readonly body: unknown } {
  const t = ADVISORIES.in(visit.language), { id, title, withdrawn, provenBy } = found;
  return {
    title: id,
    body: (
      <div class="stack">
        <PageHead title={id} lead={title} crumb={{ href: PATH, text: t("title") }} />
        {withdrawn && <Notice tone="warn">{t("withdrawn", { who: withdrawn.who, reason: withdrawn.reason })}</Notice>}
        <Card title={t("verdict")}>
          <Facts
            rows={[
              [t("publisher"), <span lang="en">{found.publisher}</span>],
              [t("version"), <span class="number">{found.version}</span>],
              [t("released"), <Time at={found.releasedAt} style={visit.time} dateOnly />],
              [t("score"), <span class="number">{found.score?.toFixed(1) ?? "-"}</span>],
              [
                t("proof"),
                <State tone={provenBy ? "good" : "warn"}>
                  {provenBy ? t("proven", { sum: provenBy }) : t("unproven")}
                </State>,
              ],
            ]}
          />
        </Card>
        <Card title={t("stations")} flush>
          <Stations visit={visit} rows={found.stations} />
        </Card>
        <Card title={t("weaknesses")} flush>
          <Weaknesses visit={visit} rows={found.weaknesses} />
        </Card>
        <Acts visit={visit} found={found} />
      </div>
    ),
  };
}

function Stations({ visit, rows }: { readonly visit: Visit; readonly rows: AdvisoryVerdict["stations"] }) {
  const t = ADVISORIES.in(visit.language);
  return (
    <Table
      caption={t("stations")}
      rows={rows}
      empty={<Empty icon="check" title={t("noneAffected")}>{t("noneAffectedDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ station, unit }) => (
            <>
              <a href={`/posture/${encodeURIComponent(station)}`}>{station}</a>
              {unit !== undefined && <span class="muted">{` ${unit}`}</span>}
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ state }) => <State tone={state === "affected" ? "bad" : "warn"}>{t(`state.${state}`)}</State>,
        },
        { head: t("runs"), cell: ({ version }) => version ?? "-" },
        { head: t("why"), cell: ({ why }) => <span class="small" lang="en">{why}</span> },
      ]}
    />
  );
}

function Weaknesses({ visit, rows }: { readonly visit: Visit; readonly rows: AdvisoryVerdict["weaknesses"] }) {
  const t = ADVISORIES.in(visit.language);
  return (
    <Table
      caption={t("weaknesses")}
      rows={rows}
      columns={[
        {
          head: t("weakness"),
          cell: ({ id, title }) => (
            <>
              <strong class="mono">{id ?? "-"}</strong>
              {title !== undefined && <div class="small" lang="en">{title}</div>}
            </>
          ),
        },
        { head: "CVSS", cell: ({ score }) => <span class="number">{score?.toFixed(1) ?? "-"}</span> },
        {
          head: t("remedy"),
          cell: ({ remedies }) =>
            remedies.length === 0
              ? <span class="muted">{t("noRemedy")}</span>
              : <span class="small" lang="en">{remedies[0]}</span>,
        },
      ]}
    />
  );
}

function Acts({ visit, found: { id, withdrawn } }: { readonly visit: Visit; readonly found: AdvisoryVerdict }) {
  const t = ADVISORIES.in(visit.language), { person, token } = visit, path = `${PATH}/${encodeURIComponent(id)}`;
  return (
    <div class="buttons">
      {!withdrawn && person.may(withdrawAdvisory.needs) && (
        <Disclosure summary={t("withdraw")}>
          <Form action={`${path}/withdraw`} token={token}>
            <Field name="reason" label={t("reason")} hint={t("reasonHint")} required maxlength={200} />
            <Submit>{t("withdrawDo")}</Submit>
          </Form>
        </Disclosure>
      )}
      {person.may(removeAdvisory.needs) && (
        <Disclosure summary={t("remove")} kind="danger">
          <Form action={`${path}/remove`} token={token}>
            <p class="small">{t("removeLead")}</p>
            <Submit kind="danger">{t("remove")}</Submit>
          </Form>
        </Disclosure>
      )}
    </div>
  );
}
