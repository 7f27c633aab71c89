import type { Hono } from "hono";
import { Field } from "../../components/form.tsx";
import { Notice } from "../../components/parts.tsx";
import { defineTexts } from "../../i18n/language.ts";
import type { ConsoleParts } from "../../parts.ts";
import { doorForm, type DoorVisit, doorVisit, faultNotice, faultStatus, Hidden, showDoor } from "./door_kit.tsx";
import { NewPasswordFields } from "./password.tsx";
import { tryStep } from "./sign_in.tsx";

/** Texts of the first start. */
export const SETUP = defineTexts("setup", {
  title: "First start",
  lead:
    "This gateway has no administrator yet. The setup code proves that you are at the box: it stands in the output and the log of its first start.",
  step: "Step {at} of 3: {what}",
  stepPerson: "your account",
  code: "Setup code",
  codeHint: "As printed at the first start, for example with: journalctl -u bulkhead",
  name: "Your name for signing in",
  nameHint: "A person, not a role: every action is recorded under it.",
  go: "Create the first administrator",
  haveAccount: "You have an account already? Sign in",
  next: "Next come a second step for signing in, and a sheet for the safe.",
}, {
  title: "Erster Start",
  lead:
    "Dieses Gateway hat noch keinen Administrator. Der Einrichtungscode beweist, dass Sie an der Box sind: Er steht in der Ausgabe und im Log ihres ersten Starts.",
  step: "Schritt {at} von 3: {what}",
  stepPerson: "Ihr Konto",
  code: "Einrichtungscode",
  codeHint: "Wie beim ersten Start ausgegeben, zum Beispiel mit: journalctl -u bulkhead",
  name: "Ihr Name zum Anmelden",
  nameHint: "Ein Mensch, keine Rolle: Jede Handlung wird unter diesem Namen aufgezeichnet.",
  go: "Ersten Administrator anlegen",
  haveAccount: "Sie haben schon ein Konto? Anmelden",
  next: "Danach kommen ein zweiter Schritt für die Anmeldung und ein Blatt für den Tresor.",
});

/** The first administrator, by the setup code of the first start (invariant 17). */
export function mountSetup(app: Hono, parts: ConsoleParts): void {
  app.get("/setup", async (context) => await showSetup(doorVisit(parts, context)));
  app.post("/setup", async (context) => {
    const visit = doorVisit(parts, context);
    const field = await doorForm(context);
    if (field("next-password") !== field("again")) return await showSetup(visit, undefined, { field, differ: true });
    const { source, agent } = visit;
    const claim = {
      code: field("code").trim(),
      name: field("name").trim(),
      password: field("next-password"),
      ...{ source, agent },
    };
    const toSheet = (name: string) => name === "next" ? "/setup/sheet" : field(name);
    return await tryStep(
      visit,
      toSheet,
      (error) => showSetup(visit, error, { field }),
      () => parts.control.call("people.setup.claim", claim),
    );
  });
}

async function showSetup(
  visit: DoorVisit,
  error?: unknown,
  before?: { field: (name: string) => string; differ?: boolean },
): Promise<Response> {
  const { parts, context, language } = visit;
  const t = SETUP.in(language);
  const [options, { rules }] = await Promise.all([
    parts.control.call("people.login.options", {}),
    parts.control.call("people.password.rules", {}),
  ]);
  if (!options.setup) return context.redirect("/login", 303);
  const body = (
    <>
      <p class="small muted">{t("step", { at: 1, what: t("stepPerson") })}</p>
      <h1>{t("title")}</h1>
      <p class="muted">{t("lead")}</p>
      {error !== undefined && faultNotice(visit, error)}
      {before?.differ && <Notice tone="bad" live>{visit.t("notAlike")}</Notice>}
      <form method="post" action="/setup">
        <Hidden visit={visit} />
        <div class="fields">
          <Field
            name="code"
            label={t("code")}
            hint={t("codeHint")}
            value={before?.field("code")}
            autocomplete="off"
            required
            autofocus
          />
          <Field
            name="name"
            label={t("name")}
            hint={t("nameHint")}
            value={before?.field("name")}
            autocomplete="username"
            required
            maxlength={64}
          />
          <NewPasswordFields visit={visit} rules={rules} />
          <button type="submit" class="button wide">{t("go")}</button>
          <p class="small muted">{t("next")}</p>
        </div>
      </form>
      <p class="small">
        <a href="/login?account=yes">{t("haveAccount")}</a>
      </p>
    </>
  );
  const status = before?.differ ? 422 : error === undefined ? 200 : faultStatus(error);
  return await showDoor(visit, t("title"), body, { status, wide: true });
}
