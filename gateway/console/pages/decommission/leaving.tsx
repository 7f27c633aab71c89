import { DECOMMISSION_STEPS, type DecommissionStep, mayCancel, whyNotSkip } from "../../../../policies/decommission.ts";
import {
  approveDecommission,
  cancelDecommission,
  type DecommissionView,
  proveDecommission,
  readDecommission,
  skipDecommissionStep,
} from "../../api/decommission.ts";
import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Facts, Notice, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { leavingPath } from "./list.tsx";
import { DECOMMISSION } from "./texts.ts";

const PROOFS = ["default-login", "seen", "photo", "destroyed"] as const;

interface Props {
  readonly visit: Visit;
  readonly shown: DecommissionView;
}

/** One station that leaves: its steps, what the next one waits for, and what a person does about it. */
export const leaving: Page = {
  path: "/decommissioning/:station",
  title: { en: "A station that leaves", de: "Eine Station, die geht" },
  needs: readDecommission.needs,
  show: async (visit) => {
    const shown = await readDecommission.call(visit.person, { station: visit.params["station"] ?? "" });
    const t = DECOMMISSION.in(visit.language), { station, number, by, reason, approvals, next, why } = shown;
    return {
      title: `${number}: ${station}`,
      body: (
        <div class="stack">
          <PageHead
            title={`${number}: ${station}`}
            crumb={{ href: "/decommissioning", text: t("title") }}
            lead={
              <>
                {t("askedBy", { who: by, reason })}
                {approvals.length > 0 && (
                  <div class="small">{t("approvedBy", { who: approvals.map(({ who }) => who).join(", ") })}</div>
                )}
              </>
            }
          />
          {next && (
            <Notice tone="info" title={`${t("next")}: ${t(`step.${next}`)}`}>
              {why ? <span lang="en">{why}</span> : t(`how.${next}`)}
            </Notice>
          )}
          <Acts visit={visit} shown={shown} />
          <Steps visit={visit} shown={shown} />
          <Left visit={visit} shown={shown} />
        </div>
      ),
    };
  },
  acts: [
    act("/decommissioning/:station/approve", approveDecommission, (visit, shown) => back(visit, shown, "approved")),
    act("/decommissioning/:station/prove", proveDecommission, (visit, shown) => back(visit, shown, "proven")),
    act("/decommissioning/:station/skip", skipDecommissionStep, (visit, shown) => back(visit, shown, "passed")),
    act("/decommissioning/:station/cancel", cancelDecommission, (visit, { station }) => ({
      see: "/decommissioning",
      flash: { tone: "good", text: DECOMMISSION.in(visit.language)("cancelled", { station }) },
    })),
  ],
};

/** Where the last step of all was made meanwhile, only the list knows the station. */
function back(visit: Visit, { station, next }: DecommissionView, word: "approved" | "passed" | "proven"): Answer {
  const text = DECOMMISSION.in(visit.language)(word, { station });
  return { see: next === null ? "/decommissioning" : leavingPath(station), flash: { tone: "good", text } };
}

