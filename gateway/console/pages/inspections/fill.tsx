import { ITEM_RESULTS } from "../../../../policies/inspection.ts";
import { fillInspection, listDueInspections, noteField } from "../../api/inspections.ts";
import { Field, FileField, Form, Select, Submit } from "../../components/form.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { GatewayError } from "../../../core/errors.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { subjectWords } from "./inspections.tsx";
import { INSPECTIONS } from "./texts.ts";

/** A checklist to be filled on a phone in front of the station: one thing below the other, a photo from the camera. */
export const fillPage: Page = {
  path: "/inspections/fill/:list/:subject",
  title: { en: "Fill a checklist", de: "Prüfliste ausfüllen" },
  needs: fillInspection.needs,
  show: async (visit) => {
    const t = INSPECTIONS.in(visit.language), { list = "", subject = "" } = visit.params;
    const { templates } = await listDueInspections.call(visit.person, {});
    const template = templates.find(({ id }) => id === list);
    if (!template) {
      throw new GatewayError("INCIDENT_UNKNOWN", `There is no list "${list.slice(0, 40)}"`, {
        hint: `The lists are ${templates.map(({ id }) => id).join(", ")}`,
      });
    }
    const title = `${template[visit.language]}: ${subjectWords(visit, subject)}`;
    const path = `/inspections/fill/${encodeURIComponent(list)}/${encodeURIComponent(subject)}`;
    return {
      title,
      body: (
        <div class="stack">
          <PageHead title={title} crumb={{ href: "/inspections", text: t("title") }} />
          <Form action={path} token={visit.token} sendsFile>
            {template.items.map((item) => (
              <Card title={item[visit.language]}>
                <Select
                  name="results"
                  label={t("found")}
                  scope={item.id}
                  options={[
                    { value: "", text: t("choose") },
                    ...ITEM_RESULTS.map((result) => ({ value: `${item.id}=${result}`, text: t(result) })),
                  ]}
                />
                <Field name={noteField(item.id)} label={t("note")} hint={t("noteHint")} maxlength={300} />
              </Card>
            ))}
            <Card>
              <FileField
                name="photo"
                label={t("photo")}
                accept="image/png,image/jpeg"
                hint={template.wantsPhoto ? t("photoNeeded") : t("photoHint")}
                required={template.wantsPhoto}
                camera
              />
              <Field name="person" label={t("person")} hint={t("personHint")} maxlength={80} />
              <Submit>{t("save")}</Submit>
            </Card>
          </Form>
        </div>
      ),
    };
  },
  acts: [
    act("/inspections/fill/:list/:subject", fillInspection, (visit, { id, isInOrder }) => ({
      see: `/inspections/${id}`,
      flash: {
        tone: isInOrder ? "good" : "warn",
        text: INSPECTIONS.in(visit.language)(isInOrder ? "filled" : "filledBad"),
      },
    })),
  ],
};
