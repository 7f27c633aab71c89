import { type AuditReport, listAudit, readDigest, tailAudit, verifyAudit } from "../../api/audit.ts";
import { AuditList } from "../../components/audit_list.tsx";
import { Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Empty, Facts, Notice, PageHead } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { defineTexts } from "../../i18n/language.ts";
import { CONSOLE_LIMITS } from "../../limits.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";

/** Texts of the audit page. */
export const AUDIT = defineTexts("audit", {
  title: "Audit",
  lead: "What happened here, in the order it happened. Nothing in it can be changed without being noticed.",
  review: "Review and digest",
  verify: "Verify the chain",
  intact: "The chain is intact",
  broken: "The chain is NOT intact",
  brokenDo:
    "Keep the data disk as it is. Run `audit verify --against` with the copy of a syslog receiver to find out what was there.",
  lines: "Lines",
  records: "Records",
  signedTo: "Signed up to",
  expired: "Past their retention",
  firstFault: "First fault",
  newest: "Newest records",
  found: "Records found",
  none: "No record fits",
  noneDo: "Widen the time or take another class.",
  class: "Class",
  all: "All",
  "class.security": "Security",
  "class.access": "Access",
  "class.operation": "Operation",
  "class.charging": "Charging",
  "class.chain": "The chain itself",
  station: "Station",
  from: "From",
  to: "To",
  search: "Search",
  back: "Back to the newest",
  next: "Go on searching",
}, {
  title: "Prüfprotokoll",
  lead: "Was hier geschah, in der Reihenfolge des Geschehens. Nichts darin lässt sich unbemerkt ändern.",
  review: "Durchsicht und Bericht",
  verify: "Kette prüfen",
  intact: "Die Kette ist unversehrt",
  broken: "Die Kette ist NICHT unversehrt",
  brokenDo:
    "Lassen Sie den Datenträger, wie er ist. `audit verify --against` mit der Kopie eines Syslog-Empfängers zeigt, was dort stand.",
  lines: "Zeilen",
  records: "Einträge",
  signedTo: "Signiert bis",
  expired: "Über die Aufbewahrung hinaus",
  firstFault: "Erster Fehler",
  newest: "Neueste Einträge",
  found: "Gefundene Einträge",
  none: "Kein Eintrag passt",
  noneDo: "Wählen Sie mehr Zeit oder eine andere Klasse.",
  class: "Klasse",
  all: "Alle",
  "class.security": "Sicherheit",
  "class.access": "Zugang",
  "class.operation": "Betrieb",
  "class.charging": "Laden",
  "class.chain": "Die Kette selbst",
  station: "Station",
  from: "Von",
  to: "Bis",
  search: "Suchen",
  back: "Zurück zu den neuesten",
  next: "Weitersuchen",
});

const CLASSES = ["security", "access", "operation", "charging", "chain"] as const;

/** The audit chain: the newest, a search, and the verification. */
export const audit: Page = {
  path: "/audit",
  title: { en: "Audit", de: "Prüfprotokoll" },
  nav: { group: "security", icon: "audit" },
  needs: tailAudit.needs,
  show: async (visit) => {
    const t = AUDIT.in(visit.language);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            {visit.person.may(readDigest.needs) && <a class="button quiet" href="/audit/review">{t("review")}</a>}
            {visit.person.may(verifyAudit.needs) && (
              <Form action="/audit/verify" token={visit.token}>
                <Submit kind="quiet">{t("verify")}</Submit>
              </Form>
            )}
          </PageHead>
          <SearchForm visit={visit} />
          {isSearch(visit.query) ? await found(visit) : await newest(visit)}
        </div>
      ),
    };
  },
  acts: [act("/audit/verify", verifyAudit, (visit, report) => showReport(visit, report))],
};

const isSearch = (query: URLSearchParams): boolean =>
  ["class", "station", "from", "to", "after"].some((name) => (query.get(name) ?? "") !== "");

async function newest(visit: Visit) {
  const t = AUDIT.in(visit.language);
  const records = await tailAudit.call(visit.person, { count: CONSOLE_LIMITS.pageRows });
  return (
    <Card title={t("newest")} flush>
      <AuditList visit={visit} records={records} />
    </Card>
  );
}

async function found(visit: Visit) {
  const t = AUDIT.in(visit.language);
  const { query, person } = visit;
  const text = (name: string) => query.get(name) || undefined;
  const wanted = listAudit.input.safeParse({
    class: text("class"),
    station: text("station"),
    from: text("from"),
    to: text("to"),
    after: query.get("after") ? Number(query.get("after")) : undefined,
  });
  if (!wanted.success) return <Notice tone="bad" live>{wanted.error.issues[0]!.message}</Notice>;
  const { records, next } = await listAudit.call(person, wanted.data);
  const shown = records.slice(0, CONSOLE_LIMITS.pageRows);
  const after = records.length > shown.length ? shown.at(-1)!.seq : next;
  const more = new URLSearchParams(query);
  if (after !== undefined) more.set("after", String(after));
  return (
    <Card title={t("found")} flush aside={<a class="small" href="/audit">{t("back")}</a>}>
      {shown.length === 0
        ? <Empty icon="audit" title={t("none")}>{t("noneDo")}</Empty>
        : <AuditList visit={visit} records={shown} />}
      {after !== undefined && (
        <div class="padded">
          <a class="button quiet" href={`/audit?${more}`}>{t("next")}</a>
        </div>
      )}
    </Card>
  );
}

function SearchForm({ visit }: { visit: Visit }) {
  const t = AUDIT.in(visit.language);
  if (!visit.person.may(listAudit.needs)) return null;
  const { query } = visit;
  const classes = [{ value: "", text: t("all") }, ...CLASSES.map((value) => ({ value, text: t(`class.${value}`) }))];
  return (
    <form method="get" action="/audit" role="search">
      <div class="fields inline">
        <Select name="class" label={t("class")} options={classes} value={query.get("class") ?? ""} />
        <Field name="station" label={t("station")} value={query.get("station") ?? ""} maxlength={48} />
        <Field name="from" type="date" label={t("from")} value={query.get("from") ?? ""} />
        <Field name="to" type="date" label={t("to")} value={query.get("to") ?? ""} />
        <div class="buttons">
          <button type="submit" class="button quiet">{t("search")}</button>
        </div>
      </div>
    </form>
  );
}

function showReport(visit: Visit, report: AuditReport): Answer {
  const t = AUDIT.in(visit.language);
  const { ok, lines, first, last, signedTo, expired, faults } = report;
  const title = t(ok ? "intact" : "broken");
  return {
    title,
    body: (
      <div class="stack">
        <PageHead title={t("verify")} crumb={{ href: "/audit", text: t("title") }} />
        <Notice tone={ok ? "good" : "bad"} live title={title}>{!ok && t("brokenDo")}</Notice>
        <Card>
          <Facts
            rows={[
              [t("lines"), <span class="number">{lines}</span>],
              [t("records"), <span class="number">{first}–{last}</span>],
              [t("signedTo"), <span class="number">{signedTo}</span>],
              [t("expired"), <span class="number">{expired}</span>],
              faults[0] ? [t("firstFault"), <span lang="en">{faults[0].where}: {faults[0].what}</span>] : undefined,
            ]}
          />
        </Card>
        <p>
          <a href="/audit">{COMMON.in(visit.language)("back")}</a>
        </p>
      </div>
    ),
  };
}
