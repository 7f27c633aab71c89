import type { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { assetPath } from "../../assets/assets.ts";
import { Notice } from "../../components/parts.tsx";
import { sendPage } from "../../http/pages.tsx";
import { keepToken, ownPath, STEP_PATHS } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";
import { doorForm, doorVisit, faultNotice, faultStatus, showDoor } from "./door_kit.tsx";

/** Holds the ticket of a login at the identity provider: Lax, since the way back begins at another site. */
const TICKET_COOKIE = "__Host-bulkhead-oidc";
const TICKET_SECONDS = 600;

/** Signing in through an identity provider (code + PKCE), and its back-channel logout. */
export function mountOidc(app: Hono, parts: ConsoleParts): void {
  app.post("/login/oidc", async (context) => {
    const { source } = doorVisit(parts, context);
    const next = (await doorForm(context))("next");
    const returnTo = next === "" ? {} : { returnTo: ownPath(next) };
    const { url, ticket } = await parts.control.call("people.oidc.begin", { source, ...returnTo });
    const cookie = { path: "/", secure: true, httpOnly: true, sameSite: "Lax", maxAge: TICKET_SECONDS } as const;
    setCookie(context, TICKET_COOKIE, ticket, cookie);
    return await sendPage(context, <GoOn see={url} />);
  });
  app.get("/login/oidc/callback", async (context) => {
    const visit = doorVisit(parts, context);
    const ticket = getCookie(context, TICKET_COOKIE) ?? "";
    deleteCookie(context, TICKET_COOKIE, { path: "/", secure: true });
    try {
      const { source, agent } = visit;
      const asked = { ticket, callbackUrl: publicUrl(parts, context.req.url), source, agent };
      const { step, returnTo } = await parts.control.call("people.oidc.finish", asked);
      keepToken(context, step);
      const see = step.step === "done" ? ownPath(returnTo) : STEP_PATHS[step.step];
      return await sendPage(context, <GoOn see={see} />);
    } catch (error) {
      const body = (
        <>
          {faultNotice(visit, error)}
          <p>
            <a href="/login">{visit.t("startOver")}</a>
          </p>
        </>
      );
      return await showDoor(visit, visit.t("signIn"), body, { status: faultStatus(error) });
    }
  });
  app.post("/login/oidc/logout", async (context) => {
    const logoutToken = (await doorForm(context))("logout_token");
    await parts.control.call("people.oidc.logout", { logoutToken, source: parts.sourceOf(context) });
    return context.body(null, 200);
  });
}

/** The URL as the provider was told it, whatever name or port the request came in by. */
function publicUrl(parts: ConsoleParts, url: string): string {
  const { pathname, search } = new URL(url);
  return `https://${parts.hostname()}${pathname}${search}`;
}

/**
 * A page that goes on by itself, both ways. There: our policy sends forms nowhere but to ourselves, and Chromium counts
 * where a form is redirected to. Back: a strict cookie does not travel on a redirect that began at another site; what this
 * page does is a navigation of our own.
 */
function GoOn({ see }: { see: string }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content={`0;url=${see}`} />
        <title>Bulkhead</title>
        <link rel="stylesheet" href={assetPath("console.css")} />
      </head>
      <body>
        <main class="entry">
          <Notice tone="good">
            <a href={see}>Go on</a>
          </Notice>
        </main>
      </body>
    </html>
  );
}
