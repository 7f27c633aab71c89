import { type CampaignRow, listCampaigns, planCampaign } from "../../api/campaigns.ts";
import { type ImageRow, listImages } from "../../api/images.ts";
import { Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Empty, Notice, PageHead, Table } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { CAMPAIGNS } from "./texts.ts";
import { CampaignState, Counts } from "./words.tsx";

/** Path of one campaign's page. */
export const campaignPath = (id: string): string => `/campaigns/${encodeURIComponent(id)}`;

/** All firmware campaigns, and a form that plans one. */
export const campaigns: Page = {
  path: "/campaigns",
  title: { en: "Campaigns", de: "Kampagnen" },
  nav: { group: "stations", icon: "arrow" },
  needs: listCampaigns.needs,
  show: async (visit) => {
    const t = CAMPAIGNS.in(visit.language);
    const rows = await listCampaigns.call(visit.person, {});
    const images = visit.person.may(planCampaign.needs) ? await verifiedImages(visit) : undefined;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("title")} flush>
            <Rows visit={visit} rows={rows} />
          </Card>
          {visit.person.may(planCampaign.needs) && (
            <Card title={t("new")} lead={t("newLead")}>
              <NewForm visit={visit} images={images} />
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/campaigns/new", planCampaign, (visit, { id }) => ({
      see: campaignPath(id),
      flash: { tone: "good", text: CAMPAIGNS.in(visit.language)("planned") },
    })),
  ],
};

function Rows({ visit, rows }: { visit: Visit; rows: readonly CampaignRow[] }) {
  const t = CAMPAIGNS.in(visit.language), { language } = visit;
  return (
    <Table
      caption={t("title")}
      rows={rows}
      empty={<Empty icon="arrow" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("campaign"),
          cell: ({ id, name }) => (
            <>
              <a href={campaignPath(id)}>{name}</a>
              <div class="small muted mono">{id}</div>
            </>
          ),
        },
        {
          head: t("state"),
          cell: ({ state, why }) => (
            <>
              <CampaignState state={state} language={language} />
              {why && <div class="small muted" lang="en">{why}</div>}
            </>
          ),
        },
        { head: t("version"), cell: ({ vendor, version }) => `${vendor} ${version}` },
        { head: t("units"), cell: ({ counts }) => <Counts counts={counts} language={language} /> },
        { head: t("made"), cell: ({ madeAt }) => <Ago at={madeAt} style={visit.time} /> },
      ]}
    />
  );
}

/** What may be rolled out, newest first; undefined when the vault does not answer: then the image is typed. */
async function verifiedImages({ person }: Visit): Promise<readonly ImageRow[] | undefined> {
  if (!person.may(listImages.needs)) return undefined;
  const list = await listImages.call(person, {}).catch(() => undefined);
  return list?.images.filter(({ state }) => state === "verified");
}

function NewForm({ visit, images }: { visit: Visit; images: readonly ImageRow[] | undefined }) {
  const { language, token } = visit, t = CAMPAIGNS.in(language);
  if (images?.length === 0) {
    return (
      <Notice tone="info" title={t("noImage")}>
        <a href="/firmware/images">{t("noImageDo")}</a>
      </Notice>
    );
  }
  return (
    <Form action="/campaigns/new" token={token}>
      {images
        ? (
          <Select
            name="image"
            label={t("image")}
            options={images.map(optionOf)}
            value={visit.query.get("image") ?? ""}
          />
        )
        : <Field name="image" label={t("imageDigits")} hint={t("imageHint")} required maxlength={64} />}
      <Field name="name" label={t("name")} maxlength={80} />
      <Field name="stations" label={t("stations")} hint={t("stationsHint")} />
      <Field
        name="rings"
        label={t("rings")}
        hint={t("ringsHint")}
        value="canary:1:24h:hold;early:25%:4h;rest:100%"
        mono
      />
      <Field name="parallel" label={t("parallel")} value="4" inputmode="numeric" />
      <Field name="outPercent" label={t("out")} value="25" inputmode="numeric" />
      <Field name="installHours" label={t("hours")} hint={t("hoursHint")} />
      <Field name="exclude" label={t("exclude")} />
      <Submit>{t("plan")}</Submit>
    </Form>
  );
}

const optionOf = ({ sha256, vendor, version, models, fileName }: ImageRow) => ({
  value: sha256,
  text: `${vendor} ${version}${models.length === 0 ? "" : ` (${models.join(", ")})`}, ${fileName}, ${
    sha256.slice(0, 12)
  }`,
});
