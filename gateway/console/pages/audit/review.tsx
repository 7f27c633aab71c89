import { DIGEST_PARTS, type DigestPart } from "../../../../policies/audit_digest.ts";
import { addReview, type AuditDigest, type AuditReview, listReviews, readDigest, sendDigest } from "../../api/audit.ts";
import { Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Facts, PageHead, State, Table } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { REVIEW } from "./review_texts.ts";

/** Kinds of one part that are shown; the most frequent. */
const SHOWN = 15;

/** Who consulted the audit chain, what happened since the last digest, and when that goes out (EV-27). */
export const auditReview: Page = {
  path: "/audit/review",
  title: { en: "Audit review", de: "Durchsicht des Prüfprotokolls" },
  needs: readDigest.needs,
  show: async (visit) => {
    const t = REVIEW.in(visit.language), { person } = visit;
    const [digest, reviews] = await Promise.all([
      readDigest.call(person, {}),
      person.may(listReviews.needs) ? listReviews.call(person, {}) : [],
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} crumb={{ href: "/audit", text: t("back") }} />
          <ReviewCard visit={visit} digest={digest} last={reviews[0]} />
          <DigestCard visit={visit} digest={digest} />
          <Card title={t("happened")} flush>
            <Happened visit={visit} digest={digest} />
          </Card>
          <Card title={t("history")} flush>
            <History visit={visit} rows={reviews} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/audit/review", addReview, ({ language }, { sequence }) => ({
      see: "/audit/review",
      flash: { tone: "good", text: REVIEW.in(language)("noted", { sequence }) },
    })),
    act("/audit/digest", sendDigest, ({ language }, { receivers }) => ({
      see: "/audit/review",
      flash: { tone: "good", text: REVIEW.in(language)("sent", { receivers: receivers.join(", ") }) },
    })),
  ],
};

type Shown = { readonly visit: Visit; readonly digest: AuditDigest };

/** How the last review stands, and the form for the next. */
function ReviewCard({ visit, digest: { reviewDueAt }, last }: Shown & { readonly last: AuditReview | undefined }) {
  const t = REVIEW.in(visit.language), { time } = visit;
  const isOverdue = reviewDueAt !== undefined && reviewDueAt <= time.now;
  return (
    <Card title={t("state")} lead={t("reviewLead")}>
      <Facts
        rows={[
          [
            t("last"),
            last
              ? (
                <>
                  <Ago at={last.at} style={time} /> {t("lastBy", { who: last.who, sequence: last.sequence })}
                </>
              )
              : t("never"),
          ],
          [
            t(isOverdue ? "overdue" : "due"),
            reviewDueAt === undefined ? t("noReminder") : (
              <State tone={isOverdue ? "bad" : "good"}>
                <Time at={reviewDueAt} style={time} dateOnly />
              </State>
            ),
          ],
        ]}
      />
      {visit.person.may(addReview.needs) && (
        <Form action="/audit/review" token={visit.token}>
          <Field name="note" label={t("note")} hint={t("noteHint")} maxlength={500} rows={2} />
          <Submit>{t("review")}</Submit>
        </Form>
      )}
    </Card>
  );
}

/** When digests go out and to whom, and a button to send one now. */
function DigestCard({ visit, digest: { settings, from, digest } }: Shown) {
  const t = REVIEW.in(visit.language);
  const receivers = settings?.receivers ?? [];
  return (
    <Card title={t("digest")}>
      <Facts
        rows={[
          [t("digest"), settings ? t(settings.every, { hour: settings.hour }) : t("noDigest")],
          settings ? [t("receivers"), receivers.length === 0 ? t("noReceivers") : receivers.join(", ")] : undefined,
          [t("since"), <Time at={from} style={visit.time} />],
          [t("records"), <span class="number">{digest.records}</span>],
        ]}
      />
      {receivers.length > 0 && visit.person.may(sendDigest.needs) && (
        <Form action="/audit/digest" token={visit.token}>
          <Submit kind="quiet">{t("send")}</Submit>
        </Form>
      )}
    </Card>
  );
}

/** One kind of happening; without `what`: nothing of that part. */
interface HappenedRow {
  readonly part: DigestPart;
  readonly what?: string;
  readonly count: number;
  readonly by: readonly string[];
}

function Happened({ visit, digest: { digest } }: Shown) {
  const t = REVIEW.in(visit.language);
  const rows = DIGEST_PARTS.flatMap((part): readonly HappenedRow[] => {
    const lines = digest.parts[part] ?? [];
    return lines.length === 0 ? [{ part, count: 0, by: [] }] : lines.slice(0, SHOWN).map((line) => ({ part, ...line }));
  });
  return (
    <Table
      caption={t("happened")}
      rows={rows}
      columns={[
        { head: t("kind"), cell: ({ part }) => t(`part.${part}`) },
        {
          head: t("happened"),
          cell: ({ what }) =>
            what === undefined ? <span class="muted">{t("none")}</span> : <span class="mono">{what}</span>,
        },
        { head: t("count"), cell: ({ count }) => <span class="number">{count}</span> },
        { head: t("by"), cell: ({ by }) => by.length === 0 ? "–" : <span lang="en">{by.join(", ")}</span> },
      ]}
    />
  );
}

function History({ visit, rows }: { readonly visit: Visit; readonly rows: readonly AuditReview[] }) {
  const t = REVIEW.in(visit.language);
  return (
    <Table
      caption={t("history")}
      rows={rows}
      empty={<Empty icon="audit" title={t("noReview")}>{t("noReviewDo")}</Empty>}
      columns={[
        { head: t("when"), cell: ({ at }) => <Time at={at} style={visit.time} /> },
        { head: t("who"), cell: ({ who }) => who },
        { head: t("upTo"), cell: ({ sequence }) => <span class="number">{sequence}</span> },
        { head: t("note"), cell: ({ note }) => note ?? "–" },
      ]}
    />
  );
}
