import { doIncidentStep, type IncidentStep, type IncidentView } from "../../api/incidents.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, State, Table, type Tone } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { INCIDENTS } from "./texts.ts";

const TONES: Readonly<Record<"checking" | "done" | "failed", Tone>> = { checking: "info", done: "good", failed: "bad" };
/** What proves that the incident may be closed: nobody can answer for it. */
const NEEDED: ReadonlySet<string> = new Set(["look", "password", "posture"]);

/** The way back into service, step by step. */
export function Steps({ visit, shown }: { visit: Visit; shown: IncidentView }) {
  const t = INCIDENTS.in(visit.language), { state, steps, done } = shown;
  const mayAct = state === "decided" && visit.person.may(doIncidentStep.needs);
  const next = steps.find(({ id }) => done[id]?.state !== "done")?.id;
  return (
    <Card title={t("steps")} lead={t("stepsLead")} id="steps" flush>
      <Table
        caption={t("steps")}
        rows={steps}
        columns={[
          {
            head: t("stepHead"),
            cell: ({ id }) => (
              <>
                <strong>{t(`step.${id}`)}</strong>
                <div class="small muted">{t(`how.${id}`)}</div>
              </>
            ),
          },
          { head: t("state"), cell: (step) => <Note visit={visit} shown={shown} step={step} /> },
          ...mayAct
            ? [{
              head: t("next"),
              cell: (step: IncidentStep) =>
                done[step.id]?.state === "done"
                  ? null
                  : <Do visit={visit} shown={shown} step={step} isNext={step.id === next} />,
            }]
            : [],
        ]}
      />
    </Card>
  );
}

function Note({ visit, shown, step: { id } }: { visit: Visit; shown: IncidentView; step: IncidentStep }) {
  const t = INCIDENTS.in(visit.language), note = shown.done[id];
  if (!note) return <State tone="off">{t("todo")}</State>;
  const { state, by, at, person, proof, found, skipped } = note;
  return (
    <>
      <State tone={skipped ? "warn" : TONES[state]}>{skipped ? t("skipped", { by }) : t(`done.${state}`)}</State>
      <div class="small">
        {person ?? by}, <Time at={at} style={visit.time} />
      </div>
      {proof && <div class="small">{proof}</div>}
      {found && <div class="small muted" lang="en">{found}</div>}
    </>
  );
}

function Do(
  { visit, shown, step: { id, way }, isNext }: {
    visit: Visit;
    shown: IncidentView;
    step: IncidentStep;
    isNext: boolean;
  },
) {
  const t = INCIDENTS.in(visit.language), action = `/incidents/${shown.id}/steps/${id}`, note = shown.done[id];
  if (note?.state === "checking") {
    return (
      <Form action={action} token={visit.token}>
        <Submit small kind="quiet">{t("checkAgain")}</Submit>
      </Form>
    );
  }
  const kind = isNext ? "main" as const : "quiet" as const;
  return (
    <div class="buttons">
      {way === "automatic"
        ? (
          <Form action={action} token={visit.token}>
            <Submit small kind={kind}>{note ? t("again") : t("run")}</Submit>
          </Form>
        )
        : (
          <Disclosure summary={t("confirm")} small>
            <Form action={action} token={visit.token}>
              <Field name="person" label={t("person")} hint={t("personHint")} required maxlength={80} scope={id} />
              <Field name="proof" label={t("proof")} required maxlength={500} rows={3} scope={id} />
              <Submit small>{t("confirm")}</Submit>
            </Form>
          </Disclosure>
        )}
      {!NEEDED.has(id) && (
        <Disclosure summary={t("skip")} small>
          <Form action={action} token={visit.token}>
            <input type="hidden" name="skip" value="yes" />
            <Field name="reason" label={t("skipReason")} required maxlength={500} scope={`${id}-skip`} />
            <Submit small kind="danger">{t("skip")}</Submit>
          </Form>
        </Disclosure>
      )}
    </div>
  );
}
