import {
  confirmPostureLine,
  type PostureLine,
  readSubjectPosture,
  runPosture,
  type SubjectPosture,
  unwaivePostureLine,
  waivePostureLine,
} from "../../api/posture.ts";
import { type GoldenStanding, readGolden } from "../../api/golden.ts";
import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { AskFix } from "./golden.tsx";
import { GoldenCard } from "./golden_card.tsx";
import { toneOfScore } from "./posture.tsx";
import { POSTURE } from "./texts.ts";

/** How a line stands as a tone. */
export const OUTCOME_TONES: Readonly<Record<PostureLine["outcome"], Tone>> = {
  met: "good",
  failed: "bad",
  unknown: "warn",
  waived: "info",
};

/** Every line of one station or of the gateway, what is open first, with what mends it. */
export const postureSubject: Page = {
  path: "/posture/:subject",
  title: { en: "Posture of one station", de: "Sicherheitslage einer Station" },
  needs: readSubjectPosture.needs,
  show: async (visit) => {
    const t = POSTURE.in(visit.language);
    const standing = await readSubjectPosture.call(visit.person, { subject: visit.params["subject"] ?? "" });
    const wants = standing.subject !== "gateway" && visit.person.may(readGolden.needs);
    const golden = wants ? await readGolden.call(visit.person, { station: standing.subject }) : undefined;
    const open = standing.findings.filter(({ outcome }) => outcome !== "met");
    const title = standing.subject === "gateway" ? t("gateway") : standing.subject;
    return {
      title,
      body: (
        <div class="stack">
          <PageHead
            title={title}
            lead={<Lead visit={visit} standing={standing} />}
            crumb={{ href: "/posture", text: t("back") }}
          >
            <Run visit={visit} subject={standing.subject} />
          </PageHead>
          <Card title={t("open")} flush>
            <Lines visit={visit} subject={standing.subject} rows={open} caption={t("open")} golden={golden} />
          </Card>
          {golden && <GoldenCard visit={visit} row={golden} />}
          <Card title={t("done")} flush>
            <Lines
              visit={visit}
              subject={standing.subject}
              rows={standing.findings.filter(({ outcome }) => outcome === "met")}
              caption={t("done")}
            />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/posture/:subject/run", runPosture, (visit, { subject }) => backTo(visit, subject, "ran", "")),
    act(
      "/posture/:subject/:line/confirm",
      confirmPostureLine,
      (visit, { subject }, { line }) => backTo(visit, subject, "confirmed", line),
    ),
    act(
      "/posture/:subject/:line/waive",
      waivePostureLine,
      (visit, { subject }, { line }) => backTo(visit, subject, "waivedDone", line),
    ),
    act(
      "/posture/:subject/:line/unwaive",
      unwaivePostureLine,
      (visit, { subject }, { line }) => backTo(visit, subject, "unwaived", line),
    ),
  ],
};

function backTo(
  visit: Visit,
  subject: string,
  word: "confirmed" | "ran" | "unwaived" | "waivedDone",
  line: string,
): Answer {
  const text = POSTURE.in(visit.language)(word, { line });
  return { see: `/posture/${encodeURIComponent(subject)}`, flash: { tone: "good", text } };
}

function Lead({ visit, standing: { score, readAt, subject } }: { visit: Visit; standing: SubjectPosture }) {
  const t = POSTURE.in(visit.language);
  return (
    <>
      <State tone={toneOfScore(score)}>{score.percent} %</State> {subject !== "gateway" && (
        <span class="muted">
          {readAt === undefined ? t("neverRead") : (
            <>
              {t("settingsRead", { when: "" })}
              <Ago at={readAt} style={visit.time} />
            </>
          )}
        </span>
      )}
    </>
  );
}

function Run({ visit, subject }: { visit: Visit; subject: string }) {
  if (!visit.person.may(runPosture.needs)) return null;
  return (
    <Form action={`/posture/${encodeURIComponent(subject)}/run`} token={visit.token}>
      <Submit kind="quiet">{POSTURE.in(visit.language)("run")}</Submit>
    </Form>
  );
}

function Lines(
  { visit, subject, rows, caption, golden }: {
    visit: Visit;
    subject: string;
    rows: readonly PostureLine[];
    caption: string;
    golden?: GoldenStanding | undefined;
  },
) {
  const t = POSTURE.in(visit.language);
  return (
    <Table
      caption={caption}
      rows={rows}
      empty={<Empty icon="check" title={t("openNone")}>{t("openNoneDo")}</Empty>}
      columns={[
        {
          head: t("line"),
          cell: ({ line, title, guide, source }) => (
            <>
              <strong class="mono">{line}</strong> <span lang="en">{title}</span>
              <div class="small muted" lang="en">{[guide, source].filter((part) => part).join(": ")}</div>
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ outcome, why, severity }) => (
            <>
              <State tone={OUTCOME_TONES[outcome]}>{t(outcome)}</State>
              <div class="small" lang="en">{why}</div>
              {severity && <div class="small muted">{t("severity")}: {t(`severity.${severity}`)}</div>}
            </>
          ),
        },
        ...rows.some(({ outcome, ask }) => outcome !== "met" || ask !== undefined)
          ? [{
            head: t("mend"),
            cell: (row: PostureLine) => <Mend visit={visit} subject={subject} row={row} golden={golden} />,
          }]
          : [],
      ]}
    />
  );
}

function Mend(
  { visit, subject, row, golden }: {
    visit: Visit;
    subject: string;
    row: PostureLine;
    golden: GoldenStanding | undefined;
  },
) {
  const t = POSTURE.in(visit.language), { person } = visit;
  const { line, outcome, remedy, ask } = row;
  const at = `/posture/${encodeURIComponent(subject)}/${encodeURIComponent(line)}`;
  return (
    <div class="stack">
      {outcome !== "met" && remedy && <div class="small" lang="en">{remedy.text}</div>}
      {row.fix !== undefined && golden && <AskFix visit={visit} row={golden} setting={row.fix} />}
      {ask !== undefined && person.may(confirmPostureLine.needs) && (
        <Disclosure summary={t("confirm")} small>
          <Form action={`${at}/confirm`} token={visit.token}>
            <p class="small" lang="en">{ask}</p>
            <Select
              name="seen"
              label={t("seen")}
              scope={line}
              options={[{ value: "so", text: t("so") }, { value: "not-so", text: t("notSo") }]}
            />
            <Field name="note" label={t("note")} hint={t("noteHint")} scope={line} maxlength={500} />
            <Submit small>{t("confirm")}</Submit>
          </Form>
        </Disclosure>
      )}
      {outcome === "waived" && person.may(unwaivePostureLine.needs) && (
        <Form action={`${at}/unwaive`} token={visit.token}>
          <Submit kind="quiet" small>{t("unwaive")}</Submit>
        </Form>
      )}
      {(outcome === "failed" || outcome === "unknown") && person.may(waivePostureLine.needs) && (
        <Disclosure summary={t("waive")} small>
          <Form action={`${at}/waive`} token={visit.token}>
            <Field name="reason" label={t("reason")} scope={line} required maxlength={500} />
            <Field name="until" label={t("until")} type="date" scope={line} required />
            <Submit kind="danger" small>{t("waive")}</Submit>
          </Form>
        </Disclosure>
      )}
    </div>
  );
}
