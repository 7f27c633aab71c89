import type { Child } from "hono/jsx";
import { defineTexts, type Language } from "../i18n/language.ts";
import { COMMON } from "../i18n/common.ts";
import type { ConsoleSite } from "../context.ts";
import { Document, Languages } from "./frame.tsx";
import { Mark } from "./icon.tsx";

/** Words beside every page of people who are not signed in. */
export const DOOR = defineTexts("door", {
  promise: "The one door to this garage's controllers.",
  note: "Every sign-in and every action is recorded in the audit chain of this site.",
}, {
  promise: "Die eine Tür zu den Controllern dieser Garage.",
  note: "Jede Anmeldung und jede Handlung steht im Prüfprotokoll dieses Standorts.",
});

/** A page of somebody who is not signed in yet. */
export function Door(
  { title, language, site, back, wide, children }: {
    title: string;
    language: Language;
    site: ConsoleSite;
    /** Path to come back to after a change of language. */
    back: string;
    wide?: boolean;
    children?: Child;
  },
) {
  const t = DOOR.in(language);
  return (
    <Document title={`${title} · ${site.name}`} language={language}>
      <div class="door">
        <header class="hull">
          <a class="brand" href="/login">
            <Mark />
            <span>
              Bulkhead<small>{site.name}</small>
            </span>
          </a>
          <p class="big">{t("promise")}</p>
          <p class="small foot-note">{t("note")}</p>
          <Languages language={language} back={back} label={COMMON.in(language)("language")} />
        </header>
        <main class="entry" id="content">
          <div class={wide ? "wide" : undefined}>{children}</div>
        </main>
      </div>
    </Document>
  );
}
