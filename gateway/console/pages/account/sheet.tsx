import { renewBreakGlass, renewRecovery } from "../../api/account.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import type { Page } from "../page.ts";
import { PEOPLE } from "../people/texts.ts";
import { ACCOUNT } from "./texts.ts";

/** The last step of the first start: what belongs into the safe. */
export const sheet: Page = {
  path: "/setup/sheet",
  title: { en: "A sheet for the safe", de: "Ein Blatt für den Tresor" },
  show: (visit) => {
    const t = ACCOUNT.in(visit.language);
    const people = PEOPLE.in(visit.language);
    const { person, token } = visit;
    const body = (
      <div class="stack">
        <PageHead title={t("sheetTitle")} lead={t("sheetLead")}>
          <span class="small muted">{t("sheetStep")}</span>
        </PageHead>
        <div class="columns">
          {person.may(renewRecovery.needs) && (
            <Card title={t("sheetCodes")} lead={t("sheetCodesLead")}>
              <Form action="/account/recovery-codes" token={token}>
                <Submit>{t("recoveryRenew")}</Submit>
              </Form>
            </Card>
          )}
          {person.may(renewBreakGlass.needs) && (
            <Card title={people("breakGlass")} lead={people("breakGlassLead")}>
              <Form action="/people/break-glass" token={token}>
                <Submit>{people("renewBreakGlass")}</Submit>
              </Form>
            </Card>
          )}
        </div>
        <p>
          <a class="button quiet" href="/">{t("sheetDone")}</a>
        </p>
      </div>
    );
    return Promise.resolve({ title: t("sheetTitle"), body });
  },
};
