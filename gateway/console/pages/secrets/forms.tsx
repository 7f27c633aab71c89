import { SECRET_SLOTS } from "../../../../policies/secret_schedule.ts";
import { Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { SECRETS } from "./texts.ts";

/** Begins to change a secret of a unit that may have none in the vault yet. */
export function BeginForm({ visit }: { visit: Visit }) {
  const t = SECRETS.in(visit.language);
  return (
    <Card title={t("begin")} lead={t("beginLead")}>
      <Form action="/secrets/begin" token={visit.token}>
        <Field name="unit" label={t("unit")} hint={`"all": ${t("all")}`} scope="begin" required maxlength={48} />
        <Select
          name="slot"
          label={t("secret")}
          scope="begin"
          value="operator"
          options={SECRET_SLOTS.map((slot) => ({ value: slot, text: t(`slot.${slot}`) }))}
        />
        <Submit>{t("rotate")}</Submit>
      </Form>
    </Card>
  );
}

/** Changes what somebody who left knows. */
export function LeaverForm({ visit }: { visit: Visit }) {
  const t = SECRETS.in(visit.language);
  return (
    <Card title={t("left")} lead={t("leftLead")}>
      <Form action="/secrets/left" token={visit.token}>
        <Field name="person" label={t("person")} scope="left" required maxlength={64} autocomplete="off" />
        <Submit kind="danger">{t("left")}</Submit>
      </Form>
    </Card>
  );
}
