import assert from "node:assert/strict";
import { ROOT, sourceFiles } from "./tree.ts";

const PAGE = "docs/ocpp-conformance.md";

/** The rows of the page: the rule, and the names of tests in its last cell. */
function rows(): { readonly rule: string; readonly tests: readonly string[] }[] {
  const lines = Deno.readTextFileSync(ROOT + PAGE).split("\n").filter((line) => /^\| (LC\d+|O-\d+) \|/.test(line));
  return lines.map((line) => {
    const cells = line.split(" | ");
    return {
      rule: cells[0]!.slice(2),
      tests: [...cells.at(-1)!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!),
    };
  });
}

/** Names of all tests and steps as they stand in the source; a name with values in it counts up to the first one. */
function testNames(): string[] {
  return sourceFiles("_test.ts").flatMap(({ text }) =>
    [...text.matchAll(/(?:test|step)\(\s*["`]([^"`]+)/g)].map((match) => match[1]!)
  );
}

Deno.test("ocpp conformance: every test that the page names exists", () => {
  const names = testNames();
  const missing = rows().flatMap(({ rule, tests }) =>
    tests.filter((test) => !names.some((name) => name.startsWith(test))).map((test) => `${rule}: ${test}`)
  );
  assert.deepEqual(missing, []);
});

Deno.test("ocpp conformance: every rule of a Local Controller has a row with a test, and every rule of security", () => {
  const known = rows().filter(({ tests }) => tests.length > 0).map(({ rule }) => rule);
  const locals = Array.from({ length: 15 }, (_, index) => `LC${index + 1}`);
  const security = Array.from({ length: 25 }, (_, index) => `O-${String(index + 1).padStart(2, "0")}`);
  assert.deepEqual(known, [...locals, ...security]);
});
