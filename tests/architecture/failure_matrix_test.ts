import assert from "node:assert/strict";
import { ROOT, sourceFiles } from "./tree.ts";

/** "row / column: cell" of every cell of docs/failure-matrix.md: of each table whose first column is "away". */
function cellsOfPage(): string[] {
  const page = Deno.readTextFileSync(`${ROOT}docs/failure-matrix.md`);
  const rows = page.split("\n").filter((line) => line.startsWith("| ")).map((line) => line.slice(2, -2).split(" | "));
  let columns: readonly string[] = [];
  return rows.flatMap(([row, ...cells]) => {
    if (row === "away" || row === "row") columns = row === "away" ? cells : [];
    if (row === "away" || row?.startsWith("---") || columns.length === 0) return [];
    return cells.map((cell, index) => `${row} / ${columns[index]}: ${cell}`);
  });
}

/** What stands behind "failure matrix: " in the names of tests, those of whole rows left out. */
function cellsOfTests(): string[] {
  return sourceFiles("_test.ts").filter(({ path }) => /\/failure_matrix_\w+_test\.ts$/.test(path)).flatMap(({ text }) =>
    [...text.matchAll(/"failure matrix: ([^"]+ \/ [^"]+)"/g)].map((match) => match[1]!)
  );
}

Deno.test("failure matrix: every cell of the page is a test of that name, and the other way round", () => {
  const tests = cellsOfTests();
  assert.equal(new Set(tests).size, tests.length, "two tests have one name");
  assert.deepEqual(cellsOfPage().sort(), tests.sort());
});

Deno.test("failure matrix: no cell is left empty or untested", () => {
  const cells = cellsOfPage();
  assert.ok(cells.length >= 48, `only ${cells.length} cells`);
  assert.deepEqual(cells.filter((cell) => /: *$|untested/.test(cell)), []);
});
