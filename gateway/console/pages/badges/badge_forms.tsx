import type { Child } from "hono/jsx";
import type { Operation } from "../../api/operation.ts";
import { allowBadge, blockBadge, importBadges, renewBadge } from "../../api/badges.ts";
import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { BADGES } from "./texts.ts";

/** What can be done about badges, as far as the person may. */
export function BadgeForms({ visit }: { visit: Visit }) {
  const t = BADGES.in(visit.language);
  const badge = (scope: string, hint?: string) => (
    <Field name="badge" scope={scope} label={t("badge")} hint={hint} required maxlength={255} mono autocomplete="off" />
  );
  const until = (scope: string) => <Field name="until" scope={scope} label={t("until")} type="date" />;
  const reason = (scope: string) => <Field name="reason" scope={scope} label={t("reason")} required maxlength={200} />;
  const lists = (["blocked", "listed"] as const).map((value) => ({ value, text: t(`list.${value}`) }));
  return (
    <>
      {visit.person.may(blockBadge.needs) && (
        <Card title={t("block")} lead={t("blockLead")}>
          <Form action="/badges/block" token={visit.token} inline>
            {badge("block")}
            {reason("block")}
            {until("block")}
            <Submit kind="danger">{t("block")}</Submit>
          </Form>
        </Card>
      )}
      <div class="buttons">
        <Act visit={visit} what={renewBadge} word="renew" lead="renewLead">
          {badge("renew", t("badgeHint"))}
          <Field name="new" scope="renew" label={t("fresh")} required maxlength={255} mono autocomplete="off" />
          {reason("renew")}
        </Act>
        <Act visit={visit} what={allowBadge} word="allow" lead="allowLead">
          {badge("allow", t("badgeHint"))}
          <Field name="note" scope="allow" label={t("note")} required maxlength={200} />
          {until("allow")}
        </Act>
        <Act visit={visit} what={importBadges} word="bring" lead="bringLead" path="check" submit="check">
          <Select name="list" scope="import" label={t("list")} options={lists} />
          <Field name="lines" scope="import" label={t("lines")} rows={6} required mono />
        </Act>
      </div>
    </>
  );
}

type Word = "allow" | "bring" | "renew";

function Act(
  { visit, what, word, lead, path = word, submit = word, children }: {
    visit: Visit;
    what: Pick<Operation, "needs">;
    word: Word;
    lead: `${Word}Lead`;
    path?: string;
    submit?: Word | "check";
    children?: Child;
  },
) {
  if (!visit.person.may(what.needs)) return null;
  const t = BADGES.in(visit.language);
  return (
    <Disclosure summary={t(word)}>
      <p>{t(lead)}</p>
      <Form action={`/badges/${path}`} token={visit.token}>
        {children}
        <Submit>{t(submit)}</Submit>
      </Form>
    </Disclosure>
  );
}
