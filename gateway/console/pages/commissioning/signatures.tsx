import {
  closeCommissioning,
  counterSignCommissioning,
  dropCommissioning,
  type ProtocolDetail,
  reopenCommissioning,
  signCommissioning,
} from "../../api/commissioning.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Facts } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { bayPath } from "./list.tsx";
import { isFixed } from "./step.tsx";
import { COMMISSIONING } from "./texts.ts";

interface Props {
  readonly visit: Visit;
  readonly protocol: ProtocolDetail;
}

/** Who signed, and the forms that sign, close, reopen and remove. */
export function Signatures({ visit, protocol }: Props) {
  const t = COMMISSIONING.in(visit.language), { state, installer, operator } = protocol;
  return (
    <Card title={t("signatures")} lead={t("signaturesLead")} id="signatures">
      <Facts
        rows={[
          [t("installer"), <Signed visit={visit} signature={installer} />],
          [t("operator"), <Signed visit={visit} signature={operator} />],
        ]}
      />
      {state === "ready" && <SignForm visit={visit} protocol={protocol} to="sign" title={t("installer")} />}
      {state === "signed" && <SignForm visit={visit} protocol={protocol} to="counter-sign" title={t("operator")} />}
      <Ends visit={visit} protocol={protocol} />
    </Card>
  );
}

function Signed({ visit, signature }: { visit: Visit; signature: ProtocolDetail["installer"] }) {
  if (!signature) return <span class="muted">{COMMISSIONING.in(visit.language)("unsigned")}</span>;
  const { name, by, at, drawing } = signature;
  return (
    <>
      {name} <span class="muted">({by})</span>, <Ago at={at} style={visit.time} />
      {drawing !== undefined && (
        <svg class="drawn" viewBox="0 0 300 100" role="img" aria-label={name}>
          <path d={drawing} />
        </svg>
      )}
    </>
  );
}

function SignForm({ visit, protocol, to, title }: Props & { to: "counter-sign" | "sign"; title: string }) {
  const t = COMMISSIONING.in(visit.language);
  const { needs } = to === "sign" ? signCommissioning : counterSignCommissioning;
  if (!visit.person.may(needs)) return null;
  return (
    <Disclosure summary={`${t("sign")}: ${title}`}>
      <Form action={`${bayPath(String(protocol.id))}/${to}`} token={visit.token}>
        <Field name="name" label={t("name")} scope={to} required maxlength={80} autocomplete="name" />
        <div data-draw hidden>
          <span class="small">{t("draw")}</span>
          <svg class="drawn" viewBox="0 0 300 100" role="img" aria-label={t("draw")}>
            <path d="" />
          </svg>
          <input type="hidden" name="drawing" value="" />
          <button type="button" class="button quiet small" data-draw-clear>{t("drawClear")}</button>
        </div>
        <Submit>{t("sign")}</Submit>
      </Form>
    </Disclosure>
  );
}

function Ends({ visit, protocol }: Props) {
  const t = COMMISSIONING.in(visit.language), { person, token } = visit, { state } = protocol;
  const at = bayPath(String(protocol.id)), isSigned = state === "signed" || state === "counter-signed";
  return (
    <div class="buttons">
      {state === "counter-signed" && person.may(closeCommissioning.needs) && (
        <Disclosure summary={t("close")}>
          <p>{t("closeLead")}</p>
          <Form action={`${at}/close`} token={token}>
            <Submit>{t("close")}</Submit>
          </Form>
        </Disclosure>
      )}
      {isSigned && person.may(reopenCommissioning.needs) && (
        <Disclosure summary={t("reopen")} kind="danger">
          <Form action={`${at}/reopen`} token={token}>
            <Field name="reason" label={t("reason")} scope="reopen" required maxlength={300} />
            <Submit kind="danger">{t("reopen")}</Submit>
          </Form>
        </Disclosure>
      )}
      {!isFixed(protocol) && person.may(dropCommissioning.needs) && (
        <Disclosure summary={t("drop")} kind="danger">
          <p>{t("dropLead")}</p>
          <Form action={`${at}/drop`} token={token}>
            <Submit kind="danger">{t("drop")}</Submit>
          </Form>
        </Disclosure>
      )}
    </div>
  );
}
