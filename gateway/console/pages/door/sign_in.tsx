import type { Hono } from "hono";
import type { Child } from "hono/jsx";
import type { LoginOptions } from "../../../core/people_api.ts";
import { Field } from "../../components/form.tsx";
import { Icon } from "../../components/icon.tsx";
import { Notice } from "../../components/parts.tsx";
import { readJson } from "../../http/proof.ts";
import { dropToken } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";
import {
  doorForm,
  type DoorVisit,
  doorVisit,
  faultNotice,
  faultStatus,
  goOn,
  Hidden,
  loginOptions,
  showDoor,
} from "./door_kit.tsx";
import { PasskeyFields } from "./step_up.tsx";

/** Signing in by password, by passkey alone, with a forgotten password, by break-glass; and signing out. */
export function mountSignIn(app: Hono, parts: ConsoleParts): void {
  app.get("/login", async (context) => await showLogin(doorVisit(parts, context)));
  app.post("/login", async (context) => {
    const visit = doorVisit(parts, context);
    const field = await doorForm(context);
    return await tryStep(
      visit,
      field,
      (error) => showLogin(visit, error, field("name")),
      () =>
        parts.control.call("people.login.password", {
          name: field("name"),
          password: field("password"),
          ...who(visit),
        }),
    );
  });
  app.post("/login/passkey", async (context) => {
    const { source } = doorVisit(parts, context);
    return context.json(await parts.control.call("people.login.passkey.begin", { source }));
  });
  app.post("/login/passkey/finish", async (context) => {
    const visit = doorVisit(parts, context);
    const field = await doorForm(context);
    return await tryStep(
      visit,
      field,
      (error) => showLogin(visit, error),
      () =>
        parts.control.call("people.login.passkey.finish", {
          ceremony: field("ceremony"),
          response: readJson(field("response")) ?? null,
          ...who(visit),
        }),
    );
  });
  mountOtherWays(app, parts);
}

function mountOtherWays(app: Hono, parts: ConsoleParts): void {
  app.get("/login/forgotten", async (context) => await showForgotten(doorVisit(parts, context)));
  app.post("/login/forgotten", async (context) => {
    const visit = doorVisit(parts, context);
    const field = await doorForm(context);
    return await tryStep(
      visit,
      field,
      (error) => showForgotten(visit, error),
      () => parts.control.call("people.login.forgotten", { name: field("name"), code: field("code"), ...who(visit) }),
    );
  });
  app.get("/login/emergency", async (context) => await showEmergency(doorVisit(parts, context)));
  app.post("/login/emergency", async (context) => {
    const visit = doorVisit(parts, context);
    const field = await doorForm(context);
    return await tryStep(
      visit,
      field,
      (error) => showEmergency(visit, error),
      () => parts.control.call("people.login.break-glass", { password: field("password"), ...who(visit) }),
    );
  });
  app.post("/logout", async (context) => {
    const { caller } = doorVisit(parts, context);
    if (caller) await parts.control.call("people.session.end", { by: caller }).catch(() => undefined); // it has ended
    dropToken(context);
    return context.redirect("/login?why=out", 303);
  });
}

const who = ({ source, agent }: DoorVisit) => ({ source, agent });

/** Runs one step; what it refuses with is shown on the page that asked. */
export async function tryStep(
  visit: DoorVisit,
  field: (name: string) => string,
  again: (error: unknown) => Response | Promise<Response>,
  step: () => Promise<Parameters<typeof goOn>[1]>,
): Promise<Response> {
  try {
    return goOn(visit, await step(), field("next"));
  } catch (error) {
    return await again(error);
  }
}

