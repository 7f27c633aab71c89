import { discardUpload, type JudgedFile, judgeUpload, keepUpload } from "../../api/firmware_uploads.ts";
import { Disclosure, Field, FileField, Form, Submit } from "../../components/form.tsx";
import { Card, Facts, PageHead } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { FILE_FIELD } from "../../upload/receive_file.ts";
import { act, fileAct } from "../act.ts";
import type { Page } from "../page.ts";
import { IMAGES } from "./texts.ts";
import { UPLOADS } from "./upload_texts.ts";
import { VerdictChain } from "./verdict_chain.tsx";

const PATH = "/firmware/images/upload";

/** What was said about a file, as the operations take it. */
type Said = Readonly<Record<string, unknown>> & { readonly upload: string; readonly fileName: string };

/** Bringing an image, a ZIP or a bundle: the file waits in quarantine, the verdict is shown, a second form takes it. */
export const upload: Page = {
  path: PATH,
  title: { en: "Bring a file", de: "Datei bringen" },
  needs: judgeUpload.needs,
  show: (visit) => {
    const t = UPLOADS.in(visit.language);
    return Promise.resolve({
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} crumb={crumbOf(visit)} lead={t("lead")} />
          <Card title={t("image")} lead={t("imageLead")}>
            <ImageForm visit={visit} />
          </Card>
          <Card title={t("bundle")} lead={t("bundleLead")}>
            <Form action={PATH} token={visit.token} sendsFile>
              <FileField name={FILE_FIELD} label={t("bundleFile")} accept=".fwb" scope="bundle" required />
              <Submit>{t("look")}</Submit>
            </Form>
          </Card>
        </div>
      ),
    });
  },
  acts: [
    fileAct(PATH, judgeUpload, (visit, judged, said) => verdicts(visit, judged, said)),
    act(`${PATH}/keep`, keepUpload, (visit, judged, said) => {
      const t = UPLOADS.in(visit.language), { stored, images } = judged, [only] = stored;
      if (only === undefined) return verdicts(visit, judged, said);
      const text = t("stored", { count: stored.length, all: images.length });
      const see = images.length === 1 ? `/firmware/images/${only}` : "/firmware/images";
      return { see, flash: { tone: "good", text } };
    }),
    act(`${PATH}/discard`, discardUpload, (visit) => ({
      see: "/firmware/images",
      flash: { tone: "good", text: UPLOADS.in(visit.language)("discarded") },
    })),
  ],
};

const crumbOf = ({ language }: Visit) => ({ href: "/firmware/images", text: IMAGES.in(language)("title") });

function ImageForm({ visit: { language, token } }: { visit: Visit }) {
  const t = UPLOADS.in(language);
  return (
    <Form action={PATH} token={token} sendsFile>
      <FileField name={FILE_FIELD} label={t("imageFile")} hint={t("imageFileHint")} required />
      <ClaimFields language={language} />
      <FileField name="signature" label={t("signature")} hint={t("signatureHint")} />
      <FileField name="certificate" label={t("certificate")} hint={t("certificateHint")} />
      <FileField name="minisig" label={t("minisig")} accept=".minisig" />
      <Submit>{t("look")}</Submit>
    </Form>
  );
}

/** What a person types about an image. */
function ClaimFields({ language, said = {} }: Pick<Visit, "language"> & { said?: Readonly<Record<string, unknown>> }) {
  const t = IMAGES.in(language), u = UPLOADS.in(language);
  const value = (name: string) => typeof said[name] === "string" ? { value: said[name] } : {};
  return (
    <>
      <Field {...value("vendor")} name="vendor" label={t("vendor")} hint={t("vendorHint")} required maxlength={48} />
      <Field
        {...value("version")}
        name="version"
        label={t("version")}
        hint={u("versionHint")}
        required
        maxlength={100}
      />
      <Field {...value("models")} name="models" label={t("models")} hint={t("modelsHint")} />
      <Field {...value("sha256")} name="sha256" label={t("sha256")} hint={t("sha256Hint")} mono maxlength={64} />
      <Field {...value("entry")} name="entry" label={u("entry")} hint={u("entryHint")} />
    </>
  );
}

/** The chain of every image in the file; nothing of it is stored. */
function verdicts(visit: Visit, { images }: JudgedFile, said: Said): Answer {
  const t = UPLOADS.in(visit.language), isBundle = /\.fwb$/i.test(said.fileName);
  const isTakeable = images.some(({ verdict }) => verdict.outcome !== "refused");
  return {
    title: IMAGES.in(visit.language)("verdict"),
    body: (
      <div class="stack">
        <PageHead title={said.fileName} crumb={crumbOf(visit)} lead={t("noneStored")}>
          {isTakeable && (
            <Form action={`${PATH}/keep`} token={visit.token}>
              <Carried said={said} />
              <Submit>{t(isBundle ? "keepAll" : "keep")}</Submit>
            </Form>
          )}
          <Form action={`${PATH}/discard`} token={visit.token} inline>
            <input type="hidden" name="upload" value={said.upload} />
            <Submit kind="quiet">{t("discard")}</Submit>
          </Form>
          {!isBundle && (
            <Disclosure summary={t("correct")}>
              <Form action={PATH} token={visit.token}>
                <Carried said={said} without={["vendor", "version", "models", "sha256", "entry"]} />
                <ClaimFields language={visit.language} said={said} />
                <Submit>{t("lookAgain")}</Submit>
              </Form>
            </Disclosure>
          )}
        </PageHead>
        {images.map((image) => <OneVerdict visit={visit} image={image} />)}
      </div>
    ),
  };
}

function OneVerdict({ visit, image }: { visit: Visit; image: JudgedFile["images"][number] }) {
  const { target, sha256, sizeBytes, verdict } = image, t = IMAGES.in(visit.language);
  return (
    <>
      <Card {...target === undefined ? {} : { title: target }}>
        <Facts
          rows={[
            sha256 === "" ? undefined : ["SHA-256", <span class="mono">{sha256}</span>],
            [t("size"), `${sizeBytes} B`],
          ]}
        />
      </Card>
      <VerdictChain visit={visit} verdict={verdict} />
    </>
  );
}

/** What was said goes along, so that nothing has to be typed again. */
function Carried({ said, without = [] }: { said: Said; without?: readonly string[] }) {
  const kept = Object.entries(said).filter(([name, value]) => typeof value === "string" && !without.includes(name));
  return <>{kept.map(([name, value]) => <input type="hidden" name={name} value={String(value)} />)}</>;
}
