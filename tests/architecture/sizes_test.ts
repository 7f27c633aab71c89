import assert from "node:assert/strict";
import { FUNCTION_LINES } from "./lint_rules/function_size.ts";
import {
  countCodecsAndPolicies,
  countOverall,
  FILE_LINES,
  type LineCount,
  lineCount,
  longFunctions,
  ratioByFolder,
  TEST_RATIO,
} from "./size_budgets.ts";
import { sourceFiles } from "./tree.ts";

const SOURCES = sourceFiles(".ts", ".tsx");

/** Tells the reader of a test run what is near its limit; nothing fails. */
function print(title: string, rows: readonly string[]): void {
  if (rows.length > 0) {
    Deno.stdout.writeSync(new TextEncoder().encode(`${title}\n${rows.map((row) => `  ${row}\n`).join("")}`));
  }
}

function checkRatio(name: string, { code, tests }: LineCount, minimum: number): void {
  const ratio = code === 0 ? Infinity : tests / code;
  print(`test:code ${name}`, [`${tests} / ${code} = ${ratio.toFixed(2)} (at least ${minimum})`]);
  assert.ok(
    ratio >= minimum,
    `${name}: ${tests} test lines for ${code} lines of code is ${ratio.toFixed(2)}, wanted ${minimum}`,
  );
}

Deno.test("sizes: no file is longer than the hard limit", () => {
  const sized = SOURCES.map(({ path, text }) => ({ path, lines: lineCount(text) }));
  const over = (limit: number) =>
    sized.filter(({ lines }) => lines > limit).map(({ path, lines }) => `${path}: ${lines} lines`);
  print(`files over ${FILE_LINES.soft} lines`, over(FILE_LINES.soft));
  assert.deepEqual(over(FILE_LINES.hard), []);
});

Deno.test("sizes: no function is longer than the hard limit", () => {
  print(`functions over ${FUNCTION_LINES.soft} lines`, longFunctions(SOURCES, FUNCTION_LINES.soft));
  assert.deepEqual(longFunctions(SOURCES, FUNCTION_LINES.hard), []);
});

Deno.test("sizes: there is as much test as code", () => {
  const files = sourceFiles(".ts", ".tsx", ".yaml");
  print("test:code by folder, tests/ not counted", ratioByFolder(files));
  checkRatio("overall", countOverall(files), TEST_RATIO.overall);
});

Deno.test("sizes: codecs and policies have half as much again", () => {
  checkRatio(
    "codecs and policies",
    countCodecsAndPolicies(sourceFiles(".ts", ".yaml")),
    TEST_RATIO.codecsAndPolicies,
  );
});

Deno.test("sizes: the counts see what they should", () => {
  const file = (path: string, lines: number) => ({ path, text: "x\n".repeat(lines) });
  const files = [
    file("main.ts", 10),
    file("gateway/ocpp/codec.ts", 20),
    file("gateway/ocpp/codec_test.ts", 30),
    file("policies/ocpp.ts", 5),
    file("policies/ocpp_test.ts", 6),
    file("policies/cases/ocpp/a.yaml", 2),
    file("tests/conformance/ocpp_test.ts", 4),
    file("tests/support/wait_for.ts", 1),
    file("tests/architecture/sizes_test.ts", 1000),
    file("tests/bench/ocpp.ts", 1000),
    file("tests/support/sbom.ts", 1000),
  ];
  assert.deepEqual(countOverall(files), { code: 35, tests: 43 });
  assert.deepEqual(countCodecsAndPolicies(files), { code: 25, tests: 42 });
  assert.deepEqual(ratioByFolder(files), [
    "main.ts: 0 / 10 = 0.00",
    "gateway/ocpp: 30 / 20 = 1.50",
    "policies: 8 / 5 = 1.60",
  ]);
});

Deno.test("sizes: a long function is found in a class, an object and a nested function", () => {
  const body = "  work();\n".repeat(5);
  const text = `class A {\n m() {\n${body} }\n}\nconst o = { z() {\n${body} } };\nconst f = () => {\n${body}};\n`;
  const found = longFunctions([{ path: "gateway/a.ts", text }], 5);
  assert.deepEqual(found.map((row) => row.replace("gateway/a.ts: ", "")), [
    "m has 7 lines",
    "z has 7 lines",
    "f has 7 lines",
  ]);
});
