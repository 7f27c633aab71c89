import type { ItemResult } from "../../../../policies/inspection.ts";
import {
  addInspectionPhoto,
  type InspectionView,
  listDueInspections,
  readInspection,
  readInspectionPhoto,
} from "../../api/inspections.ts";
import { FileField, Form, Select, Submit } from "../../components/form.tsx";
import { Card, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { listWords, subjectWords } from "./inspections.tsx";
import { INSPECTIONS } from "./texts.ts";

const TONES: Readonly<Record<ItemResult, Tone>> = { "ok": "good", "not-ok": "bad", "not-applicable": "off" };

/** One filled list with its photos. */
export const inspection: Page = {
  path: "/inspections/:inspection",
  title: { en: "Filled checklist", de: "Ausgefüllte Prüfliste" },
  needs: readInspection.needs,
  show: async (visit) => {
    const t = INSPECTIONS.in(visit.language), { person: asker } = visit;
    const shown = await readInspection.call(asker, { inspection: visit.params["inspection"] ?? "" });
    const { id, template, subject, person, by, at } = shown;
    const { templates } = await listDueInspections.call(asker, {});
    const title = `${id}: ${listWords(visit, templates, template)}`;
    return {
      title,
      body: (
        <div class="stack">
          <PageHead
            title={title}
            crumb={{ href: "/inspections", text: t("title") }}
            lead={
              <>
                {subjectWords(visit, subject)}, <Time at={at} style={visit.time} />, {person}.{" "}
                {by === person ? "" : t("enteredBy", { by })}
              </>
            }
          />
          <Items visit={visit} shown={shown} />
          <Photos visit={visit} shown={shown} />
        </div>
      ),
    };
  },
  acts: [
    act("/inspections/:inspection/photos", addInspectionPhoto, (visit, { id }) => ({
      see: `/inspections/${id}`,
      flash: { tone: "good", text: INSPECTIONS.in(visit.language)("added") },
    })),
  ],
};

/** A photo, for the page that shows it. */
export const inspectionPhoto: Page = {
  path: "/inspections/:inspection/photos/:number/picture",
  title: inspection.title,
  needs: readInspectionPhoto.needs,
  show: async ({ person, params }) => {
    const { inspection: id, number } = params;
    const { base64, type, sha256 } = await readInspectionPhoto.call(person, { inspection: id!, number: number! });
    return { picture: { bytes: Uint8Array.fromBase64(base64), type, tag: sha256 } };
  },
};

function Items({ visit, shown: { said, items } }: { visit: Visit; shown: InspectionView }) {
  const t = INSPECTIONS.in(visit.language);
  const words = (id: string) => items.find((one) => one.id === id)?.[visit.language] ?? id;
  return (
    <Card title={t("items")} flush>
      <Table
        caption={t("items")}
        rows={said}
        columns={[
          { head: t("item"), cell: ({ item }) => words(item) },
          { head: t("found"), cell: ({ result }) => <State tone={TONES[result]}>{t(result)}</State> },
          { head: t("note"), cell: ({ note }) => note ?? <span class="muted">-</span> },
        ]}
      />
    </Card>
  );
}

function Photos({ visit, shown: { id, photos, items } }: { visit: Visit; shown: InspectionView }) {
  const t = INSPECTIONS.in(visit.language), mayAdd = visit.person.may(addInspectionPhoto.needs);
  if (!mayAdd) return null;
  const words = (item: string | undefined) => items.find((one) => one.id === item)?.[visit.language] ?? t("whole");
  return (
    <Card title={t("photos")}>
      {photos.map(({ number, item, width, height, by, at }) => (
        <figure>
          <img
            class="photo"
            src={`/inspections/${id}/photos/${number}/picture`}
            width={width}
            height={height}
            alt={t("photoOf", { number, item: words(item) })}
          />
          <figcaption class="small muted">
            {words(item)}, {by}, <Time at={at} style={visit.time} />
          </figcaption>
        </figure>
      ))}
      <Form action={`/inspections/${id}/photos`} token={visit.token} sendsFile>
        <Select
          name="item"
          label={t("item")}
          options={[
            { value: "", text: t("whole") },
            ...items.map((one) => ({ value: one.id, text: one[visit.language] })),
          ]}
        />
        <FileField name="photo" label={t("photo")} accept="image/png,image/jpeg" hint={t("photoHint")} required />
        <Submit kind="quiet">{t("addPhoto")}</Submit>
      </Form>
    </Card>
  );
}
