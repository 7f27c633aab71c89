import { type AdoptionRow, finishAdoption } from "../../api/stations.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { STATIONS } from "./texts.ts";

const TONES: Readonly<Record<AdoptionRow["state"], Tone>> = {
  "default": "bad",
  "finished": "good",
  "no-recovery": "bad",
  "old-pages": "bad",
  "open": "warn",
  "other-hardware": "warn",
};

/** Controllers whose adoption is not finished: a password of the factory works there, or nobody has looked (EV-01). */
export function Unfinished({ visit, rows }: { visit: Visit; rows: readonly AdoptionRow[] }) {
  const t = STATIONS.in(visit.language);
  const open = rows.filter(({ state }) => state !== "finished");
  if (open.length === 0) return null;
  return (
    <Card title={t("unfinished")} lead={t("unfinishedLead")} flush>
      <Table
        caption={t("unfinished")}
        rows={open}
        columns={[
          {
            head: t("station"),
            cell: ({ station }) => <a href={`/stations/${encodeURIComponent(station)}`}>{station}</a>,
          },
          {
            head: t("adoptionState"),
            cell: ({ state, accounts }) => (
              <>
                <State tone={TONES[state]}>{t(`adoption.${state}`)}</State>
                {accounts && <div class="small muted">{accounts.join(", ")}</div>}
              </>
            ),
          },
          { head: "", cell: (row) => <FinishForm visit={visit} row={row} /> },
        ]}
      />
    </Card>
  );
}

function FinishForm({ visit, row: { station } }: { visit: Visit; row: AdoptionRow }) {
  if (!visit.person.may(finishAdoption.needs)) return null;
  const t = STATIONS.in(visit.language);
  return (
    <Disclosure summary={t("finish")} small>
      <Form action={`/inbox/${encodeURIComponent(station)}/finish`} token={visit.token}>
        <Field name="seen" scope={station} label={t("seen")} hint={t("seenHint")} maxlength={200} />
        <Submit>{t("finish")}</Submit>
      </Form>
    </Disclosure>
  );
}
