import {
  fetchImageByUrl,
  type ImageList,
  type ImageRow,
  listImages,
  listOffers,
  listPublications,
  type Offer,
  takeImage,
} from "../../api/images.ts";
import { judgeUpload } from "../../api/firmware_uploads.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { IMAGES } from "./texts.ts";
import { PublicationsCard } from "./publications.tsx";
import { VerdictChain } from "./verdict_chain.tsx";

/** How the states of images look. */
export const STATE_TONES: Readonly<Record<ImageRow["state"], Tone>> = {
  verified: "good",
  held: "warn",
  quarantine: "info",
  withdrawn: "bad",
};

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** All firmware images, the repositories, and the ways to bring one. */
export const images: Page = {
  path: "/firmware/images",
  title: { en: "Firmware images", de: "Firmware-Images" },
  nav: { group: "stations", icon: "policy" },
  needs: listImages.needs,
  show: async (visit) => {
    const t = IMAGES.in(visit.language);
    const list = await listImages.call(visit.person, {});
    const room = t("room", { used: megabytes(list.usedBytes), quota: megabytes(list.quotaBytes) });
    const source = visit.query.get("source") ?? undefined;
    const may = source !== undefined && visit.person.may(listOffers.needs);
    const offers = may ? await listOffers.call(visit.person, { source }) : undefined;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            {visit.person.may(judgeUpload.needs) && <a class="button" href="/firmware/images/upload">{t("bring")}</a>}
          </PageHead>
          {offers && <Offers visit={visit} source={source!} rows={offers} />}
          <Card title={t("images")} lead={room} flush>
            <Images visit={visit} rows={list.images} />
          </Card>
          <Card title={t("repositories")} lead={t("repositoriesLead")} flush>
            <Repositories visit={visit} list={list} />
          </Card>
          {visit.person.may(listPublications.needs) && <PublicationsCard visit={visit} />}
          {visit.person.may(fetchImageByUrl.needs) && (
            <Card title={t("fetch")} lead={t("fetchLead")}>
              <FetchForm visit={visit} />
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/firmware/images/fetch", fetchImageByUrl, (visit, { verdict, image }, input) => {
      if (image) {
        return {
          see: `/firmware/images/${image.sha256}`,
          flash: { tone: "good", text: IMAGES.in(visit.language)("taken") },
        };
      }
      return judged(visit, verdict, input);
    }),
    act("/firmware/images/take", takeImage, (visit, { verdict, image }, { source }) => {
      const t = IMAGES.in(visit.language);
      if (!image) {
        const see = `/firmware/images?source=${encodeURIComponent(source)}`;
        return { see, flash: { tone: "bad", text: t("refusedFlash", { why: verdict.why }) } };
      }
      return { see: `/firmware/images/${image.sha256}`, flash: { tone: "good", text: t("taken") } };
    }),
  ],
};

/** The verdict about what a URL leads to, before anything is stored; the same form takes it. */
function judged(
  visit: Visit,
  verdict: Parameters<typeof VerdictChain>[0]["verdict"],
  input: Record<string, unknown>,
): Answer {
  const t = IMAGES.in(visit.language);
  return {
    title: t("verdict"),
    body: (
      <div class="stack">
        <PageHead title={t("verdict")} crumb={{ href: "/firmware/images", text: t("title") }} lead={t("noStored")} />
        <VerdictChain visit={visit} verdict={verdict} />
        {verdict.outcome !== "refused" && (
          <Form action="/firmware/images/fetch" token={visit.token}>
            {Object.entries(input).filter(([name, value]) => name !== "accept" && typeof value === "string").map((
              [name, value],
            ) => <input type="hidden" name={name} value={String(value)} />)}
            <input type="hidden" name="accept" value="yes" />
            <Submit>{t("accept")}</Submit>
          </Form>
        )}
      </div>
    ),
  };
}

