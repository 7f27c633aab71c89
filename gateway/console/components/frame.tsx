import type { Child } from "hono/jsx";
import { assetPath } from "../assets/assets.ts";
import type { Flash, Visit } from "../context.ts";
import { COMMON } from "../i18n/common.ts";
import { type Language, LANGUAGE_NAMES, LANGUAGES } from "../i18n/language.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { GROUPS, type Page } from "../pages/page.ts";
import { Icon, Mark } from "./icon.tsx";
import { Notice } from "./parts.tsx";

/** The outermost element. `idleMs`: somebody is signed in, and is signed out after so long without mouse or keyboard. */
export function Document(
  { title, language, token, idleMs, children }: {
    title: string;
    language: Language;
    token?: string;
    idleMs?: number;
    children?: Child;
  },
) {
  const watch = idleMs
    ? {
      "data-idle-ms": String(idleMs),
      "data-idle-warn-ms": String(Math.min(CONSOLE_LIMITS.idleWarnMs, idleMs / 2)),
      "data-beat-ms": String(CONSOLE_LIMITS.beatMs),
      "data-token": token,
    }
    : {};
  return (
    <html lang={language} {...watch}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          name="htmx-config"
          content='{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0}'
        />
        <title>{title}</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={assetPath("console.css")} />
        <script src={assetPath("htmx.js")} defer></script>
        <script src={assetPath("console.js")} defer></script>
      </head>
      <body>{children}</body>
    </html>
  );
}

/** A page of somebody who is signed in: navigation beside, content in the middle. */
export function Frame(
  { visit, pages, title, children }: {
    visit: Visit;
    /** All pages that may stand in the navigation. */
    pages: readonly Page[];
    title: string;
    children?: Child;
  },
) {
  const t = COMMON.in(visit.language);
  const { idleAt, lastActivity } = visit.person.session;
  const brand = (
    <a class="brand" href="/">
      <Mark />
      <span>
        Bulkhead<small>{visit.site.name}</small>
      </span>
    </a>
  );
  return (
    <Document
      title={`${title} · ${visit.site.name}`}
      language={visit.language}
      token={visit.token}
      idleMs={idleAt - lastActivity}
    >
      <a class="skip" href="#content">{t("skip")}</a>
      <div class="shell">
        <div class="top">
          <details>
            <summary>
              <span class="brand">
                <Mark />
                <span>Bulkhead</span>
              </span>
              <span class="menu-word">
                {t("menu")} <Icon name="menu" />
              </span>
            </summary>
            <div class="panel">
              <Navigation visit={visit} pages={pages} label={t("menu")} />
              <div class="side-foot">
                <Who visit={visit} />
              </div>
            </div>
          </details>
        </div>
        <header class="side">
          {brand}
          <Navigation visit={visit} pages={pages} label="Bulkhead" />
          <div class="who">
            <Who visit={visit} />
            <Languages language={visit.language} back={visit.path} label={t("language")} />
          </div>
        </header>
        <main class="main" id="content" tabindex={-1}>
          {visit.flash && <FlashNotice flash={visit.flash} />}
          {children}
          <div id="live-lost" hidden>
            <Notice tone="warn">{t("live.lost")}</Notice>
          </div>
        </main>
      </div>
      <IdleWarning language={visit.language} />
    </Document>
  );
}

/** Opened by the activity script two minutes before the idle logout. */
function IdleWarning({ language }: { language: Language }) {
  const t = COMMON.in(language);
  return (
    <dialog id="idle-warning" aria-labelledby="idle-title">
      <h2 id="idle-title">{t("idle.title")}</h2>
      <p>{t("idle.text")}</p>
      <p class="buttons">
        <button type="button" class="button">{t("idle.stay")}</button>
      </p>
    </dialog>
  );
}

function FlashNotice({ flash }: { flash: Flash }) {
  return (
    <div class="stack">
      <Notice tone={flash.tone} live>{flash.text}</Notice>
      <div></div>
    </div>
  );
}

function Navigation({ visit, pages, label }: { visit: Visit; pages: readonly Page[]; label: string }) {
  const t = COMMON.in(visit.language);
  const shown = pages.filter(({ nav, needs }) => nav && (needs === undefined || visit.person.may(needs)));
  const current = currentPage(shown, visit.path);
  return (
    <nav class="nav" aria-label={label}>
      {GROUPS.map((group) => {
        const own = shown.filter(({ nav }) => nav?.group === group);
        if (own.length === 0) return null;
        return (
          <div>
            <h2>{t(`group.${group}`)}</h2>
            {own.map((page) => (
              <a href={page.path} {...page === current ? { "aria-current": "page" as const } : {}}>
                <Icon name={page.nav!.icon} />
                {page.title[visit.language]}
              </a>
            ))}
          </div>
        );
      })}
    </nav>
  );
}

/** The navigation's page that a path belongs to: the longest that begins it. */
function currentPage(pages: readonly Page[], path: string): Page | undefined {
  const fits = pages.filter((page) => path === page.path || page.path !== "/" && path.startsWith(`${page.path}/`));
  return fits.sort((a, b) => b.path.length - a.path.length)[0];
}

function Who({ visit }: { visit: Visit }) {
  const t = COMMON.in(visit.language);
  const { displayName, roles } = visit.person.session;
  return (
    <div class="row">
      <span>
        <a href="/account">{displayName}</a>
        <small class="small">
          <br />
          {roles.map((role) => t(`role.${role}`)).join(", ")}
        </small>
      </span>
      <form method="post" action="/logout">
        <input type="hidden" name="_token" value={visit.token} />
        <button type="submit" class="quiet">{t("signOut")}</button>
      </form>
    </div>
  );
}

/** Links to the other languages. */
export function Languages({ language, back, label }: { language: Language; back: string; label: string }) {
  return (
    <nav class="languages" aria-label={label}>
      {LANGUAGES.map((each) => (
        <a
          href={`/language/${each}?back=${encodeURIComponent(back)}`}
          lang={each}
          {...each === language ? { "aria-current": "true" as const } : {}}
        >
          {LANGUAGE_NAMES[each]}
        </a>
      ))}
    </nav>
  );
}
