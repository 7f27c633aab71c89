import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type DoorFrame, type DoorPage, escapeHtml, languageOf, lineOf, readsPages, renderDoor } from "./door_page.ts";
import { frontText, isFrontText, LABELS } from "./front_texts.ts";
import { FRONT_ASSETS } from "./assets.ts";

const FRAME: DoorFrame = {
  language: "en",
  siteName: "Lab & Co",
  consoleOrigin: "https://gw.example:8443",
  contact: "112",
};
const EVIL = `<script>alert("1")</script>'`;
const fields = (record: Record<string, string>) =>
  new Map(Object.entries(record).map(([name, value]) => [name, [value]]));

Deno.test("door page: nothing that comes from outside is markup", () => {
  const page: DoorPage = {
    status: 403,
    title: EVIL,
    why: EVIL,
    next: EVIL,
    rule: EVIL,
    facts: [[EVIL, EVIL]],
    acts: [{ label: EVIL, post: EVIL }, { label: EVIL, href: EVIL }],
    goesTo: EVIL,
  };
  const html = renderDoor(page, { ...FRAME, siteName: EVIL, contact: EVIL });
  ok(!html.includes("<script>") && !html.includes('alert("1")'));
  equal(escapeHtml(`<>&"'`), "&#60;&#62;&#38;&#34;&#39;");
});

Deno.test("door page: rule, site, whom to ask and the way to the console stand on each", () => {
  const html = renderDoor({ status: 403, title: "No", why: "Because", rule: "ui.page.role" }, FRAME);
  match(html, /<dt>Rule<\/dt><dd>ui\.page\.role<\/dd>/);
  match(html, /<dt>Site<\/dt><dd>Lab &#38; Co<\/dd>/);
  match(html, /<dt>Ask<\/dt><dd>112<\/dd>/);
  match(html, /href="https:\/\/gw\.example:8443\/"/);
  ok(!html.includes("refresh"));
  equal(lineOf({ status: 403, title: "No", why: "Because.", next: "Ask.", rule: "r" }), "No: Because. Ask. (r)\n");
  equal(lineOf({ status: 403, title: "No", why: "Because." }), "No: Because.\n");
});

Deno.test("door page: languages", () => {
  equal(languageOf(fields({ "accept-language": "de-DE,de;q=0.9,en;q=0.8" })), "de");
  equal(languageOf(fields({ "accept-language": "en-US,de;q=0.5" })), "en");
  equal(languageOf(fields({ "accept-language": "fr,de;q=0.5" })), "de");
  equal(languageOf(fields({ "accept-language": "fr" })), "en");
  equal(languageOf(new Map()), "en");
  deepEqual(Object.keys(LABELS.de), Object.keys(LABELS.en));
});

Deno.test("door page: people read pages, scripts a line", () => {
  equal(readsPages(fields({ accept: "text/html,*/*" })), true);
  equal(readsPages(fields({ "accept": "text/html", "sec-fetch-dest": "empty" })), false);
  equal(readsPages(fields({ accept: "application/json" })), false);
  equal(readsPages(new Map()), false);
});

Deno.test("door page: texts with facts, in both languages, and none left open", () => {
  const names = [
    "no-session",
    "ticket",
    "opening",
    "no-cookie",
    "ended",
    "idle",
    "left",
    "session",
    "refused",
  ] as const;
  for (const name of [...names, "malformed", "leaves", "away", "busy"] as const) {
    for (const language of ["de", "en"] as const) {
      const facts = { reason: "Reason", hint: "Hint", where: "there" };
      const { title, why, next } = frontText(name, language, facts);
      for (const text of [title, why, next]) ok(text.length > 3 && !/[{}]/.test(text), `${name} ${language}: ${text}`);
    }
  }
  equal(frontText("refused", "en", { reason: "No", hint: "" }).next, "");
  deepEqual([isFrontText("idle"), isFrontText("constructor")], [true, false]);
});

Deno.test("door page: the activity script parses and names only paths of the gateway's own", () => {
  const { text } = FRONT_ASSETS.get("idle.js")!;
  new Function(text); // throws when it is no script
  deepEqual([...new Set(text.match(/"\/[^"]*"/g))].sort(), [
    '"/.gw/beat"',
    '"/.gw/ended?why="',
    '"/.gw/ended?why=ended"',
    '"/.gw/leave"',
  ]);
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) ok(text.includes(`"${kind}"`));
});
