import assert from "node:assert/strict";
import { productTexts, textsOf } from "./literals.ts";
import { REGISTRIES } from "./registries.ts";

const TEXTS = productTexts();

for (const { what, file, names, form, claims } of REGISTRIES) {
  Deno.test(`registries: every ${what} has the agreed form and stands in alphabetical order`, () => {
    assert.deepEqual(names.filter((name) => !form.test(name)), []);
    assert.deepEqual(names, [...names].sort());
    assert.equal(new Set(names).size, names.length);
  });

  Deno.test(`registries: every ${what} is used in the code`, () => {
    const used = new Set(TEXTS.filter(({ path }) => path !== file).map(({ text }) => text));
    assert.deepEqual(names.filter((name) => !used.has(name)), []);
  });

  if (!claims) continue;
  Deno.test(`registries: every ${what} used in the code is registered`, () => {
    // the example conduit is no part of a site: its event would only puzzle an auditor
    const product = TEXTS.filter(({ path }) => path !== file && !path.startsWith("examples/"));
    const unknown = product.filter((text) => claims(text) && !names.includes(text.text));
    assert.deepEqual(unknown.map(({ path, text }) => `${path}: "${text}" is not in ${file}`), []);
  });
}

Deno.test("registries: a text in a comment is no use, a key and a string are", () => {
  const source = `// "IN_COMMENT"\nconst a = { KEY_NAME: 1, event: "a.b.c" }; alarms.clear("d.e", "f");\n`;
  assert.deepEqual(textsOf({ path: "gateway/a.ts", text: source }), [
    { path: "gateway/a.ts", text: "KEY_NAME" },
    { path: "gateway/a.ts", text: "event" },
    { path: "gateway/a.ts", text: "a.b.c", property: "event" },
    { path: "gateway/a.ts", text: "d.e", firstArgumentOf: "clear" },
    { path: "gateway/a.ts", text: "f" },
  ]);
});
