import { ROLES } from "../../../core/people_api.ts";
import { addPerson, changePerson, type PersonRow, removePerson, resetPerson, unlockPerson } from "../../api/people.ts";
import { Checkbox, Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Empty, State, Table } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { ACCOUNT } from "../account/texts.ts";
import { PEOPLE } from "./texts.ts";

/** Accounts with what may be done to each. */
export function AccountTable({ visit, rows }: { visit: Visit; rows: readonly PersonRow[] }) {
  const t = PEOPLE.in(visit.language);
  const role = COMMON.in(visit.language);
  const mayAct = visit.person.may(changePerson.needs);
  return (
    <Table
      caption={t("accounts")}
      rows={rows}
      empty={<Empty icon="people" title={t("noPeople")} />}
      columns={[
        {
          head: t("person"),
          cell: ({ name, displayName }) => (
            <>
              {displayName}
              {displayName !== name && <div class="small muted">{name}</div>}
            </>
          ),
        },
        { head: t("roles"), cell: ({ roles }) => roles.map((each) => role(`role.${each}`)).join(", ") || "–" },
        { head: t("origin"), cell: ({ origin }) => t(`origin.${origin}`) },
        {
          head: t("factors"),
          cell: ({ factors }) => factors.map((each) => factorWord(visit, each)).join(", ") || t("noFactor"),
        },
        {
          head: t("lastLogin"),
          cell: ({ lastLogin }) => lastLogin ? <Ago at={lastLogin} style={visit.time} /> : role("never"),
        },
        { head: t("state"), cell: (row) => <AccountState visit={visit} row={row} /> },
        ...mayAct ? [{ head: "", cell: (row: PersonRow) => <AccountActs visit={visit} row={row} /> }] : [],
      ]}
    />
  );
}

function factorWord({ language }: Visit, factor: string): string {
  return factor === "passkey" || factor === "totp" ? ACCOUNT.in(language)(factor) : factor;
}

function AccountState({ visit, row: { state, lockedUntil, mustChange } }: { visit: Visit; row: PersonRow }) {
  const t = PEOPLE.in(visit.language);
  if (state === "disabled") return <State tone="off">{t("disabled")}</State>;
  if (lockedUntil !== undefined) return <State tone="bad" icon="lock">{t("locked")}</State>;
  return mustChange ? <State tone="warn">{t("temporary")}</State> : <State tone="good">{t("active")}</State>;
}

function AccountActs({ visit, row }: { visit: Visit; row: PersonRow }) {
  const t = PEOPLE.in(visit.language);
  const { person, token } = visit;
  const base = `/people/${encodeURIComponent(row.name)}`;
  const isSelf = row.name === person.session.person;
  if (isSelf) return null;
  return (
    <Disclosure summary={t("change")} small>
      {row.lockedUntil !== undefined && person.may(unlockPerson.needs) && (
        <Form action={`${base}/unlock`} token={token}>
          <Submit kind="quiet" small>{t("unlock")}</Submit>
        </Form>
      )}
      {row.origin === "local" && <ChangeForm visit={visit} row={row} base={base} />}
      {row.origin === "local" && person.may(resetPerson.needs) && (
        <Form action={`${base}/reset`} token={token}>
          <p class="small">{t("resetLead", { name: row.name })}</p>
          <Checkbox name="factors" label={t("resetFactors")} />
          <Submit kind="quiet" small>{t("reset")}</Submit>
        </Form>
      )}
      {person.may(removePerson.needs) && (
        <Form action={`${base}/remove`} token={token}>
          <Checkbox name="sure" label={t("removeSure", { name: row.name })} required />
          <Submit kind="danger" small>{t("remove")}</Submit>
        </Form>
      )}
    </Disclosure>
  );
}

function ChangeForm({ visit, row, base }: { visit: Visit; row: PersonRow; base: string }) {
  const t = PEOPLE.in(visit.language);
  const states = [{ value: "active", text: t("active") }, { value: "disabled", text: t("disabled") }];
  return (
    <Form action={`${base}/change`} token={visit.token}>
      <RoleChoices visit={visit} chosen={row.roles} />
      <Select name="state" scope={row.name} label={t("state")} options={states} value={row.state} />
      <Submit kind="quiet" small>{COMMON.in(visit.language)("save")}</Submit>
    </Form>
  );
}

function RoleChoices({ visit, chosen }: { visit: Visit; chosen: readonly string[] }) {
  const role = COMMON.in(visit.language);
  return (
    <fieldset>
      <legend>{PEOPLE.in(visit.language)("roles")}</legend>
      {ROLES.map((each) => (
        <Checkbox name="roles" value={each} label={role(`role.${each}`)} checked={chosen.includes(each)} />
      ))}
    </fieldset>
  );
}

/** A new local account. */
export function AddPersonForm({ visit }: { visit: Visit }) {
  const t = PEOPLE.in(visit.language);
  if (!visit.person.may(addPerson.needs)) return null;
  return (
    <Disclosure summary={t("add")}>
      <Form action="/people" token={visit.token}>
        <div class="fields inline">
          <Field name="name" label={t("addName")} required maxlength={64} autocomplete="off" />
          <Field name="displayName" label={t("addDisplay")} maxlength={100} autocomplete="off" />
        </div>
        <RoleChoices visit={visit} chosen={["technician"]} />
        <Submit>{t("add")}</Submit>
      </Form>
    </Disclosure>
  );
}
