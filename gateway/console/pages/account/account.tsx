import { type Factors, listFactors, removeFactor, renewRecovery } from "../../api/account.ts";
import { addToken, endSession, listSessions, listTokens, revokeToken } from "../../api/people.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { SessionTable } from "../people/session_table.tsx";
import { PEOPLE } from "../people/texts.ts";
import { ACCOUNT } from "./texts.ts";
import { TokensCard } from "./tokens.tsx";

const good = (text: string): Answer => ({ see: "/account", flash: { tone: "good", text } });

/** The own account: proofs, recovery, sessions, tokens. */
export const account: Page = {
  path: "/account",
  title: { en: "Your account", de: "Ihr Konto" },
  show: async (visit) => {
    const t = ACCOUNT.in(visit.language);
    const { person } = visit;
    const ask = async <T,>(needs: string, what: () => Promise<T>): Promise<T | undefined> =>
      person.may(needs) ? await what() : undefined;
    const [factors, sessions, tokens] = await Promise.all([
      ask(listFactors.needs, () => listFactors.call(person, {})),
      ask(listSessions.needs, () => listSessions.call(person, {})),
      ask(listTokens.needs, () => listTokens.call(person, {})),
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead", { name: person.session.person })} />
          <div class="columns">
            {factors && <FactorsCard visit={visit} own={factors} />}
            <div class="stack">
              {factors && person.may(renewRecovery.needs) && (
                <RecoveryCard visit={visit} count={factors.recoveryCodes} />
              )}
              {person.session.origin === "local" && <PasswordCard visit={visit} />}
            </div>
          </div>
          {sessions && (
            <Card title={t("sessions")} flush>
              <SessionTable visit={visit} rows={sessions} action={(id) => `/account/sessions/${id}/end`} />
            </Card>
          )}
          {tokens && (
            <TokensCard
              visit={visit}
              rows={tokens.filter((row) => row.person === person.session.person)}
            />
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/account/factors/:id/remove", removeFactor, (visit) => good(ACCOUNT.in(visit.language)("removed"))),
    act("/account/recovery-codes", renewRecovery, (visit, { codes }) => {
      const t = ACCOUNT.in(visit.language);
      return secret(visit, t("recoveryDone"), t("recoveryDoneLead"), codes.join("\n"));
    }),
    act("/account/sessions/:id/end", endSession, (visit) => good(PEOPLE.in(visit.language)("ended"))),
    act("/account/tokens", addToken, (visit, { token, secret: text }) => {
      const t = ACCOUNT.in(visit.language);
      return secret(visit, t("tokenDone", { label: token.label }), t("tokenLead"), text);
    }),
    act("/account/tokens/:id/revoke", revokeToken, (visit) => good(ACCOUNT.in(visit.language)("tokenRevoked"))),
  ],
};

function secret(visit: Visit, title: string, lead: string, text: string): Answer {
  const links = [{ href: "/account", text: COMMON.in(visit.language)("back") }];
  return { title, body: <ShownOnce title={title} lead={lead} text={text} links={links} /> };
}

function FactorsCard({ visit, own }: { visit: Visit; own: Factors }) {
  const t = ACCOUNT.in(visit.language);
  const { person, token } = visit;
  return (
    <Card title={t("factors")} lead={t("factorsLead")} flush>
      {own.factors.length === 0 && <Empty icon="key" title={t("noFactors")}>{t("noFactorsDo")}</Empty>}
      <ul class="log narrow">
        {own.factors.map(({ id, kind, label, since }) => (
          <li>
            <div class="what">
              <strong>{label}</strong> <State tone="good" icon="key">{t(kind)}</State>
              <div class="small muted">
                {t("since")} <Time at={since} style={visit.time} dateOnly />
              </div>
            </div>
            {person.may(removeFactor.needs) && (
              <Disclosure summary={t("remove")} small kind="danger">
                <Form action={`/account/factors/${encodeURIComponent(id)}/remove`} token={token}>
                  <Submit kind="danger" small>{t("remove")}</Submit>
                </Form>
              </Disclosure>
            )}
          </li>
        ))}
        <li>
          <div class="buttons">
            <a class="button quiet small" href="/account/enrol">{t("addPasskey")} / {t("totp")}</a>
          </div>
        </li>
      </ul>
    </Card>
  );
}

function RecoveryCard({ visit, count }: { visit: Visit; count: number }) {
  const t = ACCOUNT.in(visit.language);
  return (
    <Card title={t("recovery")} lead={t("recoveryLead", { count })}>
      <Disclosure summary={t("recoveryRenew")}>
        <Form action="/account/recovery-codes" token={visit.token}>
          <Field
            name="own"
            label={`${t("recoveryOwn")} (${COMMON.in(visit.language)("optional")})`}
            maxlength={100}
            autocomplete="off"
          />
          <Submit>{t("recoveryRenew")}</Submit>
        </Form>
      </Disclosure>
    </Card>
  );
}

function PasswordCard({ visit }: { visit: Visit }) {
  const t = ACCOUNT.in(visit.language);
  return (
    <Card title={t("password")}>
      <div class="buttons">
        <a class="button quiet small" href="/account/password">{t("passwordChange")}</a>
      </div>
    </Card>
  );
}