function Images({ visit, rows }: { visit: Visit; rows: readonly ImageRow[] }) {
  const t = IMAGES.in(visit.language);
  return (
    <Table
      caption={t("images")}
      rows={rows}
      empty={<Empty icon="policy" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("image"),
          cell: ({ sha256, vendor, version, fileName }) => (
            <>
              <a href={`/firmware/images/${sha256}`}>{vendor} {version}</a>
              <div class="small muted mono">{fileName}</div>
            </>
          ),
        },
        { head: t("state"), cell: ({ state }) => <State tone={STATE_TONES[state]}>{t(`state.${state}`)}</State> },
        { head: t("models"), cell: ({ models }) => models.length === 0 ? t("anyModel") : models.join(", ") },
        {
          head: t("provedBy"),
          cell: ({ evidence }) => evidence.length === 0 ? t("nothing") : <span lang="en">{evidence.join(" + ")}</span>,
        },
        { head: t("size"), cell: ({ sizeBytes }) => <span class="number">{megabytes(sizeBytes)} MB</span> },
        { head: t("added"), cell: ({ addedAt }) => <Ago at={addedAt} style={visit.time} /> },
      ]}
    />
  );
}

function Repositories({ visit, list }: { visit: Visit; list: ImageList }) {
  const t = IMAGES.in(visit.language);
  return (
    <Table
      caption={t("repositories")}
      rows={list.sources}
      empty={<Empty icon="link" title={t("noRepository")}>{t("noRepositoryDo")}</Empty>}
      columns={[
        { head: t("repository"), cell: ({ id }) => <span class="mono">{id}</span> },
        {
          head: t("state"),
          cell: ({ fault, readAt }) =>
            fault !== undefined
              ? (
                <>
                  <State tone="bad">{t("fault")}</State>
                  <div class="small muted" lang="en">{fault}</div>
                </>
              )
              : (
                <State tone={readAt === undefined ? "off" : "good"}>
                  {t(readAt === undefined ? "notYet" : "well")}
                </State>
              ),
        },
        {
          head: t("lastRead"),
          cell: ({ readAt }) => readAt === undefined ? "–" : <Ago at={readAt} style={visit.time} />,
        },
        {
          head: t("offers"),
          cell: ({ id, offers, news }) => (
            <>
              {offers !== undefined && <div>{offers}, {t("news", { count: news ?? 0 })}</div>}
              {visit.person.may(listOffers.needs) && (
                <a href={`/firmware/images?source=${encodeURIComponent(id)}`}>{t("seeOffers")}</a>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

function Offers({ visit, source, rows }: { visit: Visit; source: string; rows: readonly Offer[] }) {
  const t = IMAGES.in(visit.language);
  const mayTake = visit.person.may(takeImage.needs);
  return (
    <Card title={t("offersOf", { source })} flush>
      <Table
        caption={t("offersOf", { source })}
        rows={rows}
        empty={<Empty icon="inbox" title={t("none")} />}
        columns={[
          { head: t("target"), cell: ({ target }) => <span class="mono">{target}</span> },
          { head: t("version"), cell: ({ claim }) => claim.version },
          {
            head: t("here"),
            cell: ({ state, verdict }) =>
              verdict.outcome === "refused"
                ? (
                  <>
                    <State tone="bad">{t("outcome.refused")}</State>
                    <div class="small muted" lang="en">{verdict.why}</div>
                  </>
                )
                : (
                  <State tone={state === "verified" ? "good" : "off"}>
                    {state === null ? t("notHere") : <span lang="en">{state}</span>}
                  </State>
                ),
          },
          {
            head: t("take"),
            cell: ({ target, state, verdict }) =>
              mayTake && state === null && verdict.outcome !== "refused"
                ? (
                  <Form action="/firmware/images/take" token={visit.token}>
                    <input type="hidden" name="source" value={source} />
                    <input type="hidden" name="target" value={target} />
                    <Submit small kind="quiet">{t("take")}</Submit>
                  </Form>
                )
                : "–",
          },
        ]}
      />
    </Card>
  );
}

function FetchForm({ visit }: { visit: Visit }) {
  const t = IMAGES.in(visit.language);
  return (
    <Disclosure summary={t("fetch")}>
      <Form action="/firmware/images/fetch" token={visit.token}>
        <Field name="url" label={t("url")} type="url" required />
        <Field name="vendor" label={t("vendor")} hint={t("vendorHint")} required maxlength={48} />
        <Field name="version" label={t("version")} required maxlength={100} />
        <Field name="models" label={t("models")} hint={t("modelsHint")} />
        <Field name="sha256" label={t("sha256")} hint={t("sha256Hint")} mono maxlength={64} />
        <Field name="signature" label={t("signature")} hint={t("signatureHint")} mono rows={3} />
        <Field name="certificate" label={t("certificate")} mono rows={5} />
        <Submit>{t("look")}</Submit>
      </Form>
    </Disclosure>
  );
}
