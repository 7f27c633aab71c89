import {
  abortCampaign,
  approveCampaign,
  type CampaignReport,
  pauseCampaign,
  releaseCampaign,
  resumeCampaign,
  startCampaign,
} from "../../api/campaigns.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Notice } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { campaignPath } from "./campaigns.tsx";
import { CAMPAIGNS } from "./texts.ts";

/** A ring that waits for a person. */
export function HoldNotice({ visit, report: { id, state, holds } }: { visit: Visit; report: CampaignReport }) {
  if (holds === "" || state !== "running") return null;
  const t = CAMPAIGNS.in(visit.language);
  return (
    <Notice tone="warn" title={t("holds", { ring: holds })}>
      {visit.person.may(releaseCampaign.needs) && (
        <Form action={`${campaignPath(id)}/release`} token={visit.token}>
          <Submit>{t("release")}</Submit>
        </Form>
      )}
    </Notice>
  );
}

/** What can be done with a campaign now, by whom it may be done. */
export function CampaignForms({ visit, report: { id, state } }: { visit: Visit; report: CampaignReport }) {
  const t = CAMPAIGNS.in(visit.language), { token, person } = visit, path = campaignPath(id);
  const may = (needs: string, ...states: string[]) => states.includes(state) && person.may(needs);
  return (
    <>
      {may(approveCampaign.needs, "draft") && (
        <Form action={`${path}/approve`} token={token}>
          <Submit>{t("approve")}</Submit>
        </Form>
      )}
      {may(startCampaign.needs, "approved") && (
        <Form action={`${path}/start`} token={token}>
          <Submit>{t("start")}</Submit>
        </Form>
      )}
      {may(pauseCampaign.needs, "running") && (
        <Form action={`${path}/pause`} token={token}>
          <Submit kind="quiet">{t("pause")}</Submit>
        </Form>
      )}
      {may(resumeCampaign.needs, "paused") && (
        <>
          <Form action={`${path}/resume`} token={token}>
            <Submit>{t("resume")}</Submit>
          </Form>
          <Form action={`${path}/resume`} token={token}>
            <Submit kind="quiet" name="retryFailed" value="yes">{t("retry")}</Submit>
          </Form>
        </>
      )}
      {may(abortCampaign.needs, "draft", "approved", "running", "paused") && (
        <Disclosure summary={t("abort")} kind="danger">
          <p>{t("abortNote")}</p>
          <Form action={`${path}/abort`} token={token}>
            <Field name="because" label={t("because")} maxlength={200} />
            <Submit kind="danger">{t("abort")}</Submit>
          </Form>
        </Disclosure>
      )}
    </>
  );
}
