import { type ExposureRow, listExposures } from "../../api/badge_settings.ts";
import {
  allowBadge,
  type BadgeRow,
  type BadgeVerdict,
  blockBadge,
  checkBadges,
  exportBadges,
  forgetBadge,
  importBadges,
  listBadges,
  listSuspects,
  renewBadge,
  type SuspectRow,
  unblockBadge,
} from "../../api/badges.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Facts, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { BadgeForms } from "./badge_forms.tsx";
import { BADGES } from "./texts.ts";

/** What control says of it is the answer: whom it could not tell yet, what is asked to stop. */
const said = (_: Visit, { text }: { readonly text: string }): Answer => ({
  see: "/badges",
  flash: { tone: "good", text },
});

/** Badges that are refused, that look copied, that count while a CSMS is away; what stations allow by themselves (EV-24). */
export const badges: Page = {
  path: "/badges",
  title: { en: "Badges", de: "Karten" },
  nav: { group: "security", icon: "badge" },
  needs: listBadges.needs,
  show: async (visit) => {
    const t = BADGES.in(visit.language);
    const mayIf = <T,>(operation: { readonly needs: string }, ask: () => Promise<readonly T[]>) =>
      visit.person.may(operation.needs) ? ask() : Promise.resolve<readonly T[]>([]);
    const [rows, suspects, exposures] = await Promise.all([
      listBadges.call(visit.person, {}),
      mayIf(listSuspects, () => listSuspects.call(visit.person, {})),
      mayIf(listExposures, () => listExposures.call(visit.person, {})),
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          {suspects.length > 0 && (
            <Card title={t("suspects")} lead={t("suspectsLead")} flush>
              <SuspectTable visit={visit} rows={suspects} blocked={rows} />
            </Card>
          )}
          <Card title={t("entries")} aside={<Exports visit={visit} rows={rows} />} flush>
            <BadgeTable visit={visit} rows={rows} />
          </Card>
          <BadgeForms visit={visit} />
          {exposures.length > 0 && (
            <Card title={t("offline")} lead={t("offlineLead")} flush>
              <ExposureTable visit={visit} rows={exposures} />
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/badges/block", blockBadge, said),
    act("/badges/unblock", unblockBadge, said),
    act("/badges/renew", renewBadge, said),
    act("/badges/allow", allowBadge, said),
    act("/badges/forget", forgetBadge, said),
    act("/badges/import", importBadges, said),
    act("/badges/check", checkBadges, (visit, verdict, { lines }) => ({
      title: BADGES.in(visit.language)("verdict"),
      body: <Verdict visit={visit} verdict={verdict} lines={lines} />,
    })),
    act("/badges/export", exportBadges, (_visit, { file }, { list }) => ({
      file: { name: `badges-${list}.csv`, type: "text/csv; charset=utf-8" },
      text: file,
    })),
  ],
};

/** Badges that look copied, with both places and what can be done at once. */
function SuspectTable({ visit, rows, blocked }: {
  visit: Visit;
  rows: readonly SuspectRow[];
  blocked: readonly BadgeRow[];
}) {
  const t = BADGES.in(visit.language);
  const isBlocked = (hash: string) => blocked.some((row) => row.list === "blocked" && row.hash === hash);
  return (
    <Table
      caption={t("suspects")}
      rows={rows}
      columns={[
        { head: t("hash"), cell: ({ hash }) => <span class="mono">{hash}</span> },
        {
          head: t("reason"),
          cell: ({ kind, stands }) => <State tone={stands ? "warn" : "info"}>{t(`kind.${kind}`)}</State>,
        },
        {
          head: t("places"),
          cell: ({ station, elsewhere, kind }) => (
            <>
              <a href={`/stations/${station}`}>{station}</a>
              <div class="small muted">
                {kind === "renewed" ? t("otherGiven") : kind === "csms-says-so" ? t("otherPlace") : (
                  <>
                    {t("andAt")} <a href={`/stations/${elsewhere}`}>{elsewhere}</a>
                  </>
                )}
              </div>
            </>
          ),
        },
        { head: t("last"), cell: ({ at }) => <Time at={at} style={visit.time} /> },
        { head: t("times"), cell: ({ times }) => String(times) },
        {
          head: "",
          cell: ({ hash }) =>
            isBlocked(hash)
              ? <State tone="bad">{t("list.blocked")}</State>
              : visit.person.may(blockBadge.needs) && (
                <Disclosure summary={t("blockOne")} kind="danger" small>
                  <Form action="/badges/block" token={visit.token}>
                    <input type="hidden" name="hash" value={hash} />
                    <Field name="reason" scope={`suspect-${hash}`} label={t("reason")} required maxlength={200} />
                    <Submit kind="danger" small>{t("blockOne")}</Submit>
                  </Form>
                </Disclosure>
              ),
        },
      ]}
    />
  );
}

function BadgeTable({ visit, rows }: { visit: Visit; rows: readonly BadgeRow[] }) {
  const t = BADGES.in(visit.language);
  return (
    <Table
      caption={t("entries")}
      rows={rows}
      empty={<Empty icon="badge" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        { head: t("hash"), cell: ({ hash }) => <span class="mono">{hash}</span> },
        {
          head: t("list"),
          cell: ({ list, until }) => (
            <State tone={list === "blocked" ? "bad" : "good"}>
              {t(list === "blocked" && until !== null ? "suspended" : `list.${list}`)}
            </State>
          ),
        },
        {
          head: t("reason"),
          cell: ({ note, renewedBy, renews, by }) => (
            <>
              {note}
              {renewedBy && <div class="small muted">{t("renewed", { hash: renewedBy })}</div>}
              {renews && <div class="small muted">{t("renews", { hash: renews })}</div>}
              {by && <div class="small muted">{t("by", { who: by })}</div>}
            </>
          ),
        },
        { head: t("since"), cell: ({ since }) => <Time at={since} style={visit.time} dateOnly /> },
        { head: t("end"), cell: ({ until }) => until === null ? "–" : <Time at={until} style={visit.time} /> },
        { head: "", cell: (row) => <TakeOff visit={visit} row={row} /> },
      ]}
    />
  );
}

function TakeOff({ visit, row: { list, hash } }: { visit: Visit; row: BadgeRow }) {
  const t = BADGES.in(visit.language), isBlocked = list === "blocked";
  if (!visit.person.may((isBlocked ? unblockBadge : forgetBadge).needs)) return null;
  return (
    <Form action={isBlocked ? "/badges/unblock" : "/badges/forget"} token={visit.token}>
      <input type="hidden" name="hash" value={hash} />
      <Submit kind="quiet" small>{t(isBlocked ? "unblock" : "forget")}</Submit>
    </Form>
  );
}

function Exports({ visit, rows }: { visit: Visit; rows: readonly BadgeRow[] }) {
  const t = BADGES.in(visit.language);
  if (!visit.person.may(exportBadges.needs)) return null;
  const lists = (["blocked", "listed"] as const).filter((list) => rows.some((row) => row.list === list));
  return (
    <div class="buttons">
      {lists.map((list) => (
        <Form action="/badges/export" token={visit.token}>
          <Submit kind="quiet" small name="list" value={list}>{t(`export.${list}`)}</Submit>
        </Form>
      ))}
    </div>
  );
}

function ExposureTable({ visit, rows }: { visit: Visit; rows: readonly ExposureRow[] }) {
  const t = BADGES.in(visit.language);
  const tones = { everybody: "bad", known: "warn", nobody: "good", unknown: "info" } as const;
  return (
    <Table
      caption={t("offline")}
      rows={rows}
      columns={[
        { head: t("station"), cell: ({ station }) => <a href={`/badges/stations/${station}`}>{station}</a> },
        {
          head: t("exposure"),
          cell: ({ exposure }) => <State tone={tones[exposure]}>{t(`exposure.${exposure}`)}</State>,
        },
        { head: t("read"), cell: ({ at }) => at === null ? t("never") : <Time at={at} style={visit.time} /> },
      ]}
    />
  );
}

/** What a file would do, before anything of it is kept. */
function Verdict({ visit, verdict, lines }: { visit: Visit; verdict: BadgeVerdict; lines: string }) {
  const t = BADGES.in(visit.language), { list, refusal, faults } = verdict;
  return (
    <div class="stack">
      <PageHead title={t("verdict")} crumb={{ href: "/badges", text: t("title") }} />
      <Notice
        tone={refusal === undefined ? "good" : "bad"}
        title={t(refusal === undefined ? "verdictGood" : "verdictBad")}
      >
        {refusal === undefined ? t("verdictGoodDo") : faults.length > 0 ? t("verdictBadDo") : refusal}
      </Notice>
      <Card title={t(`list.${list}`)}>
        <Facts
          rows={[
            [t("count.badges"), String(verdict.badges)],
            [t("count.added"), String(verdict.added)],
            [t("count.replaced"), String(verdict.replaced)],
            [t("count.repeated"), String(verdict.repeated)],
            [t("count.onOther"), String(verdict.onOther)],
          ]}
        />
        {faults.length > 0 && <ul>{faults.map((fault) => <li>{fault}</li>)}</ul>}
        {refusal === undefined && (
          <Form action="/badges/import" token={visit.token}>
            <input type="hidden" name="list" value={list} />
            <input type="hidden" name="lines" value={lines} />
            <Submit kind={list === "blocked" ? "danger" : "main"}>{t("importNow", { count: verdict.badges })}</Submit>
          </Form>
        )}
      </Card>
    </div>
  );
}
