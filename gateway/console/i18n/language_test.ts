import { deepEqual, equal, ok } from "node:assert/strict";
import { DICTIONARIES } from "./dictionaries.ts";
import { chooseLanguage, defineTexts, fillPlaces, LANGUAGES } from "./language.ts";

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

Deno.test("texts: every dictionary is whole in every language, with the same places", () => {
  ok(DICTIONARIES.length > 5);
  for (const { name, texts } of DICTIONARIES) {
    for (const language of LANGUAGES) {
      deepEqual(Object.keys(texts[language]).sort(), Object.keys(texts.en).sort(), name);
      for (const [key, text] of Object.entries(texts[language])) {
        ok(text.trim() !== "", `${name} ${key} ${language} is empty`);
        deepEqual(places(text), places(texts.en[key]!), `${name} ${key} ${language}`);
      }
    }
  }
});

Deno.test("texts: the list names every dictionary that a page declares", async () => {
  const declared: string[] = [];
  const walk = async (folder: URL): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const url = new URL(name + (isDirectory ? "/" : ""), folder);
      if (isDirectory) await walk(url);
      else if (/\.tsx?$/.test(name) && !name.includes("_test.") && name !== "language.ts") {
        for (const [, found] of (await Deno.readTextFile(url)).matchAll(/defineTexts\(\s*"([^"]+)"/g)) {
          declared.push(found!);
        }
      }
    }
  };
  await walk(new URL("../", import.meta.url));
  deepEqual(DICTIONARIES.map(({ name }) => name).sort(), declared.sort());
});

Deno.test("texts: places take values, an unknown one stays to be seen", () => {
  equal(fillPlaces("{count} of {all}", { count: 3 }), "3 of {all}");
  const t = defineTexts("x", { hello: "Hello {name}" }, { hello: "Hallo {name}" });
  equal(t.in("de")("hello", { name: "Anna" }), "Hallo Anna");
});

Deno.test("texts: the language is the chosen one, else what the browser likes best, else English", () => {
  const cases = [
    ["de", "en", "de"],
    [undefined, "de-AT,en;q=0.8", "de"],
    [undefined, "en;q=0.3, de;q=0.9", "de"],
    [undefined, "fr,de;q=0", "en"],
    [undefined, undefined, "en"],
    ["xx", "de", "de"],
    ["<script>", ";;;,,,=", "en"],
  ] as const;
  for (const [chosen, accepted, wanted] of cases) {
    equal(chooseLanguage(chosen, accepted), wanted, `${chosen} ${accepted}`);
  }
});
