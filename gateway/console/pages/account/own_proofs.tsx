import type { Context, Hono } from "hono";
import { Field, Form, Submit, TOKEN_FIELD } from "../../components/form.tsx";
import { Icon } from "../../components/icon.tsx";
import { Card, Notice, PageHead } from "../../components/parts.tsx";
import { Qr } from "../../components/qr.tsx";
import type { Answer, Visit } from "../../context.ts";
import { refusalOf } from "../../http/fault.ts";
import { readJson, textOf } from "../../http/proof.ts";
import { type PageKit, postedForm } from "../../http/pages.tsx";
import { callerOf, keepToken } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";
import { cameByAddress } from "../../http/security.ts";
import { PasskeyFields } from "../door/step_up.tsx";
import { SIGN_IN } from "../door/texts.ts";
import { ACCOUNT } from "./texts.ts";

/**
 * Changing what proves the own person. Each step gives the session a new token, so these are not acts of the REST API: a
 * session belongs to a browser.
 */
export function mountOwnProofs(app: Hono, parts: ConsoleParts, kit: PageKit): void {
  const crumb = (visit: Visit) => ({ href: "/account", text: ACCOUNT.in(visit.language)("title") });
  app.get("/account/password", (context) => kit(context, (visit) => showPassword(parts, visit, crumb(visit))));
  app.post("/account/password", (context) =>
    kit(context, async (visit) => {
      const form = await postedForm(context);
      const next = textOf(form, "next-password") ?? "";
      if (next !== textOf(form, "again")) {
        return await showPassword(parts, visit, crumb(visit), SIGN_IN.in(visit.language)("notAlike"));
      }
      return await tryIt(context, parts, visit, "passwordChanged", (by) =>
        parts.control.call("people.password.change", { by, current: textOf(form, "password") ?? "", next }), (fault) =>
        showPassword(parts, visit, crumb(visit), fault));
    }));
  app.get("/account/enrol", (context) => kit(context, (visit) => showEnrol(parts, context, visit, crumb(visit))));
  app.post(
    "/account/enrol/passkey",
    (context) => kit(context, async (visit) => await visit.person.ask("people.passkey.begin", {})),
  );
  app.post("/account/enrol/passkey/finish", (context) =>
    kit(context, async (visit) => {
      const form = await postedForm(context);
      const ceremony = textOf(form, "ceremony") ?? "", label = textOf(form, "label") ?? "Passkey";
      const response = readJson(textOf(form, "response")) ?? null;
      return await tryIt(context, parts, visit, "addedPasskey", (by) =>
        parts.control.call("people.passkey.finish", { by, ceremony, response, label }), (fault) =>
        showEnrol(parts, context, visit, crumb(visit), fault));
    }));
  app.post("/account/enrol/code", (context) =>
    kit(context, async (visit) => {
      const form = await postedForm(context);
      const code = (textOf(form, "code") ?? "").replaceAll(" ", "");
      const why = textOf(form, "why");
      const proof = { code, ...why === undefined ? {} : { whyNoPasskey: why } };
      return await tryIt(context, parts, visit, "addedTotp", (by) =>
        parts.control.call("people.totp.finish", { by, ...proof }), (fault) =>
        showEnrol(parts, context, visit, crumb(visit), fault));
    }));
  app.post("/account/step-up/passkey", (context) =>
    kit(context, async () => {
      const by = callerOf(parts, context)!;
      return await parts.control.call("people.login.passkey.begin", { by, source: by.source });
    }));
}

type Crumb = { readonly href: string; readonly text: string };

/** Runs a step that gives a new token; what it refuses with stands on the page that asked. */
async function tryIt(
  context: Context,
  parts: ConsoleParts,
  visit: Visit,
  said: "addedPasskey" | "addedTotp" | "passwordChanged",
  step: (by: NonNullable<ReturnType<typeof callerOf>>) => Promise<Parameters<typeof keepToken>[1]>,
  again: (fault: string) => Promise<Answer>,
): Promise<Answer> {
  try {
    keepToken(context, await step(callerOf(parts, context)!));
    return { see: "/account", flash: { tone: "good", text: ACCOUNT.in(visit.language)(said) } };
  } catch (error) {
    const { what, next, status } = refusalOf(error);
    if (status >= 500) throw error;
    return await again([what, next].filter((part) => part).join(". "));
  }
}

