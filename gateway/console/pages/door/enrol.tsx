import type { Hono } from "hono";
import { Disclosure, Field } from "../../components/form.tsx";
import { Icon } from "../../components/icon.tsx";
import { Card, Notice } from "../../components/parts.tsx";
import { Qr } from "../../components/qr.tsx";
import { readJson } from "../../http/proof.ts";
import type { ConsoleParts } from "../../parts.ts";
import {
  doorForm,
  type DoorVisit,
  doorVisit,
  faultNotice,
  faultStatus,
  Hidden,
  loginOptions,
  showDoor,
} from "./door_kit.tsx";
import { SignOut } from "./factor.tsx";
import { tryStep } from "./sign_in.tsx";
import { PasskeyFields } from "./step_up.tsx";

/** Where somebody who must have a second factor sets it up, as part of the login. */
export function mountEnrol(app: Hono, parts: ConsoleParts): void {
  app.get("/login/enrol", async (context) => await showEnrol(doorVisit(parts, context)));
  app.post("/login/enrol/passkey", async (context) => {
    const { caller } = doorVisit(parts, context);
    if (!caller) return context.json({ error: "no login has begun" }, 401);
    return context.json(await parts.control.call("people.passkey.begin", { by: caller }));
  });
  app.post("/login/enrol/passkey/finish", async (context) => await finish(parts, context, "passkey"));
  app.post("/login/enrol/code", async (context) => await finish(parts, context, "totp"));
}

async function finish(
  parts: ConsoleParts,
  context: Parameters<typeof doorVisit>[1],
  way: "passkey" | "totp",
): Promise<Response> {
  const visit = doorVisit(parts, context);
  const { caller: by } = visit;
  if (!by) return context.redirect("/login", 303);
  const field = await doorForm(context);
  const run = () => {
    if (way === "passkey") {
      const response = readJson(field("response")) ?? null;
      const label = field("label") || "Passkey";
      return parts.control.call("people.passkey.finish", { by, ceremony: field("ceremony"), response, label });
    }
    const why = field("why") === "" ? {} : { whyNoPasskey: field("why") };
    return parts.control.call("people.totp.finish", { by, code: field("code").replaceAll(" ", ""), ...why });
  };
  return await tryStep(visit, field, (error) => showEnrol(visit, error, field("next")), run);
}

async function showEnrol(visit: DoorVisit, error?: unknown, next?: string): Promise<Response> {
  const { t, parts, caller, context, query } = visit;
  if (!caller) return context.redirect("/login", 303);
  const [options, totp] = await Promise.all([
    loginOptions(visit),
    parts.control.call("people.totp.begin", { by: caller }),
  ]);
  const hidden = <Hidden visit={visit} next={next ?? query.get("next")} />;
  const app = <AppForm visit={visit} totp={totp} passkeys={options.passkeys} hidden={hidden} />;
  const body = (
    <>
      <h1>{t("enrolTitle")}</h1>
      <p class="muted">{t("enrolLead")}</p>
      {error !== undefined && faultNotice(visit, error)}
      {options.passkeys
        ? (
          <>
            <Card title={t("enrolPasskey")} lead={t("enrolPasskeyLead")}>
              <form method="post" action="/login/enrol/passkey/finish" data-passkey="/login/enrol/passkey" hidden>
                {hidden}
                <PasskeyFields />
                <div class="fields">
                  <Field
                    name="label"
                    label={t("enrolPasskeyName")}
                    placeholder={t("enrolPasskeyPlace")}
                    maxlength={64}
                  />
                  <button type="submit" class="button">
                    <Icon name="key" />
                    {t("enrolPasskeyGo")}
                  </button>
                </div>
                <p class="small" data-passkey-fault hidden role="alert">{t("passkeyFault")}</p>
              </form>
            </Card>
            <Disclosure summary={t("enrolTotp")}>{app}</Disclosure>
          </>
        )
        : (
          <>
            <Notice tone="info">{t("noPasskey", { hostname: parts.hostname() })}</Notice>
            <Card title={t("enrolTotp")}>{app}</Card>
          </>
        )}
      <SignOut visit={visit} />
    </>
  );
  const status = error === undefined ? 200 : faultStatus(error);
  return await showDoor(visit, t("enrolTitle"), body, { status, wide: true });
}

function AppForm(
  { visit: { t }, totp, passkeys, hidden }: {
    visit: DoorVisit;
    totp: { readonly secret: string; readonly uri: string };
    passkeys: boolean;
    hidden: unknown;
  },
) {
  return (
    <form method="post" action="/login/enrol/code">
      {hidden as never}
      <div class="fields">
        <p class="muted">{t("enrolTotpLead")}</p>
        <Qr text={totp.uri} label={t("enrolTotp")} />
        <div>
          <span class="small muted">{t("enrolSecret")}</span>
          <code class="secret">{totp.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
        </div>
        <Field
          name="code"
          label={t("code")}
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength={7}
          mono
          required
        />
        {passkeys && (
          <Field name="why" label={t("whyNoPasskey")} hint={t("whyNoPasskeyHint")} maxlength={200} required />
        )}
        <button type="submit" class="button">{t("enrolTotpGo")}</button>
      </div>
    </form>
  );
}
