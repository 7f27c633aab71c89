import { deepEqual, match, ok } from "node:assert/strict";
import { shippedGuides } from "../../gateway/posture/guides.ts";
import { ROOT, sourceFiles } from "./tree.ts";

const PAGE = "docs/vendor-guides.md";
const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}-${String(at + 1).padStart(2, "0")}`);
/** Every line of both guides. */
const IDS = [...numbered("BC", 15), ...numbered("EV", 33)];

/** The rows of the page: the id of a line, and the names of tests in its last cell. */
const ROWS = Deno.readTextFileSync(ROOT + PAGE).split("\n").filter((line) => /^\| (BC|EV)-\d\d \|/.test(line))
  .map((line) => {
    const cells = line.slice(2, -2).split(" | ");
    return { id: cells[0]!, cells, tests: [...cells.at(-1)!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!) };
  });
/** Names of all tests, steps and stages of walks as they stand in the source. */
const NAMES = sourceFiles("_test.ts").flatMap(({ text }) =>
  [...text.matchAll(/(?:test|step|stage)\(\s*(?:"((?:[^"\\]|\\.)+)"|`((?:[^`\\]|\\.)+)`)/g)].map(([, a, b]) =>
    (a ?? b)!
  )
);

Deno.test("vendor guides: the page has each line of both guides once, and each says what brings it about", () => {
  deepEqual(ROWS.map(({ id }) => id).toSorted(), IDS);
  deepEqual(ROWS.filter(({ cells }) => cells.length !== 4 || cells.some((cell) => cell.trim() === "")), []);
});

Deno.test("vendor guides: each line is shown by tests that bear its id in their name", () => {
  const faults = ROWS.flatMap(({ id, tests }) => {
    if (tests.length === 0) return [`${id}: no test`];
    return tests.flatMap((test) => {
      const found = NAMES.filter((name) => name.startsWith(test));
      if (found.length === 0) return [`${id}: no test begins with "${test}"`];
      return found.some((name) => name.includes(id)) ? [] : [`${id}: "${found[0]}" does not name it`];
    });
  });
  deepEqual(faults, []);
});

Deno.test("vendor guides: a test names no line that there is not", () => {
  const known = new Set([...IDS, ...shippedGuides().all.flatMap(({ lines }) => lines.map(({ id }) => id))]);
  const named = NAMES.flatMap((name) => [...name.matchAll(/\b(?:BC|EV)-[A-Z0-9]+\b/g)].map(([id]) => id));
  ok(named.length > 150, `${named.length}`);
  deepEqual(named.filter((id) => !known.has(id)), []);
});

Deno.test("vendor guides: what posture judges by the guides' numbers stands on the page", () => {
  const judged = shippedGuides().all.flatMap(({ lines }) => lines.map(({ id }) => id))
    .filter((id) => /^(?:BC|EV)-\d\d/.test(id)).map((id) => id.slice(0, 5));
  ok(judged.length > 30, `${judged.length}`);
  deepEqual(judged.filter((id) => !IDS.includes(id)), []);
});

/** EV-31 asks it of the maker; the same holds here, where this repository can show it. */
Deno.test("EV-31: threat model, analysis at every commit, broken input for every parser of peers, and a way to report", () => {
  const page = (name: string) => Deno.readTextFileSync(ROOT + name);
  for (
    const part of ["Assets", "Zones", "Attackers and what stands against them", "What wrapping in TLS does not solve"]
  ) {
    match(page("docs/threat-model.md"), new RegExp(`^## ${part}$`, "m"));
  }
  match(page("SECURITY.md"), /Report privately[\s\S]*within three working\s+days[\s\S]*90 days[\s\S]*## Advisories/);
  match(page(".ci/run"), /run_task test\nrun_task it\n/);
  match(page("deno.json"), /"style": "deno fmt --check && deno lint"[\s\S]*"types": "deno check"/);
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
  const parsers = sourceFiles("codec.ts").map(({ path }) => folderOf(path)).filter((path) =>
    !path.startsWith("examples/")
  );
  const broken = new Set(
    sourceFiles("_test.ts").filter(({ text }) => /\bmutate\(|\bseeded(?:Random)?\(|\bfuzz/i.test(text))
      .map(({ path }) => folderOf(path)),
  );
  ok(parsers.length > 8, `${parsers.length}`);
  deepEqual(parsers.filter((folder) => !broken.has(folder)), []);
});
