import type { HeaderField } from "../device_headers.ts";
import type { HeaderFields } from "../request_head.ts";

/** Languages of the gateway's own pages here. */
export type FrontLanguage = "de" | "en";

/** A page of the gateway's own in the place of the device's. */
export interface DoorPage {
  readonly status: number;
  readonly title: string;
  readonly why: string;
  /** What to do, and whom to ask. */
  readonly next?: string;
  /** The rule that decided. */
  readonly rule?: string;
  /** Facts in words, as who and since when. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  /** What can be done: forms that post, and links. */
  readonly acts?: readonly DoorAct[];
  /** Where the browser goes on by itself, a path. */
  readonly goesTo?: string;
}

/** One button of a page. */
export interface DoorAct {
  readonly label: string;
  /** POST of a path of ours, or a link. */
  readonly post?: string;
  readonly href?: string;
  readonly quiet?: true;
}

/** What is the same on each page of a site. */
export interface DoorFrame {
  readonly language: FrontLanguage;
  readonly siteName: string;
  readonly consoleOrigin: string;
  readonly contact?: string | undefined;
}

/** German when the browser asks for it before English. */
export function languageOf(fields: HeaderFields): FrontLanguage {
  const first = /\b(de|en)\b/i.exec(fields.get("accept-language")?.[0] ?? "")?.[1];
  return first?.toLowerCase() === "de" ? "de" : "en";
}

/** Whether who asks reads pages: everything else gets one line of text. */
export function readsPages(fields: HeaderFields): boolean {
  return /text\/html/i.test(fields.get("accept")?.[0] ?? "") &&
    (fields.get("sec-fetch-dest")?.[0] ?? "document") !== "empty";
}

/** Header fields of the gateway's own answers here: nothing is kept, nothing runs, nobody frames it. */
export const DOOR_HEADERS: readonly HeaderField[] = [
  ["cache-control", "no-store"],
  [
    "content-security-policy",
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  ],
  ["referrer-policy", "same-origin"], // without any, browsers would post our forms with the origin "null"
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

const WORDS = {
  en: { rule: "Rule", site: "Site", ask: "Ask", console: "To the console", admin: "an administrator of this site" },
  de: {
    rule: "Regel",
    site: "Standort",
    ask: "Fragen Sie",
    console: "Zur Konsole",
    admin: "die Administration dieses Standorts",
  },
} as const;

/** The page as HTML. */
export function renderDoor(page: DoorPage, frame: DoorFrame): string {
  const words = WORDS[frame.language];
  const facts = [
    ...page.facts ?? [],
    ...page.rule === undefined ? [] : [[words.rule, page.rule] as const],
    [words.site, frame.siteName] as const,
    [words.ask, frame.contact ?? words.admin] as const,
  ];
  const acts = [...page.acts ?? [], { label: words.console, href: `${frame.consoleOrigin}/`, quiet: true as const }];
  return `<!doctype html>
<html lang="${frame.language}"><head><meta charset="utf-8"><title>${escapeHtml(page.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${
    page.goesTo === undefined ? "" : `<meta http-equiv="refresh" content="0;url=${escapeHtml(page.goesTo)}">`
  }
<link rel="stylesheet" href="/.gw/door.css"></head>
<body><main><h1>${escapeHtml(page.title)}</h1>
<p>${escapeHtml(page.why)}</p>
${page.next === undefined ? "" : `<p>${escapeHtml(page.next)}</p>`}
<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join("")}</dl>
<div>${acts.map(renderAct).join(" ")}</div>
</main></body></html>
`;
}

/** The page in one line, for scripts and tools. */
export function lineOf({ title, why, next, rule }: DoorPage): string {
  return `${title}: ${why}${next === undefined ? "" : ` ${next}`}${rule === undefined ? "" : ` (${rule})`}\n`;
}

/** Text that is safe in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function renderAct({ label, post, href, quiet }: DoorAct): string {
  const style = quiet ? ' class="button quiet"' : ' class="button"';
  return post === undefined
    ? `<a${style} rel="noreferrer" href="${escapeHtml(href ?? "/")}">${escapeHtml(label)}</a>`
    : `<form method="post" action="${escapeHtml(post)}"><button${quiet ? ' class="quiet"' : ""}>${
      escapeHtml(label)
    }</button></form>`;
}
