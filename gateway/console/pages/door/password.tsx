import type { Hono } from "hono";
import { Field } from "../../components/form.tsx";
import { Notice } from "../../components/parts.tsx";
import type { PasswordRules } from "../../../core/people_api.ts";
import type { ConsoleParts } from "../../parts.ts";
import { doorForm, type DoorVisit, doorVisit, faultNotice, faultStatus, Hidden, showDoor } from "./door_kit.tsx";
import { SignOut } from "./factor.tsx";
import { tryStep } from "./sign_in.tsx";

/** The forced change of a temporary password (EV-12). */
export function mountPassword(app: Hono, parts: ConsoleParts): void {
  app.get("/login/password", async (context) => await showPassword(doorVisit(parts, context)));
  app.post("/login/password", async (context) => {
    const visit = doorVisit(parts, context);
    const { caller } = visit;
    if (!caller) return context.redirect("/login", 303);
    const field = await doorForm(context);
    if (field("next-password") !== field("again")) return await showPassword(visit, undefined, true);
    return await tryStep(
      visit,
      field,
      (error) => showPassword(visit, error),
      () => parts.control.call("people.password.change", { by: caller, next: field("next-password") }),
    );
  });
}

async function showPassword(visit: DoorVisit, error?: unknown, differ = false): Promise<Response> {
  const { t, parts, caller, context, query } = visit;
  if (!caller) return context.redirect("/login", 303);
  const { rules } = await parts.control.call("people.password.rules", {});
  const body = (
    <>
      <h1>{t("chooseTitle")}</h1>
      <p class="muted">{t("chooseLead")}</p>
      {error !== undefined && faultNotice(visit, error)}
      {differ && <Notice tone="bad" live>{t("notAlike")}</Notice>}
      <form method="post" action="/login/password">
        <Hidden visit={visit} next={query.get("next")} />
        <div class="fields">
          <NewPasswordFields visit={visit} rules={rules} />
          <button type="submit" class="button wide">{t("change")}</button>
        </div>
      </form>
      <SignOut visit={visit} />
    </>
  );
  const status = differ ? 422 : error === undefined ? 200 : faultStatus(error);
  return await showDoor(visit, t("chooseTitle"), body, { status });
}

/** Two fields for a new password, with the rules in force. */
export function NewPasswordFields({ visit: { t }, rules }: { visit: Pick<DoorVisit, "t">; rules: PasswordRules }) {
  const hint = (
    <>
      {t("preset", { preset: rules.preset })}
      <br />
      <span lang="en">{rules.rules.join(" · ")}</span>
    </>
  );
  const shared = {
    type: "password",
    autocomplete: "new-password",
    required: true,
    maxlength: rules.maxLength,
  } as const;
  return (
    <>
      <Field name="next-password" label={t("newPassword")} hint={hint} {...shared} />
      <Field name="again" label={t("newAgain")} {...shared} />
    </>
  );
}
