import { type Context, Hono } from "hono";
import { describeError } from "../core/errors.ts";
import { OPERATIONS } from "./api/registry.ts";
import { fileOperations, mountRest } from "./api/rest.ts";
import { ASSETS } from "./assets/assets.ts";
import { Door } from "./components/door.tsx";
import { LANGUAGES } from "./i18n/language.ts";
import { bodyLimits } from "./http/body_limits.ts";
import { refusalOf } from "./http/fault.ts";
import { fileForms, mountPages, pageKit, sendPage, signIn } from "./http/pages.tsx";
import { refuse } from "./http/refusal.ts";
import { RefusalBody, refusalTitle } from "./http/refusal_page.tsx";
import { noStore, ownNameOnly, ownPagesOnly, securityHeaders } from "./http/security.ts";
import { keepLanguage, languageOf, ownPath, personOf, SignInNeeded } from "./http/visitor.ts";
import { mountLive } from "./live/live_part.ts";
import { mountOwnProofs } from "./pages/account/own_proofs.tsx";
import { mountImageFiles } from "./pages/images/fetch_image.ts";
import { mountHandOuts } from "./pages/logs/fetch_hand_out.ts";
import { mountDeviceFiles } from "./pages/stations/fetch_device_file.ts";
import { mountDoor } from "./pages/door/door.ts";
import { LIVE_PARTS, PAGES } from "./pages/registry.ts";
import type { Page } from "./pages/page.ts";
import type { ConsoleParts } from "./parts.ts";

/** The one path that another server posts to: the identity provider's back-channel logout, proven by its own token. */
const FOREIGN_POSTS = ["/login/oidc/logout"];
/** Seconds that a browser may keep an asset, whose path changes with it. */
const YEAR_SECONDS = 31_536_000;

/** The console's HTTP application. Handlers ask control in a person's name; they hold no keys and no store. */
export function createConsoleApp(parts: ConsoleParts, pages: readonly Page[] = PAGES): Hono {
  const app = new Hono();
  app.use(securityHeaders);
  app.use(noStore);
  app.use(async function pageForPeople(context, next) {
    context.set("refusalPage" as never, doorRefusal(parts) as never);
    await next();
  });
  mountMachines(app, parts);
  app.use(ownNameOnly(parts.hostname));
  const isFileForm = fileForms(pages), takesFile = fileOperations(OPERATIONS);
  const limitBody = bodyLimits(), ownPages = ownPagesOnly(isFileForm);
  app.use(async function boundedBody(context, next) {
    return isFileForm(context) || takesFile(context) ? await next() : await limitBody(context, next);
  });
  mountAssets(app);
  app.use(async function ownForms(context, next) {
    return FOREIGN_POSTS.includes(context.req.path) ? await next() : await ownPages(context, next);
  });
  mountRest(app, parts, OPERATIONS);
  mountBrowserHelp(app, parts);
  mountDoor(app, parts);
  mountLive(app, parts, LIVE_PARTS);
  mountOwnProofs(app, parts, pageKit(parts, pages));
  mountHandOuts(app, parts);
  mountImageFiles(app, parts);
  mountDeviceFiles(app, parts);
  mountPages(app, parts, pages);
  app.notFound((context) =>
    refuse(context, { status: 404, rule: "console.path", what: `Nothing is at ${context.req.path.slice(0, 200)}` })
  );
  app.onError((error, context) => {
    if (error instanceof SignInNeeded) return signIn(context, error.see);
    parts.log.warn("console.request.failed", { path: context.req.path, msg: describeError(error) });
    return refuse(context, refusalOf(error));
  });
  return app;
}

/** Health for machines, under any name. */
function mountMachines(app: Hono, parts: ConsoleParts): void {
  /** Liveness: this Worker answers. Says nothing about the rest, so that a restart loop cannot be caused from here. */
  app.get("/healthz", (context) => context.json({ ok: true }));
  /** Readiness: every Worker is ready. Names and reasons stay inside; `status` has them. */
  app.get("/readyz", async (context) => {
    const { ready } = await parts.control.call("health.summary", {}).catch(() => ({ ready: false }));
    return context.json({ ready }, ready ? 200 : 503);
  });
}

function mountAssets(app: Hono): void {
  app.get("/assets/:name", (context) => {
    const asset = ASSETS.get(context.req.param("name"));
    if (!asset) return context.notFound();
    const etag = `"${asset.tag}"`;
    const isCurrent = context.req.query("v") === asset.tag;
    context.header("cache-control", isCurrent ? `public, max-age=${YEAR_SECONDS}, immutable` : "public, max-age=3600");
    context.header("etag", etag);
    context.header("x-content-type-options", "nosniff");
    if (context.req.header("if-none-match") === etag) return context.body(null, 304);
    return context.body(asset.bytes, 200, { "content-type": asset.type });
  });
}

/** The reports of the activity script (EV-14), and the choice of language. */
function mountBrowserHelp(app: Hono, parts: ConsoleParts): void {
  app.post("/activity", async (context) => {
    try {
      await personOf(parts, context, true);
      return context.body(null, 204);
    } catch (error) {
      if (error instanceof SignInNeeded) return context.body(null, 401);
      throw error;
    }
  });
  app.get("/language/:language", (context) => {
    const language = LANGUAGES.find((each) => each === context.req.param("language"));
    if (!language) return context.notFound();
    keepLanguage(context, language);
    return context.redirect(ownPath(context.req.query("back")), 303);
  });
}

/** A refusal for somebody of whom nothing is known. */
function doorRefusal(parts: ConsoleParts) {
  return (context: Context, refusal: Parameters<typeof refuse>[1]) => {
    const language = languageOf(context);
    return sendPage(
      context,
      <Door title={refusalTitle(language, refusal)} language={language} site={parts.site()} back="/">
        <RefusalBody language={language} refusal={refusal} />
      </Door>,
      refusal.status,
    );
  };
}
