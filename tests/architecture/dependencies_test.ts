import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { importGraph } from "./import_graph.ts";
import { isTestPath, ROOT, sourceFiles } from "./tree.ts";

interface Row {
  readonly name: string;
  readonly version: string;
  readonly where: string;
  readonly why: string;
}

const PAGE = await Deno.readTextFile(`${ROOT}docs/dependencies.md`);
const ROWS: readonly Row[] = PAGE.split("\n").filter((line) => line.startsWith("| ")).slice(1).map((line) => {
  const [, name = "", version = "", _licence, where = "", why = ""] = line.split("|").map((cell) => cell.trim());
  return { name, version, where, why };
}).filter(({ name }) => name !== "---");

Deno.test("dependencies: deno.json names npm packages in exact versions only", () => {
  const loose = Object.values(denoJson.imports).filter((target) =>
    !/^npm:(@[^/]+\/)?[^@/]+@\d+\.\d+\.\d+$/.test(target)
  );
  assert.deepEqual(loose, []);
});

Deno.test("dependencies: the page has one row for every package, with its version and why", () => {
  const declared = Object.values(denoJson.imports).map((target) => target.slice("npm:".length)).sort();
  assert.deepEqual(ROWS.map(({ name, version }) => `${name}@${version}`).sort(), declared);
  assert.deepEqual(ROWS.filter(({ why }) => why.length < 10), []);
});

Deno.test("dependencies: the rows stand in alphabetical order", () => {
  const names = ROWS.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());
});

Deno.test("dependencies: what the product imports is marked as running on a site", async () => {
  const product = sourceFiles(".ts", ".tsx").map(({ path }) => path).filter((path) =>
    !isTestPath(path) && !path.endsWith("/generate.ts")
  );
  const used = (await importGraph(product)).map(({ to }) => /^npm:\/?((?:@[^/]+\/)?[^@/]+)@/.exec(to)?.[1]);
  const tests = ROWS.filter(({ where }) => where === "tests").map(({ name }) => name);
  assert.deepEqual(tests.filter((name) => used.includes(name)), []);
});
