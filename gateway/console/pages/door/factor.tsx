import type { Hono } from "hono";
import type { FactorMethod } from "../../../core/people_api.ts";
import { Disclosure, Field } from "../../components/form.tsx";
import { Icon } from "../../components/icon.tsx";
import { readJson } from "../../http/proof.ts";
import type { ConsoleParts } from "../../parts.ts";
import { doorForm, type DoorVisit, doorVisit, faultNotice, faultStatus, Hidden, showDoor } from "./door_kit.tsx";
import { tryStep } from "./sign_in.tsx";
import { PasskeyFields } from "./step_up.tsx";

/** The second step of a login: passkey, code or recovery code. */
export function mountFactor(app: Hono, parts: ConsoleParts): void {
  app.get("/login/factor", async (context) => await showFactor(doorVisit(parts, context)));
  app.post("/login/factor/code", async (context) => await answer(parts, context, "totp"));
  app.post("/login/factor/recovery", async (context) => await answer(parts, context, "recovery"));
  app.post("/login/factor/passkey", async (context) => {
    const { caller, source } = doorVisit(parts, context);
    return context.json(
      await parts.control.call("people.login.passkey.begin", { ...caller ? { by: caller } : {}, source }),
    );
  });
  app.post("/login/factor/passkey/finish", async (context) => await answer(parts, context, "passkey"));
}

async function answer(
  parts: ConsoleParts,
  context: Parameters<typeof doorVisit>[1],
  way: "passkey" | "recovery" | "totp",
): Promise<Response> {
  const visit = doorVisit(parts, context);
  const { caller, source, agent } = visit;
  if (!caller) return context.redirect("/login", 303);
  const field = await doorForm(context);
  const code = field("code").replaceAll(" ", ""); // people type it in two groups of three
  const run = () => {
    if (way === "totp") return parts.control.call("people.login.totp", { by: caller, code });
    if (way === "recovery") {
      return parts.control.call("people.login.recovery", { by: caller, code: field("recovery").trim() });
    }
    const response = readJson(field("response")) ?? null;
    const args = { by: caller, ceremony: field("ceremony"), response, source, agent };
    return parts.control.call("people.login.passkey.finish", args);
  };
  return await tryStep(visit, field, (error) => showFactor(visit, error, field("next")), run);
}

function showFactor(visit: DoorVisit, error?: unknown, next?: string): Response | Promise<Response> {
  const { t, query, caller, context } = visit;
  if (!caller) return context.redirect("/login", 303);
  const ways = query.get("ways")?.split(",") ?? ["passkey", "totp", "recovery-code"];
  const has = (way: FactorMethod) => ways.includes(way);
  const hidden = <Hidden visit={visit} next={next ?? query.get("next")} />;
  const body = (
    <>
      <h1>{t("factorTitle")}</h1>
      <p class="muted">{t("factorLead")}</p>
      {error !== undefined && faultNotice(visit, error)}
      {has("passkey") && (
        <form method="post" action="/login/factor/passkey/finish" data-passkey="/login/factor/passkey" hidden>
          {hidden}
          <PasskeyFields />
          <button type="submit" class="button wide">
            <Icon name="key" />
            {t("usePasskey")}
          </button>
          <p class="small" data-passkey-fault hidden role="alert">{t("passkeyFault")}</p>
        </form>
      )}
      {has("totp") && (
        <form method="post" action="/login/factor/code">
          {hidden}
          <div class="fields">
            <Field
              name="code"
              label={t("code")}
              hint={t("codeHint")}
              inputmode="numeric"
              autocomplete="one-time-code"
              maxlength={7}
              mono
              required
              autofocus
            />
            <button type="submit" class="button wide">{t("next")}</button>
          </div>
        </form>
      )}
      {has("recovery-code") && (
        <Disclosure summary={t("recovery")} small>
          <p class="small">{t("recoveryLead")}</p>
          <form method="post" action="/login/factor/recovery">
            {hidden}
            <div class="fields">
              <Field name="recovery" label={t("recovery")} maxlength={100} required />
              <button type="submit" class="button quiet">{t("useRecovery")}</button>
            </div>
          </form>
        </Disclosure>
      )}
      <SignOut visit={visit} />
    </>
  );
  return showDoor(visit, t("factorTitle"), body, { status: error === undefined ? 200 : faultStatus(error) });
}

/** Ends a login that was begun. */
export function SignOut({ visit }: { visit: DoorVisit }) {
  return (
    <form method="post" action="/logout">
      <Hidden visit={visit} />
      <button type="submit" class="button quiet small">{visit.t("startOver")}</button>
    </form>
  );
}
