import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Parser } from "htmlparser2";
import { DOOR_ANSWERS, GARAGE_ANSWERS } from "../../../tests/support/console_answers.ts";
import { CONSOLE_PATHS, LOGIN_STEP_PATHS } from "../../../tests/support/console_paths.ts";
import { ConsoleRig } from "../../../tests/support/console_rig.ts";
import { DICTIONARIES } from "../i18n/dictionaries.ts";
import { LIVE_PARTS, PAGES } from "./registry.ts";

const rig = () => new ConsoleRig({ answers: { ...DOOR_ANSWERS, ...GARAGE_ANSWERS } });

Deno.test("EV-10: what debug interfaces are usually called answers 404", async () => {
  const own = rig();
  for (
    const path of ["/debug", "/debug/pprof", "/metrics", "/test", "/json/list", "/.env", "/console", "/api/v1/debug"]
  ) {
    equal((await own.get(path)).status, 404, path);
  }
});

Deno.test("every page: each answers for who may see it, is a page of the person's language, and has one heading", async (t) => {
  const own = rig();
  for (const path of CONSOLE_PATHS.filter((path) => path !== "/nothing-here")) {
    await t.step(path, async () => {
      for (const language of ["en", "de"]) {
        const answer = await own.get(path, { "accept-language": language });
        equal(answer.status, 200);
        const text = await answer.text();
        match(text, new RegExp(`^<!DOCTYPE html><html lang="${language}"`));
        equal([...text.matchAll(/<h1\b/g)].length, 1, "one heading of the first level");
        ok(!/\sstyle=|\son\w+=/.test(text), "nothing inline");
      }
    });
  }
});

Deno.test("every page: in the menu stands what a person may see, and nothing else leads there", async () => {
  const nobody = new ConsoleRig({ answers: GARAGE_ANSWERS, may: [] });
  const text = await nobody.text("/");
  for (const { path, nav, needs } of PAGES) {
    if (nav) equal(text.includes(`<a href="${path}"`), needs === undefined, path);
    if (needs !== undefined) equal((await nobody.get(path.replace(/:\w+/g, "x"))).status, 403, path);
  }
});

Deno.test("every page: live parts have names of their own and are in a page that subscribes to them", async () => {
  const own = rig();
  const pages = await Promise.all(CONSOLE_PATHS.map((path) => own.text(path)));
  for (const { name } of LIVE_PARTS) {
    const live = new RegExp(`sse-connect="/live/${name.replace(/:\w+/g, '[^/"]+')}"`);
    ok(pages.some((text) => live.test(text)), name);
  }
  equal(new Set(LIVE_PARTS.map(({ name }) => name)).size, LIVE_PARTS.length);
});

/** Texts of one language that no dictionary has in the other. */
function textsOnlyIn(language: "de" | "en"): ReadonlySet<string> {
  const all = (wanted: "de" | "en") => DICTIONARIES.flatMap(({ texts }) => Object.values(texts[wanted]));
  const others = new Set(all(language === "en" ? "de" : "en"));
  return new Set(all(language).filter((text) => !others.has(text) && !text.includes("{")));
}

/** What a page says to people: texts and labels, but nothing below lang="en", which is said as it came from control. */
function saidOn(html: string): string[] {
  const said: string[] = [], open: boolean[] = [];
  const parser = new Parser({
    onopentag: (_name, { lang, ...attributes }) => {
      open.push((open.at(-1) ?? false) || open.length > 0 && lang === "en");
      if (!open.at(-1)) {
        said.push(...["aria-label", "title", "placeholder", "alt"].flatMap((key) => attributes[key] ?? []));
      }
    },
    onclosetag: () => void open.pop(),
    ontext: (text) => {
      if (!open.at(-1)) said.push(text.trim());
    },
  });
  parser.end(html);
  return said.filter((text) => text !== "");
}

for (const [language, other] of [["de", "en"], ["en", "de"]] as const) {
  Deno.test(`every page: in ${language} nothing stays in ${other}`, async () => {
    const own = rig(), foreign = textsOnlyIn(other), ours = textsOnlyIn(language), faults: string[] = [];
    const unspoken: string[] = [];
    for (const path of [...CONSOLE_PATHS, ...LOGIN_STEP_PATHS]) {
      const said = saidOn(await own.text(path, { "accept-language": language }));
      faults.push(...said.filter((text) => foreign.has(text)).map((text) => `${path}: ${text}`));
      if (!said.some((text) => ours.has(text))) unspoken.push(path);
    }
    deepEqual(faults, []);
    deepEqual(unspoken, [], "pages without a single text of their language");
  });
}