async function showPassword(parts: ConsoleParts, visit: Visit, crumb: Crumb, fault?: string): Promise<Answer> {
  const t = ACCOUNT.in(visit.language), door = SIGN_IN.in(visit.language);
  const { rules } = await parts.control.call("people.password.rules", {});
  const shared = { type: "password", required: true, maxlength: rules.maxLength } as const;
  const body = (
    <div class="stack">
      <PageHead title={t("passwordChange")} crumb={crumb} />
      {fault && <Notice tone="bad" live>{fault}</Notice>}
      <Card>
        <Form action="/account/password" token={visit.token}>
          <Field name="password" label={t("passwordNow")} type="password" autocomplete="current-password" required />
          <Field
            name="next-password"
            label={door("newPassword")}
            hint={rules.rules.join(" · ")}
            autocomplete="new-password"
            {...shared}
          />
          <Field name="again" label={door("newAgain")} autocomplete="new-password" {...shared} />
          <Submit>{t("passwordChange")}</Submit>
        </Form>
      </Card>
    </div>
  );
  return { title: t("passwordChange"), body, ...fault ? { status: 422 } : {} };
}

async function showEnrol(
  parts: ConsoleParts,
  context: Context,
  visit: Visit,
  crumb: Crumb,
  fault?: string,
): Promise<Answer> {
  const t = ACCOUNT.in(visit.language), door = SIGN_IN.in(visit.language);
  const [options, totp] = await Promise.all([
    parts.control.call("people.login.options", {}),
    visit.person.ask("people.totp.begin", {}),
  ]);
  const passkeys = options.passkeys && !cameByAddress(context.req.header("host"));
  const body = (
    <div class="stack">
      <PageHead title={t("factors")} lead={t("factorsLead")} crumb={crumb} />
      {fault && <Notice tone="bad" live>{fault}</Notice>}
      <div class="columns">
        {passkeys
          ? (
            <Card title={t("addPasskey")} lead={door("enrolPasskeyLead")}>
              <form method="post" action="/account/enrol/passkey/finish" data-passkey="/account/enrol/passkey" hidden>
                <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
                <PasskeyFields />
                <div class="fields">
                  <Field
                    name="label"
                    label={door("enrolPasskeyName")}
                    placeholder={door("enrolPasskeyPlace")}
                    maxlength={64}
                  />
                  <button type="submit" class="button">
                    <Icon name="key" />
                    {t("addPasskey")}
                  </button>
                </div>
                <p class="small" data-passkey-fault hidden role="alert">{door("passkeyFault")}</p>
              </form>
            </Card>
          )
          : <Notice tone="info">{door("noPasskey", { hostname: parts.hostname() })}</Notice>}
        <Card title={t("addTotp")}>
          <Form action="/account/enrol/code" token={visit.token}>
            <p class="muted">{door("enrolTotpLead")}</p>
            <Qr text={totp.uri} label={t("totp")} />
            <div>
              <span class="small muted">{door("enrolSecret")}</span>
              <code class="secret">{totp.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
            </div>
            <Field
              name="code"
              label={door("code")}
              inputmode="numeric"
              autocomplete="one-time-code"
              maxlength={7}
              mono
              required
            />
            {passkeys && (
              <Field name="why" label={door("whyNoPasskey")} hint={door("whyNoPasskeyHint")} maxlength={200} />
            )}
            <Submit>{t("addTotp")}</Submit>
          </Form>
        </Card>
      </div>
    </div>
  );
  return { title: t("factors"), body, ...fault ? { status: 422 } : {} };
}
