import type { FloorRow } from "../../api/plan.ts";
import { Disclosure, Field, FileField, Form, Submit } from "../../components/form.tsx";
import { Card } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { PLAN } from "./texts.ts";

const PICTURES = "image/png,image/jpeg";

/** The form that makes a floor. */
export function AddFloor({ visit: { language, token } }: { visit: Visit }) {
  const t = PLAN.in(language);
  return (
    <Card title={t("add")} lead={t("addLead")}>
      <Form action="/plan/floors" token={token} sendsFile>
        <Field name="floor" label={t("id")} hint={t("idHint")} required maxlength={32} mono scope="new" />
        <Field name="name" label={t("name")} hint={t("nameHint")} required maxlength={48} scope="new" />
        <FileField name="picture" label={t("picture")} accept={PICTURES} hint={t("pictureHint")} required scope="new" />
        <Submit>{t("save")}</Submit>
      </Form>
    </Card>
  );
}

/** The forms that change or remove a floor. */
export function ChangeFloor({ visit: { language, token }, floor }: { visit: Visit; floor: FloorRow }) {
  const t = PLAN.in(language);
  return (
    <Card title={floor.name}>
      <div class="buttons">
        <Disclosure summary={t("change")}>
          <Form action="/plan/floors" token={token} sendsFile>
            <input type="hidden" name="floor" value={floor.id} />
            <Field name="name" label={t("name")} value={floor.name} required maxlength={48} scope={floor.id} />
            <FileField
              name="picture"
              label={t("picture")}
              accept={PICTURES}
              hint={t("pictureKeep")}
              scope={floor.id}
            />
            <Submit>{t("save")}</Submit>
          </Form>
        </Disclosure>
        <Disclosure summary={t("remove")} kind="danger">
          <p>{t("removeLead")}</p>
          <Form action="/plan/floors/remove" token={token}>
            <input type="hidden" name="floor" value={floor.id} />
            <Submit kind="danger">{t("remove")}</Submit>
          </Form>
        </Disclosure>
      </div>
    </Card>
  );
}