function Acts({ visit, shown }: Props) {
  const t = DECOMMISSION.in(visit.language), { person, token } = visit, { station, steps, next, phase } = shown;
  const at = leavingPath(station);
  const maySkip = next !== null && whyNotSkip(steps, next) === undefined && person.may(skipDecommissionStep.needs);
  const mayEnd = mayCancel(steps, phase !== undefined) && person.may(cancelDecommission.needs);
  const mayApprove = next === "approve" && person.may(approveDecommission.needs);
  const mayProve = next === "reset" && person.may(proveDecommission.needs);
  if (!maySkip && !mayEnd && !mayApprove && !mayProve) return null;
  return (
    <Card title={t("act")}>
      <div class="buttons">
        {mayApprove && (
          <Form action={`${at}/approve`} token={token}>
            <Submit>{t("approve")}</Submit>
          </Form>
        )}
        {mayProve && (
          <Disclosure summary={t("prove")}>
            <Prove visit={visit} shown={shown} />
          </Disclosure>
        )}
        {maySkip && (
          <Disclosure summary={t("skip")}>
            <p>{t("skipLead")}</p>
            <Form action={`${at}/skip`} token={token}>
              <input type="hidden" name="step" value={next} />
              <Field name="because" label={t("reason")} required maxlength={300} scope="skip" />
              <Submit kind="danger">{t("skip")}</Submit>
            </Form>
          </Disclosure>
        )}
        {mayEnd && (
          <Disclosure summary={t("cancel")}>
            <p>{t("cancelLead", { station })}</p>
            <Form action={`${at}/cancel`} token={token}>
              <Submit kind="quiet">{t("cancel")}</Submit>
            </Form>
          </Disclosure>
        )}
      </div>
    </Card>
  );
}

function Prove({ visit, shown: { station } }: Props) {
  const t = DECOMMISSION.in(visit.language);
  return (
    <Form action={`${leavingPath(station)}/prove`} token={visit.token}>
      <Select
        name="proof"
        label={t("proof")}
        options={PROOFS.map((value) => ({ value, text: t(`proof.${value}`) }))}
      />
      <Field name="person" label={t("person")} hint={t("personHint")} maxlength={300} scope="prove" />
      <Field name="note" label={t("note")} maxlength={300} rows={3} scope="prove" />
      <Field name="photo" label={t("photo")} hint={t("photoHint")} maxlength={64} mono scope="prove" />
      <Submit>{t("prove")}</Submit>
    </Form>
  );
}

function Steps({ visit, shown }: Props) {
  const t = DECOMMISSION.in(visit.language);
  return (
    <Card title={t("steps")} lead={t("stepsLead")} flush>
      <Table
        caption={t("steps")}
        rows={DECOMMISSION_STEPS}
        columns={[
          {
            head: t("what"),
            cell: (step) => (
              <>
                <strong>{t(`step.${step}`)}</strong>
                <div class="small muted">{t(`how.${step}`)}</div>
              </>
            ),
          },
          { head: t("state"), cell: (step) => <Ended visit={visit} shown={shown} step={step} /> },
        ]}
      />
    </Card>
  );
}

function Ended({ visit, shown: { steps, next }, step }: Props & { step: DecommissionStep }) {
  const t = DECOMMISSION.in(visit.language), end = steps[step];
  if (!end) return step === next ? <State tone="warn">{t("isNext")}</State> : <State tone="off">{t("todo")}</State>;
  return (
    <>
      <State tone={end.state === "done" ? "good" : "warn"}>{t(end.state)}</State>
      <div class="small">
        {end.by}, <Time at={end.at} style={visit.time} />
      </div>
      <div class="small muted" lang="en">{end.note}</div>
    </>
  );
}

const TONES: Readonly<Record<DecommissionView["cleared"][number]["state"], Tone>> = {
  begun: "info",
  cleared: "good",
  none: "off",
  refused: "warn",
};

/** What the station said, and what a person still has to delete. */
function Left({ visit, shown: { cleared, files, steps } }: Props) {
  const t = DECOMMISSION.in(visit.language);
  return (
    <>
      {cleared.length > 0 && (
        <Card title={t("atStation")}>
          <Facts
            rows={cleared.map(({ part, state, answer }) => [
              t(`part.${part}`),
              <>
                <State tone={TONES[state]}>{t(`cleared.${state}`)}</State>{" "}
                <span class="small muted" lang="en">{answer}</span>
              </>,
            ])}
          />
        </Card>
      )}
      {files.length > 0 && !steps.configuration && (
        <Card title={t("files")} lead={t("filesLead")}>
          <ul class="plain">{files.map((file) => <li class="mono small">{file}</li>)}</ul>
        </Card>
      )}
    </>
  );
}
