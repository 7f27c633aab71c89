import type { z } from "zod";
import { listRecordings, type RecordedRequest, replayRecording } from "../../api/recordings.ts";
import { TOKEN_FIELD } from "../../components/form.tsx";
import { Card, Empty, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { defineTexts } from "../../i18n/language.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { deviceRoleWord } from "./grant_words.ts";

/** Texts of recorded sessions. */
export const RECORDINGS = defineTexts("recordings", {
  title: "Recordings",
  lead:
    "What was done on controllers' pages: requests and fields of forms, secrets masked. Whoever looks is recorded too.",
  none: "No session is recorded",
  noneDo: "Write people.recordings into site.yaml to have sessions recorded.",
  person: "Person",
  station: "Station",
  as: "As",
  since: "Since",
  replay: "Look at it",
  one: "{person} at {station}",
  time: "Time",
  what: "What",
  fields: "Fields",
  answer: "Answer",
  underWay: "told before it went on",
  empty: "Nothing was asked in it",
  full: "The recording came to its limit: what was done after it stands in the audit alone.",
}, {
  title: "Aufzeichnungen",
  lead:
    "Was auf Seiten von Controllern getan wurde: Anfragen und Felder von Formularen, Geheimnisse verdeckt. Wer hinsieht, wird ebenfalls protokolliert.",
  none: "Keine Sitzung ist aufgezeichnet",
  noneDo: "Schreiben Sie people.recordings in site.yaml, damit Sitzungen aufgezeichnet werden.",
  person: "Person",
  station: "Station",
  as: "Als",
  since: "Seit",
  replay: "Ansehen",
  one: "{person} an {station}",
  time: "Zeit",
  what: "Was",
  fields: "Felder",
  answer: "Antwort",
  underWay: "gemeldet, bevor es weiterging",
  empty: "Nichts wurde darin verlangt",
  full: "Die Aufzeichnung kam an ihre Grenze: Was danach geschah, steht nur im Prüfprotokoll.",
});

/** The recorded sessions, and what was done in one. */
export const recordings: Page = {
  path: "/access/recordings",
  title: { en: "Recordings", de: "Aufzeichnungen" },
  needs: listRecordings.needs,
  show: async (visit) => {
    const t = RECORDINGS.in(visit.language);
    const rows = await listRecordings.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead
            title={t("title")}
            lead={t("lead")}
            crumb={{ href: "/access", text: ACCESS_WORD[visit.language] }}
          />
          <Card flush>
            <Table
              caption={t("title")}
              rows={rows}
              empty={<Empty icon="audit" title={t("none")}>{t("noneDo")}</Empty>}
              columns={[
                { head: t("since"), cell: ({ since }) => <Time at={since} style={visit.time} /> },
                { head: t("person"), cell: ({ person }) => <strong>{person}</strong> },
                { head: t("station"), cell: ({ station }) => station },
                { head: t("as"), cell: ({ deviceRole }) => deviceRoleWord(deviceRole as never, visit.language) },
                {
                  head: "",
                  tight: true,
                  cell: ({ id }) => (
                    <form method="post" action={`/access/recordings/${encodeURIComponent(id)}/replay`}>
                      <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
                      <button type="submit" class="button quiet small">{t("replay")}</button>
                    </form>
                  ),
                },
              ]}
            />
          </Card>
        </div>
      ),
    };
  },
  acts: [act("/access/recordings/:recording/replay", replayRecording, showReplay)],
};

const ACCESS_WORD = { en: "Access", de: "Zugang" } as const;

function showReplay(visit: Visit, { recording, requests }: z.infer<typeof replayRecording.output>): Answer {
  const t = RECORDINGS.in(visit.language);
  const title = t("one", { person: recording.person, station: recording.station });
  return {
    title,
    body: (
      <div class="stack">
        <PageHead title={title} crumb={{ href: "/access/recordings", text: t("title") }} />
        {recording.isFull && <Notice tone="warn">{t("full")}</Notice>}
        <Card flush>
          <Table
            caption={title}
            rows={requests}
            empty={<Empty icon="audit" title={t("empty")} />}
            columns={[
              { head: t("time"), tight: true, cell: ({ at }) => <Time at={at} style={visit.time} /> },
              { head: t("what"), cell: (request) => <span class="mono">{request.method} {request.page}</span> },
              { head: t("fields"), cell: ({ fields = [] }) => <Fields fields={fields} /> },
              { head: t("answer"), tight: true, cell: (request) => <Outcome visit={visit} request={request} /> },
            ]}
          />
        </Card>
      </div>
    ),
  };
}

function Fields({ fields }: { fields: NonNullable<RecordedRequest["fields"]> }) {
  if (fields.length === 0) return <span class="muted">–</span>;
  return (
    <ul class="plain small mono">
      {fields.map(({ name, value }) => <li>{name} = {value === "" ? "∅" : value}</li>)}
    </ul>
  );
}

function Outcome({ visit, request: { decision, status, rule } }: { visit: Visit; request: RecordedRequest }) {
  if (decision === "refused") return <State tone="bad">{`${status} ${rule}`}</State>;
  return status === 0 ? <span class="small muted">{RECORDINGS.in(visit.language)("underWay")}</span> : <>{status}</>;
}
