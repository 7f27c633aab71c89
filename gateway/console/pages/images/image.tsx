import {
  exportImage,
  type OneImage,
  readImage,
  releaseImage,
  removeImage,
  verifyImage,
  withdrawImage,
} from "../../api/images.ts";
import { planCampaign } from "../../api/campaigns.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Facts, PageHead, State } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { STATE_TONES } from "./images.tsx";
import { IMAGES } from "./texts.ts";
import { VerdictChain } from "./verdict_chain.tsx";

const said = (_visit: Visit, { text }: { text: string }, { image }: { image: string }) => ({
  see: `/firmware/images/${encodeURIComponent(image)}`,
  flash: { tone: "good" as const, text },
});

/** One image: what it is, the chain that led to where it stands, and what can be done. */
export const image: Page = {
  path: "/firmware/images/:image",
  title: { en: "Firmware image", de: "Firmware-Image" },
  needs: readImage.needs,
  show: async (visit) => {
    const t = IMAGES.in(visit.language);
    const { image, papers } = await readImage.call(visit.person, { image: visit.params["image"]! });
    const title = `${image.vendor} ${image.version}`;
    return {
      title,
      body: (
        <div class="stack">
          <PageHead title={title} crumb={{ href: "/firmware/images", text: t("title") }} lead={image.fileName}>
            <Acts visit={visit} image={image} />
          </PageHead>
          {papers && <VerdictChain visit={visit} verdict={papers.verdict} />}
          <Card title={t("facts")}>
            <ImageFacts visit={visit} image={image} />
          </Card>
          {papers?.notes !== undefined && (
            <Card title={t("notes")}>
              <pre lang="en">{papers.notes}</pre>
            </Card>
          )}
          {papers?.sbom !== undefined && (
            <Card title={t("sbom")}>
              <Disclosure summary={t("sbom")}>
                <pre lang="en">{papers.sbom}</pre>
              </Disclosure>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/firmware/images/:image/release", releaseImage, said),
    act("/firmware/images/:image/withdraw", withdrawImage, said),
    act("/firmware/images/:image/verify", verifyImage, said),
    act("/firmware/images/:image/remove", removeImage, (_visit, { text }) => ({
      see: "/firmware/images",
      flash: { tone: "good", text },
    })),
  ],
};

function ImageFacts({ visit, image }: { visit: Visit; image: OneImage["image"] }) {
  const t = IMAGES.in(visit.language);
  return (
    <Facts
      rows={[
        [t("state"), <State tone={STATE_TONES[image.state]}>{t(`state.${image.state}`)}</State>],
        image.why === undefined ? undefined : [t("why"), <span lang="en">{image.why}</span>],
        ["SHA-256", <span class="mono">{image.sha256}</span>],
        [t("size"), `${image.sizeBytes} B`],
        [t("models"), image.models.length === 0 ? t("anyModel") : image.models.join(", ")],
        [
          t("provedBy"),
          image.evidence.length === 0 ? t("nothing") : <span lang="en">{image.evidence.join(" + ")}</span>,
        ],
        [t("from"), <span lang="en">{image.source}</span>],
        [t("by"), image.who],
        image.releasedBy.length === 0 ? undefined : [t("vouched"), image.releasedBy.join(", ")],
        [t("added"), <Ago at={image.addedAt} style={visit.time} />],
      ]}
    />
  );
}

function Acts({ visit, image }: { visit: Visit; image: OneImage["image"] }) {
  const t = IMAGES.in(visit.language);
  const base = `/firmware/images/${image.sha256}`;
  const isWaiting = image.state === "held" || image.state === "withdrawn";
  const { person, token } = visit;
  return (
    <>
      {image.state === "verified" && person.may(planCampaign.needs) && (
        <a class="button" href={`/campaigns?image=${image.sha256}`}>{t("rollOut")}</a>
      )}
      {image.state === "verified" && person.may(exportImage.needs) && (
        <a class="button quiet" href={`${base}/file`}>{t("takeFile")}</a>
      )}
      {person.may(verifyImage.needs) && (
        <Form action={`${base}/verify`} token={token} inline>
          <Submit kind="quiet">{t("verify")}</Submit>
        </Form>
      )}
      {isWaiting && person.may(releaseImage.needs) && (
        <Disclosure summary={t("release")}>
          <p>{t("releaseLead")}</p>
          <Form action={`${base}/release`} token={token}>
            <Field name="hash" label={t("hash")} mono required maxlength={80} autocomplete="off" />
            <Field name="because" label={t("because")} scope="release" required maxlength={200} />
            <Submit>{t("release")}</Submit>
          </Form>
        </Disclosure>
      )}
      {image.state === "verified" && person.may(withdrawImage.needs) && (
        <Disclosure summary={t("withdraw")} kind="danger">
          <Form action={`${base}/withdraw`} token={token}>
            <Field name="because" label={t("because")} scope="withdraw" required maxlength={200} />
            <Submit kind="danger">{t("withdraw")}</Submit>
          </Form>
        </Disclosure>
      )}
      {isWaiting && person.may(removeImage.needs) && (
        <Form action={`${base}/remove`} token={token} inline>
          <Submit kind="danger">{t("remove")}</Submit>
        </Form>
      )}
    </>
  );
}
