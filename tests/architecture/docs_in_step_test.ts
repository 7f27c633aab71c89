import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { COMMANDS } from "../../gateway/cli/command_table.ts";
import { GENERATED_PAGES } from "../support/docs/pages.ts";
import { productTexts } from "./literals.ts";
import { REGISTRIES } from "./registries.ts";
import { ROOT, sourceFiles } from "./tree.ts";

/** Files written by people that name metrics, codes and commands. */
const WRITTEN = sourceFiles(".md", "grafana_dashboard.json").filter(({ path }) => !(path in GENERATED_PAGES));

for (const [path, make] of Object.entries(GENERATED_PAGES)) {
  Deno.test(`docs in step: ${path} is what the code says`, async () => {
    const committed = await Deno.readTextFile(ROOT + path).catch((error) => `missing: ${error}`);
    assert.equal(committed, make(), `${path} is stale: run \`deno task docs\` and commit it`);
  });
}

const namesOf = (what: string): readonly string[] => REGISTRIES.find((registry) => registry.what === what)!.names;

/** Every match of `pattern` (first group) in hand-written pages that `known` does not know. */
function unknownNames(pattern: RegExp, known: (name: string) => boolean): string[] {
  return WRITTEN.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => match[1]!).filter((name) => !known(name)).map((name) =>
      `${path}: ${name}`
    )
  );
}

Deno.test("docs in step: every metric named in a page or dashboard exists", () => {
  const names = namesOf("metric");
  const known = (name: string) => names.includes(name) || names.includes(name.replace(/_(bucket|sum|count)$/, ""));
  assert.deepEqual(unknownNames(/\b(bulkhead_[a-z0-9_]+[a-z0-9])\b/g, known), []);
});

Deno.test("docs in step: every error code named in a page exists", () => {
  const names = namesOf("error code");
  const families = new Set(names.map((name) => name.split("_")[0]!));
  const known = (name: string) => names.includes(name) || !families.has(name.split("_")[0]!);
  assert.deepEqual(unknownNames(/`([A-Z]+(?:_[A-Z0-9]+)+)`/g, known), []);
});

/** Says whether words such as "backup key FILE" call a command, its own words only where it takes arguments. */
function isCommand(line: string): boolean {
  const words = line.split(/\s+/);
  const called = [3, 2, 1].map((count) => words.slice(0, count).join(" "))
    .map((name) => COMMANDS.find((command) => command.name === name)).find((command) => command !== undefined);
  if (!called) return false;
  const next = words[called.name.split(" ").length];
  return next === undefined || !/^[a-z]+$/.test(next) || (called.args ?? []).length > 0;
}

Deno.test("docs in step: every command shown in a page exists", () => {
  assert.deepEqual(unknownNames(/deno task start ([a-z]+(?: [A-Za-z-]+)*)/g, isCommand), []);
});

Deno.test("docs in step: every command that a hint or message names exists", () => {
  const firstWords = new Set(COMMANDS.map(({ name }) => name.split(" ")[0]!));
  const named = productTexts().flatMap(({ path, text }) =>
    [...text.matchAll(/`([a-z]+(?: [^`]*)?)`/g)].map((match) => ({ path, line: match[1]! }))
  );
  const unknown = named.filter(({ line }) => firstWords.has(line.split(" ")[0]!) && !isCommand(line));
  assert.deepEqual(unknown, []);
});

Deno.test("docs in step: every link between pages leads somewhere", async () => {
  const links = sourceFiles(".md").flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?![a-z]+:)([^)#\s]+)[^)]*\)/g)].map((match) =>
      new URL(match[1]!, pathToFileURL(ROOT + path))
    )
  );
  const dead: string[] = [];
  for (const link of links) {
    const found = await Deno.stat(link).then(() => true, () => false);
    if (!found) dead.push(link.pathname.slice(ROOT.length));
  }
  assert.deepEqual(dead, []);
});

Deno.test("docs in step: every page of docs/ that another page names exists", () => {
  const pages = new Set(sourceFiles(".md").map(({ path }) => path.split("/").at(-1)!));
  const named = unknownNames(/(?<![/\w.-])([a-z][a-z0-9-]*\.md)\b/g, (name) => pages.has(name));
  assert.deepEqual(named, []);
});
