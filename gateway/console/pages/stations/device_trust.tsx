import { approveDevicePin, type DevicePin, readDevicePin, retryDeviceLogin } from "../../api/device_trust.ts";
import { Checkbox, Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, Facts, Notice } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { DEVICE_TRUST } from "./device_trust_texts.ts";

interface Props {
  readonly visit: Visit;
  readonly station: string;
}

const pathOf = (station: string, verb: string) => `/stations/${encodeURIComponent(station)}/device/${verb}`;

/** Which certificate of a controller's pages counts, another one that waits for a person, and tries that are given back. */
export async function TrustCard({ visit, station }: Props) {
  const { person, token, language } = visit, t = DEVICE_TRUST.in(language);
  const pin = person.may(readDevicePin.needs) ? await readDevicePin.call(person, { station }) : undefined;
  const mayRetry = person.may(retryDeviceLogin.needs);
  if (!pin && !mayRetry) return null;
  return (
    <Card title={t("title")} lead={t("lead")} id="certificate">
      {pin && <Pin visit={visit} station={station} pin={pin} />}
      {mayRetry && (
        <Disclosure summary={t("retry")}>
          <p class="small">{t("retryLead")}</p>
          <Form action={pathOf(station, "login-retry")} token={token}>
            <Submit>{t("retry")}</Submit>
          </Form>
        </Disclosure>
      )}
    </Card>
  );
}

function Pin({ visit, station, pin: { approved, presented } }: Props & { readonly pin: DevicePin }) {
  const t = DEVICE_TRUST.in(visit.language);
  return (
    <>
      {presented && <Notice tone={approved ? "bad" : "warn"}>{t(approved ? "changed" : "waiting")}</Notice>}
      <Facts
        rows={[
          [
            t("approved"),
            approved
              ? (
                <>
                  <Fingerprint of={approved} />
                  <div class="small muted">
                    {approved.source === "file" ? t("byFile") : t("byPerson", { who: approved.by ?? "?" })}
                    {approved.at !== undefined && (
                      <>
                        , <Time at={approved.at} style={visit.time} dateOnly />
                      </>
                    )}
                  </div>
                </>
              )
              : t("none"),
          ],
          [
            t("presented"),
            presented
              ? (
                <>
                  <Fingerprint of={presented} />
                  <div class="small muted">
                    {t("seen")} <Time at={presented.at} style={visit.time} />
                  </div>
                </>
              )
              : <span class="muted">{t("nothingElse")}</span>,
          ],
        ]}
      />
      {presented && visit.person.may(approveDevicePin.needs) && (
        <Form action={pathOf(station, "certificate")} token={visit.token}>
          <input type="hidden" name="fingerprint" value={presented.fingerprint} />
          <Checkbox name="compared" label={t("compared")} required />
          <Submit>{t("approve")}</Submit>
        </Form>
      )}
    </>
  );
}

/** Groups of eight digits, to be compared by eye; they break between groups on a phone. */
function Fingerprint({ of: { fingerprint, text } }: { of: { readonly fingerprint: string; readonly text: string } }) {
  return (
    <>
      <span class="mono small">{fingerprint.match(/.{1,8}/g)?.join(" ")}</span>
      <div class="small" lang="en">{text}</div>
    </>
  );
}
