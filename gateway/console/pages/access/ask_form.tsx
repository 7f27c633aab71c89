import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import type { Visit } from "../../context.ts";
import { capabilityOptions, deviceRoleOptions } from "./grant_words.ts";
import { ACCESS } from "./texts.ts";

/** Asks for access that somebody else approves. */
export function AskForm({ visit }: { visit: Visit }) {
  const t = ACCESS.in(visit.language);
  return (
    <Disclosure summary={t("ask")}>
      <Form action="/access/requests" token={visit.token} inline>
        <Field
          name="station"
          scope="ask"
          label={t("station")}
          value={visit.query.get("station") ?? ""}
          required
          maxlength={48}
        />
        <Select
          name="deviceRole"
          scope="ask"
          label={t("deviceRole")}
          options={deviceRoleOptions(visit.language)}
          value="installer"
        />
        <Select
          name="capability"
          scope="ask"
          label={t("capability")}
          options={capabilityOptions(visit.language)}
          value="edit"
        />
        <Field name="minutes" scope="ask" label={t("maxMinutes")} type="number" value="60" required />
        <Field name="reason" scope="ask" label={t("reason")} required maxlength={200} />
        <Submit>{t("ask")}</Submit>
      </Form>
    </Disclosure>
  );
}
