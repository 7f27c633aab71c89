import { TOKEN_SCOPES } from "../../../core/people_admin_api.ts";
import { addToken, revokeToken, type TokenRow } from "../../api/people.ts";
import { Checkbox, Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Table } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { PEOPLE } from "../people/texts.ts";
import { ACCOUNT } from "./texts.ts";

/** API tokens with what makes and ends them: the own ones, or (`of` "all") everybody's, of which none is made. */
export function TokensCard(
  { visit, rows, of = "own" }: { visit: Visit; rows: readonly TokenRow[]; of?: "all" | "own" },
) {
  const t = ACCOUNT.in(visit.language);
  const base = of === "own" ? "/account/tokens" : "/access/tokens";
  const revoke = ({ id }: TokenRow) => (
    <Form action={`${base}/${encodeURIComponent(id)}/revoke`} token={visit.token}>
      <Submit kind="danger" small>{t("tokenRevoke")}</Submit>
    </Form>
  );
  return (
    <Card title={t("tokens")} lead={t(of === "own" ? "tokensLead" : "tokensAllLead")} flush>
      <Table
        caption={t("tokens")}
        rows={rows}
        empty={<Empty icon="link" title={t("noTokens")} />}
        columns={[
          { head: t("tokenLabel"), cell: ({ label }) => label },
          { head: PEOPLE.in(visit.language)("person"), cell: ({ person }) => person },
          { head: t("tokenScopes"), cell: ({ scopes }) => scopes.map((scope) => t(`scope.${scope}`)).join(", ") },
          { head: t("tokenEnds"), cell: ({ expiresAt }) => <Time at={expiresAt} style={visit.time} dateOnly /> },
          {
            head: t("tokenUsed"),
            cell: ({ lastUsed }) =>
              lastUsed ? <Ago at={lastUsed} style={visit.time} /> : COMMON.in(visit.language)("never"),
          },
          ...visit.person.may(revokeToken.needs) ? [{ head: "", tight: true, cell: revoke }] : [],
        ]}
      />
      {of === "own" && visit.person.may(addToken.needs) && (
        <div class="body padded">
          <Disclosure summary={t("tokenAdd")} small>
            <Form action="/account/tokens" token={visit.token}>
              <Field name="label" label={t("tokenLabel")} required maxlength={64} />
              <fieldset>
                <legend>{t("tokenScopes")}</legend>
                {TOKEN_SCOPES.map((scope) => (
                  <Checkbox name="scopes" value={scope} label={t(`scope.${scope}`)} checked={scope === "read"} />
                ))}
              </fieldset>
              <Field name="days" label={t("tokenDays")} type="number" value="90" required />
              <Submit>{t("tokenAdd")}</Submit>
            </Form>
          </Disclosure>
        </div>
      )}
    </Card>
  );
}
