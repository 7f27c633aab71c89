import assert from "node:assert/strict";
import { Site } from "./schema.ts";
import { loadSite } from "./load.ts";

const root = new URL("../../", import.meta.url);
const example = new URL("examples/garage/site.yaml", root).pathname;

/** The rules come with the example; certificates and secrets are the site's own. */
const isShipped = (path: string) => path.includes("/examples/garage/rules/");

Deno.test("examples: the garage loads, with every top-level key in use", async () => {
  const asked: string[] = [];
  const { site, materials } = await loadSite(example, {
    readFile(path) {
      if (path === example || isShipped(path)) return Deno.readFile(path);
      asked.push(path);
      return Promise.resolve(new TextEncoder().encode("0123456789abcdefghij\n")); // the site's own files
    },
  });
  assert.equal(asked.length, materials.size - 2);
  for (const key of Object.keys(Site.shape)) {
    if (key === "store") continue; // an outside store is for pairs of boxes
    assert.notEqual((site as Record<string, unknown>)[key], undefined, key);
  }
});

for (const name of ["garage", "relay_garage"]) {
  Deno.test(`examples: the README of ${name} names every file that its site.yaml names`, async () => {
    const readme = await Deno.readTextFile(new URL(`examples/${name}/README.md`, root));
    const site = new URL(`examples/${name}/site.yaml`, root).pathname;
    const { materials } = await loadSite(site, {
      readFile: (path) =>
        path === site || isShipped(path)
          ? Deno.readFile(path)
          : Promise.resolve(new TextEncoder().encode("0123456789abcdefghij")),
    });
    for (const file of materials.keys()) assert.ok(readme.includes(`\`${file}\``), file);
  });
}

Deno.test("examples: an editor finds the schema from the example", async () => {
  const text = await Deno.readTextFile(example);
  const schema = /^# yaml-language-server: \$schema=(\S+)/.exec(text)?.[1];
  const { properties } = JSON.parse(await Deno.readTextFile(new URL(schema!, `file://${example}`)));
  assert.ok("stations" in properties);
});
