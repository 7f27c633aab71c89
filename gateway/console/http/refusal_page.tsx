import { Notice, PageHead } from "../components/parts.tsx";
import { defineTexts, type Language } from "../i18n/language.ts";
import type { Refusal } from "./refusal.ts";

/** What a refused page says. */
export const REFUSAL = defineTexts("refusal", {
  refused: "This is not allowed",
  missing: "There is nothing here",
  wrong: "Something is not right",
  away: "The gateway cannot answer now",
  rule: "Rule",
  ask: "If you need this, ask an administrator of this site and name the rule above.",
  home: "To the dashboard",
  again: "Wait a moment and load the page again. Stations go on charging meanwhile.",
}, {
  refused: "Das ist nicht erlaubt",
  missing: "Hier ist nichts",
  wrong: "Etwas stimmt nicht",
  away: "Das Gateway kann gerade nicht antworten",
  rule: "Regel",
  ask: "Wenn Sie das brauchen, fragen Sie einen Administrator dieses Standorts und nennen Sie die Regel oben.",
  home: "Zur Übersicht",
  again: "Warten Sie kurz und laden Sie die Seite neu. Die Stationen laden inzwischen weiter.",
});

/** The headline of a refusal. */
export function refusalTitle(language: Language, { status }: Refusal): string {
  const t = REFUSAL.in(language);
  if (status === 404) return t("missing");
  if (status === 409 || status === 422 || status === 400) return t("wrong");
  return status >= 500 ? t("away") : t("refused");
}

/** What was refused, by which rule, and whom to ask. What control says is in English. */
export function RefusalBody({ language, refusal }: { language: Language; refusal: Refusal }) {
  const t = REFUSAL.in(language);
  const { what, next, rule, status, fields } = refusal;
  return (
    <div class="stack">
      <PageHead title={refusalTitle(language, refusal)} />
      <Notice tone={status >= 500 ? "warn" : "bad"} live>
        <p lang="en">{what}</p>
        {next && <p lang="en">{next}</p>}
        {fields && (
          <ul>
            {Object.entries(fields).map(([name, fault]) => (
              <li lang="en">
                <code>{name}</code>: {fault}
              </li>
            ))}
          </ul>
        )}
      </Notice>
      <p class="muted">
        {t("rule")}: <code>{rule}</code>
      </p>
      <p class="muted">{status >= 500 ? t("again") : status === 403 ? t("ask") : ""}</p>
      <p>
        <a href="/">{t("home")}</a>
      </p>
    </div>
  );
}
