import { renewBreakGlass } from "../../api/account.ts";
import {
  addPerson,
  changePerson,
  endSession,
  listPeople,
  listSessions,
  readPasswordPolicy,
  removePerson,
  resetPerson,
  unlockPerson,
} from "../../api/people.ts";
import { Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { ShownOnce } from "../../components/shown_once.tsx";
import type { Answer, Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { AccountTable, AddPersonForm } from "./accounts.tsx";
import { PasswordRules } from "./password_rules.tsx";
import { SessionTable } from "./session_table.tsx";
import { PEOPLE } from "./texts.ts";

const good = (text: string): Answer => ({ see: "/people", flash: { tone: "good", text } });

/** Accounts, sessions and the emergency access. */
export const people: Page = {
  path: "/people",
  title: { en: "People", de: "Personen" },
  nav: { group: "security", icon: "people" },
  needs: listPeople.needs,
  show: async (visit) => {
    const t = PEOPLE.in(visit.language);
    const { person } = visit;
    const isAdministrator = person.session.roles.includes("administrator");
    const [rows, sessions] = await Promise.all([
      listPeople.call(person, {}),
      isAdministrator ? listSessions.call(person, { all: true }) : [],
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("accounts")} flush>
            <AccountTable visit={visit} rows={rows} />
          </Card>
          {person.may(addPerson.needs) && <AddPersonForm visit={visit} />}
          {isAdministrator && (
            <Card title={t("sessions")} lead={t("sessionsLead")} flush>
              <SessionTable visit={visit} rows={sessions} action={(id) => `/people/sessions/${id}/end`} />
            </Card>
          )}
          {person.may(readPasswordPolicy.needs) && (
            <PasswordRules visit={visit} policy={await readPasswordPolicy.call(person, {})} />
          )}
          {person.may(renewBreakGlass.needs) && <BreakGlass visit={visit} />}
        </div>
      ),
    };
  },
  acts: [
    act(
      "/people",
      addPerson,
      (visit, { name, temporaryPassword }) =>
        shownOnce(visit, PEOPLE.in(visit.language)("added", { name }), temporaryPassword),
    ),
    act("/people/:name/change", changePerson, (visit, { name }) => good(PEOPLE.in(visit.language)("saved", { name }))),
    act(
      "/people/:name/reset",
      resetPerson,
      (visit, { name, temporaryPassword }) =>
        shownOnce(visit, PEOPLE.in(visit.language)("resetDone", { name }), temporaryPassword),
    ),
    act(
      "/people/:name/unlock",
      unlockPerson,
      (visit, { name }) => good(PEOPLE.in(visit.language)("unlocked", { name })),
    ),
    act(
      "/people/:name/remove",
      removePerson,
      (visit, _, { name }) => good(PEOPLE.in(visit.language)("removed", { name })),
    ),
    act("/people/sessions/:id/end", endSession, (visit) => good(PEOPLE.in(visit.language)("ended"))),
    act("/people/break-glass", renewBreakGlass, (visit, { password }) => {
      const t = PEOPLE.in(visit.language);
      return shownOnce(visit, t("sealed"), password, t("sealedLead"));
    }),
  ],
};

function shownOnce(visit: Visit, title: string, text: string, lead?: string): Answer {
  const links = [{ href: "/people", text: COMMON.in(visit.language)("back") }];
  const body = (
    <ShownOnce title={title} lead={lead ?? PEOPLE.in(visit.language)("temporaryLead")} text={text} links={links} />
  );
  return { title, body };
}

function BreakGlass({ visit }: { visit: Visit }) {
  const t = PEOPLE.in(visit.language);
  return (
    <Card title={t("breakGlass")} lead={t("breakGlassLead")}>
      <Disclosure summary={t("renewBreakGlass")} kind="danger">
        <Form action="/people/break-glass" token={visit.token}>
          <Submit kind="danger">{t("renewBreakGlass")}</Submit>
        </Form>
      </Disclosure>
    </Card>
  );
}
