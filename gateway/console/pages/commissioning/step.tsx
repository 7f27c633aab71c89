import {
  enterCommissioningStep,
  exceptCommissioningStep,
  type ProtocolDetail,
  type ProtocolStepRow,
} from "../../api/commissioning.ts";
import { Disclosure, Field, FileField, Form, Select, Submit } from "../../components/form.tsx";
import { State, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { bayPath } from "./list.tsx";
import { COMMISSIONING } from "./texts.ts";

const PICTURES = "image/png,image/jpeg";
const TONES: Readonly<Record<ProtocolStepRow["outcome"], Tone>> = {
  done: "good",
  excepted: "warn",
  failed: "bad",
  open: "off",
};

interface StepProps {
  readonly visit: Visit;
  readonly protocol: ProtocolDetail;
  readonly step: ProtocolStepRow;
}

/** One step: what it wants, how it stands, and the form that enters it. */
export function Step({ visit, protocol, step }: StepProps) {
  const { language } = visit, t = COMMISSIONING.in(language);
  const { outcome, why, entry, source, station } = step;
  const isMany = protocol.stations.length > 1;
  return (
    <li class="bay-step" id={`step-${step.key.replace(/[^\w-]/g, "_")}`}>
      <div class="bay-step-head">
        <div>
          <strong>{step.title[language]}</strong>
          {isMany && station && <span class="mono small">{` ${station}`}</span>}
          {source && <span class="small muted">{` ${source}`}</span>}
        </div>
        <State tone={TONES[outcome]}>{t(`outcome.${outcome}`)}</State>
      </div>
      {step.ask && <p class="small muted">{step.ask[language]}</p>}
      <Bounds visit={visit} step={step} />
      {(entry || outcome !== "open" || step.kind === "auto") && (
        <p class="small">
          <span lang="en">{why}</span>
          {entry && (
            <span class="muted">
              {` ${entry.by}, `}
              <Ago at={entry.at} style={visit.time} />
            </span>
          )}
        </p>
      )}
      {entry?.kind === "photo" && (
        <img
          class="photo"
          src={`${bayPath(String(protocol.id))}/photos/${encodeURIComponent(step.key)}?v=${entry.sha256?.slice(0, 8)}`}
          alt={t("photoAlt", { step: step.title[language] })}
          loading="lazy"
        />
      )}
      {!isFixed(protocol) && <StepForms visit={visit} protocol={protocol} step={step} />}
    </li>
  );
}

/** What is signed takes no entries. */
export const isFixed = ({ state }: Pick<ProtocolDetail, "state">): boolean =>
  state === "signed" || state === "counter-signed" || state === "closed";

function Bounds({ visit, step: { unit = "", atLeast, atMost } }: Pick<StepProps, "step" | "visit">) {
  const t = COMMISSIONING.in(visit.language);
  const bounds = [
    ...atLeast !== undefined && atLeast > 0 ? [t("atLeast", { value: atLeast, unit })] : [],
    ...atMost === undefined ? [] : [t("atMost", { value: atMost, unit })],
  ];
  return bounds.length === 0 ? null : <p class="small">{bounds.join(", ")}</p>;
}

function StepForms({ visit, protocol, step }: StepProps) {
  const { person, language } = visit, t = COMMISSIONING.in(language);
  const mayEnter = step.kind !== "auto" && person.may(enterCommissioningStep.needs);
  // nobody answers for what the gateway has not looked at yet
  const isLookedAt = step.kind !== "auto" || step.entry !== null;
  const mayExcept = step.mayExcept && isLookedAt && step.outcome !== "done" &&
    person.may(exceptCommissioningStep.needs);
  if (!mayEnter && !mayExcept) return null;
  return (
    <div class="buttons">
      {mayEnter && (
        <Disclosure summary={t(step.entry ? "change" : "enter")} small>
          <EntryForm visit={visit} protocol={protocol} step={step} />
        </Disclosure>
      )}
      {mayExcept && step.outcome === "excepted" && (
        <StepForm visit={visit} protocol={protocol} step={step} to="exceptions/take-back">
          <Submit small kind="quiet">{t("takeBack")}</Submit>
        </StepForm>
      )}
      {mayExcept && step.outcome !== "excepted" && (
        <Disclosure summary={t("except")} small>
          <p class="small">{t("exceptLead")}</p>
          <StepForm visit={visit} protocol={protocol} step={step} to="exceptions">
            <Field name="reason" label={t("reason")} scope={`ex-${step.key}`} required maxlength={300} />
            <Submit small kind="danger">{t("except")}</Submit>
          </StepForm>
        </Disclosure>
      )}
    </div>
  );
}

function StepForm(
  { visit, protocol, step, to, sendsFile, children }: StepProps & {
    to: string;
    sendsFile?: boolean;
    // deno-lint-ignore no-explicit-any -- children of hono/jsx
    children?: any;
  },
) {
  const file = sendsFile ? { sendsFile } : {};
  return (
    <Form action={`${bayPath(String(protocol.id))}/${to}`} token={visit.token} {...file}>
      <input type="hidden" name="step" value={step.id} />
      {step.station && <input type="hidden" name="station" value={step.station} />}
      {children}
    </Form>
  );
}

function EntryForm({ visit, protocol, step }: StepProps) {
  const t = COMMISSIONING.in(visit.language), { entry, key: scope } = step;
  const form = { visit, protocol, step, to: "steps" };
  switch (step.kind) {
    case "measure":
      return (
        <StepForm {...form}>
          <Field
            name="value"
            label={t("value", { unit: step.unit ?? "" })}
            value={entry?.value === undefined ? undefined : String(entry.value)}
            inputmode="decimal"
            scope={scope}
            required
            maxlength={20}
          />
          <Submit small>{t("save")}</Submit>
        </StepForm>
      );
    case "photo":
      return (
        <StepForm {...form} sendsFile>
          <FileField
            name="photo"
            label={t("photo")}
            accept={PICTURES}
            hint={t("photoHint")}
            scope={scope}
            camera
            required
          />
          <Submit small>{t("save")}</Submit>
        </StepForm>
      );
    case "label":
      return (
        <StepForm {...form}>
          <LabelFields visit={visit} step={step} />
          <Submit small>{t("save")}</Submit>
        </StepForm>
      );
    default:
      return (
        <StepForm {...form}>
          <Select
            name="seen"
            label={t("seen")}
            scope={scope}
            value={entry?.isSo === false ? "not-so" : "so"}
            options={[{ value: "so", text: t("so") }, { value: "not-so", text: t("notSo") }]}
          />
          <Field name="note" label={t("note")} value={entry?.note} scope={scope} maxlength={300} />
          <Submit small>{t("save")}</Submit>
        </StepForm>
      );
  }
}

/** What stands on the label; where the browser reads codes, a picture of it fills the fields. */
function LabelFields({ visit, step: { key: scope, entry } }: Pick<StepProps, "step" | "visit">) {
  const t = COMMISSIONING.in(visit.language);
  const words = { "data-found": t("scanFound"), "data-none": t("scanNone") } as const;
  return (
    <div class="fields" data-label-fields {...words}>
      <div data-scan hidden>
        <FileField name="" label={t("scan")} accept="image/*" hint={t("scanHint")} scope={`scan-${scope}`} camera />
        <p class="small" role="status" data-scan-said></p>
      </div>
      <Field name="serial" label={t("serial")} value={entry?.serial} scope={scope} maxlength={64} mono />
      <Field name="mac" label={t("mac")} value={entry?.mac} scope={scope} maxlength={64} mono />
      <Field name="model" label={t("model")} value={entry?.model} scope={scope} maxlength={64} />
    </div>
  );
}

/** Title of a step by its id, for what is said after it was entered. */
export function titleOf({ steps }: ProtocolDetail, id: unknown, language: "de" | "en"): string {
  return steps.find((one) => one.id === id)?.title[language] ?? String(id);
}
