import { Field, TOKEN_FIELD } from "../../components/form.tsx";
import { Icon } from "../../components/icon.tsx";
import { Notice, PageHead } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import type { PostedForm } from "../../http/form_input.ts";
import { PROOF_FIELDS } from "../../http/proof.ts";
import type { Language } from "../../i18n/language.ts";
import { SIGN_IN } from "./texts.ts";

/** Asks for a fresh proof; the act's own fields go along, so that nothing has to be entered again. */
export function StepUpPage({ visit, form, wrong }: { visit: Visit; form: PostedForm; wrong: boolean }) {
  const t = SIGN_IN.in(visit.language);
  const proofs: readonly string[] = Object.values(PROOF_FIELDS);
  const carried = Object.entries(form).filter(([name]) => !proofs.includes(name));
  const hidden = (
    <>
      <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
      {carried.flatMap(([name, values]) => values.map((value) => <input type="hidden" name={name} value={value} />))}
    </>
  );
  return (
    <div class="stack">
      <PageHead title={t("stepUpTitle")} lead={t("stepUpLead")} />
      {wrong && <Notice tone="bad" live>{t("refused")}</Notice>}
      <section class="card">
        <div class="body">
          <form method="post" data-passkey="/account/step-up/passkey" hidden>
            {hidden}
            <PasskeyFields />
            <div class="buttons">
              <button type="submit" class="button">
                <Icon name="key" />
                {t("usePasskey")}
              </button>
            </div>
            <p class="small" data-passkey-fault hidden>{t("passkeyFault")}</p>
          </form>
          <form method="post">
            {hidden}
            <div class="fields inline">
              <Field name={PROOF_FIELDS.totp} label={t("code")} inputmode="numeric" autocomplete="one-time-code" />
              <Field
                name={PROOF_FIELDS.password}
                label={t("password")}
                type="password"
                autocomplete="current-password"
              />
              <div class="buttons">
                <button type="submit" class="button">{t("confirm")}</button>
              </div>
            </div>
          </form>
        </div>
      </section>
    </div>
  );
}

StepUpPage.title = (language: Language): string => SIGN_IN.in(language)("stepUpTitle");

/** Where the script puts what the browser answered. */
export function PasskeyFields() {
  return (
    <>
      <input type="hidden" name={PROOF_FIELDS.ceremony} value="" />
      <input type="hidden" name={PROOF_FIELDS.response} value="" />
    </>
  );
}