async function showLogin(visit: DoorVisit, error?: unknown, name?: string): Promise<Response> {
  const { t, query } = visit;
  const options = await loginOptions(visit);
  if (options.setup && error === undefined && !query.has("account")) return visit.context.redirect("/setup", 303);
  const why = query.get("why");
  const next = query.get("next");
  const body = (
    <>
      <h1>{t("signIn")}</h1>
      {error === undefined
        ? why && REASONS[why] && <Notice tone="info" live>{t(REASONS[why]!)}</Notice>
        : faultNotice(visit, error)}
      <form method="post" action="/login">
        <Hidden visit={visit} next={next} />
        <div class="fields">
          <Field
            name="name"
            label={t("name")}
            value={name}
            autocomplete="username webauthn"
            required
            autofocus
            maxlength={64}
          />
          <Field name="password" label={t("password")} type="password" autocomplete="current-password" required />
          <button type="submit" class="button wide">{t("go")}</button>
        </div>
      </form>
      <OtherWays visit={visit} options={options} next={next} />
    </>
  );
  return await showDoor(visit, t("signIn"), body, { status: error === undefined ? 200 : faultStatus(error) });
}

const REASONS: Readonly<Record<string, "changed" | "ended" | "idle" | "out">> = {
  changed: "changed",
  ended: "ended",
  idle: "idle",
  out: "out",
};

function OtherWays({ visit, options, next }: { visit: DoorVisit; options: LoginOptions; next: string | null }): Child {
  const { t } = visit;
  return (
    <>
      {(options.passkeys || options.oidc) && <span class="or">{t("or")}</span>}
      {options.passkeys && (
        <form method="post" action="/login/passkey/finish" data-passkey="/login/passkey" hidden>
          <Hidden visit={visit} next={next} />
          <PasskeyFields />
          <button type="submit" class="button quiet wide">
            <Icon name="key" />
            {t("usePasskey")}
          </button>
          <p class="small" data-passkey-fault hidden role="alert">{t("passkeyFault")}</p>
        </form>
      )}
      {options.oidc && (
        <form method="post" action="/login/oidc">
          <Hidden visit={visit} next={next} />
          <button type="submit" class="button quiet wide">{t("withOidc", { name: options.oidc })}</button>
        </form>
      )}
      <p class="small muted">
        <a href="/login/forgotten">{t("forgotten")}</a> · <a href="/login/emergency">{t("breakGlass")}</a>
      </p>
    </>
  );
}

function showForgotten(visit: DoorVisit, error?: unknown): Response | Promise<Response> {
  const { t } = visit;
  const body = (
    <>
      <h1>{t("forgottenTitle")}</h1>
      <p class="muted">{t("forgottenLead")}</p>
      {error !== undefined && faultNotice(visit, error)}
      <form method="post" action="/login/forgotten">
        <Hidden visit={visit} />
        <div class="fields">
          <Field name="name" label={t("name")} autocomplete="username" required autofocus maxlength={64} />
          <Field name="code" label={t("recovery")} required maxlength={100} />
          <button type="submit" class="button wide">{t("next")}</button>
        </div>
      </form>
      <p class="small">
        <a href="/login">{t("startOver")}</a>
      </p>
    </>
  );
  return showDoor(visit, t("forgottenTitle"), body, { status: error === undefined ? 200 : faultStatus(error) });
}

function showEmergency(visit: DoorVisit, error?: unknown): Response | Promise<Response> {
  const { t } = visit;
  const body = (
    <>
      <h1>{t("emergencyTitle")}</h1>
      <Notice tone="warn">{t("emergencyLead")}</Notice>
      {error !== undefined && faultNotice(visit, error)}
      <form method="post" action="/login/emergency">
        <Hidden visit={visit} />
        <div class="fields">
          <Field name="password" label={t("sealed")} type="password" autocomplete="off" required autofocus />
          <button type="submit" class="button wide">{t("go")}</button>
        </div>
      </form>
      <p class="small">
        <a href="/login">{t("startOver")}</a>
      </p>
    </>
  );
  return showDoor(visit, t("emergencyTitle"), body, { status: error === undefined ? 200 : faultStatus(error) });
}
