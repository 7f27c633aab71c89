import {
  checkCommissioning,
  closeCommissioning,
  counterSignCommissioning,
  dropCommissioning,
  enterCommissioningStep,
  exceptCommissioningStep,
  type ProtocolDetail,
  readCommissioning,
  readCommissioningPaper,
  readCommissioningPhoto,
  reopenCommissioning,
  signCommissioning,
  takeBackCommissioningException,
} from "../../api/commissioning.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Notice, PageHead } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { bayPath, ProtocolState } from "./list.tsx";
import { Signatures } from "./signatures.tsx";
import { isFixed, Step, titleOf } from "./step.tsx";
import { COMMISSIONING } from "./texts.ts";

const GROUPS = ["identity", "electrical", "ocpp", "network", "device"] as const;

/** The protocol of one bay, made for a phone: a step after the other, each a form that posts by itself. */
export const commissioningBay: Page = {
  path: "/commissioning/:bay",
  title: { en: "Protocol of a bay", de: "Protokoll eines Stellplatzes" },
  needs: readCommissioning.needs,
  show: async (visit) => {
    const protocol = await readCommissioning.call(visit.person, { bay: visit.params["bay"] ?? "" });
    return { title: protocol.bay, body: <Body visit={visit} protocol={protocol} /> };
  },
  acts: [
    act("/commissioning/:bay/check", checkCommissioning, (visit, protocol) => back(visit, protocol, "checked")),
    act(
      "/commissioning/:bay/steps",
      enterCommissioningStep,
      (visit, protocol, { step, station }) => back(visit, protocol, "entered", step, station),
    ),
    act(
      "/commissioning/:bay/exceptions",
      exceptCommissioningStep,
      (visit, protocol, { step, station }) => back(visit, protocol, "excepted", step, station),
    ),
    act(
      "/commissioning/:bay/exceptions/take-back",
      takeBackCommissioningException,
      (visit, protocol, { step, station }) => back(visit, protocol, "takenBack", step, station),
    ),
    act("/commissioning/:bay/sign", signCommissioning, (visit, protocol) => back(visit, protocol, "signed")),
    act(
      "/commissioning/:bay/counter-sign",
      counterSignCommissioning,
      (visit, protocol) => back(visit, protocol, "signed"),
    ),
    act("/commissioning/:bay/reopen", reopenCommissioning, (visit, protocol) => back(visit, protocol, "reopened")),
    act("/commissioning/:bay/close", closeCommissioning, (visit, protocol) => back(visit, protocol, "closed")),
    act("/commissioning/:bay/drop", dropCommissioning, (visit) => ({
      see: "/commissioning",
      flash: { tone: "good", text: COMMISSIONING.in(visit.language)("dropped") },
    })),
  ],
};

/** The signed PDF, for the browser to keep. */
export const commissioningPaper: Page = {
  path: "/commissioning/:bay/paper",
  title: commissioningBay.title,
  needs: readCommissioningPaper.needs,
  show: async ({ person, params, language }) => {
    const { name, type, base64 } = await readCommissioningPaper.call(person, { bay: params["bay"] ?? "", language });
    return { file: { name, type }, bytes: Uint8Array.fromBase64(base64) };
  },
};

/** The photo of a step, for the page that shows it. */
export const commissioningPhoto: Page = {
  path: "/commissioning/:bay/photos/:step",
  title: commissioningBay.title,
  needs: readCommissioningPhoto.needs,
  show: async ({ person, params }) => {
    const asked = { bay: params["bay"] ?? "", step: params["step"] ?? "" };
    const { base64, type, sha256 } = await readCommissioningPhoto.call(person, asked);
    return { picture: { bytes: Uint8Array.fromBase64(base64), type, tag: sha256 } };
  },
};

type Said = "checked" | "closed" | "entered" | "excepted" | "reopened" | "signed" | "takenBack";

/** Back to where the person was on the page. */
function back(visit: Visit, protocol: ProtocolDetail, word: Said, step?: string, station?: string): Answer {
  const t = COMMISSIONING.in(visit.language);
  const text = t(word, { bay: protocol.bay, step: titleOf(protocol, step, visit.language) });
  const key = [step, station].filter((part) => part !== undefined).join(" ").replace(/[^\w-]/g, "_");
  const place = step === undefined ? "" : `#step-${key}`;
  return { see: `${bayPath(String(protocol.id))}${place}`, flash: { tone: "good", text } };
}

function Body({ visit, protocol }: { visit: Visit; protocol: ProtocolDetail }) {
  const t = COMMISSIONING.in(visit.language), { done, of, id, bay, faults, steps, state } = protocol;
  return (
    <div class="stack protocol">
      <PageHead
        title={bay}
        lead={
          <>
            <ProtocolState visit={visit} row={protocol} /> <span class="muted">{t("number", { id })}</span>
          </>
        }
        crumb={{ href: "/commissioning", text: t("back") }}
      >
        {visit.person.may(readCommissioningPaper.needs) && (
          <a class="button quiet" href={`${bayPath(String(id))}/paper`}>
            {t(state === "closed" ? "paper" : "paperDraft")}
          </a>
        )}
      </PageHead>
      <div>
        <progress class="steps" max={of} value={done} aria-label={t("stepsOf", { done, of })} />
        <span class="small">{t("stepsOf", { done, of })}</span>
      </div>
      {faults.map(({ rule, why, hint }) => (
        <Notice tone="bad" title={`${t("blocked")}: ${rule}`}>
          <span lang="en">{why}. {hint}</span>
        </Notice>
      ))}
      {!isFixed(protocol) && visit.person.may(checkCommissioning.needs) && (
        <Card lead={t("checkLead")} title={t("auto")}>
          <Form action={`${bayPath(String(id))}/check`} token={visit.token}>
            <Submit>{t("check")}</Submit>
          </Form>
        </Card>
      )}
      {GROUPS.map((group) => {
        const own = steps.filter((step) => step.group === group);
        return own.length === 0 ? null : (
          <Card title={t(`group.${group}`)} flush id={`group-${group}`}>
            <ol class="plain bay-steps">{own.map((step) => <Step visit={visit} protocol={protocol} step={step} />)}</ol>
          </Card>
        );
      })}
      <Signatures visit={visit} protocol={protocol} />
    </div>
  );
}
