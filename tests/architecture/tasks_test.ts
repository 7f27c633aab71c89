import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { SHARES, testFiles } from "../together/load.ts";
import { sourceFiles } from "./tree.ts";

/** Folders that `deno task test` and `deno task it` hand to `deno test`. */
const RUN = [
  "policies/",
  "tests/acceptance/",
  "tests/architecture/",
  "tests/conformance/",
  "tests/integration/",
  "tests/netns/",
  "tests/together/",
];

/** A program that a test starts by its name. */
const PROGRAM = /(?:Deno\.Command|execFile(?:Sync)?|spawn(?:Sync)?)\(\s*"([^"]+)"/g;

Deno.test("tasks: every test file is run by a task", () => {
  const tests = sourceFiles("_test.ts", "_test.tsx").map(({ path }) => path);
  const together = new Set([...testFiles("unit"), ...testFiles("long")]);
  assert.ok(together.size > 500, "the tests beside the code are found");
  assert.deepEqual(tests.filter((path) => !together.has(path) && !RUN.some((folder) => path.startsWith(folder))), []);
});

Deno.test("tasks: each share of the tests beside the code is run, and no file stands in two", () => {
  for (const kind of ["unit", "long"] as const) {
    const shares = sourceFiles("_test.ts").filter(({ path }) => path.startsWith(`tests/together/${kind}_`));
    for (const { path } of shares) assert.ok(denoJson.tasks[kind].includes(path), `${kind} runs ${path}`);
    const numbers = shares.map(({ text }) => text.match(/loadTests\("(\w+)", (\d)\)/)!.slice(1).join(" "));
    assert.deepEqual(numbers, Array.from({ length: SHARES }, (_, at) => `${kind} ${at}`));
  }
});

Deno.test("tasks: the folders above are named in deno.json", () => {
  const { unit, architecture, long, integration, acceptance } = denoJson.tasks;
  const commands = [unit, architecture, long, integration, acceptance, ...lanes()].join(" ");
  for (const folder of RUN) {
    const name = folder.split("/").filter((part) => part && part !== "tests").at(-1)!;
    assert.ok(commands.includes(name), `no task runs ${folder}`);
  }
});

Deno.test("tasks: every file of the lab is run by one of its lanes, and by no other", () => {
  const globs = (command: string) =>
    [...command.matchAll(/tests\/netns\/(\w)\*_test\.ts/g)].map(([, letter]) => letter!);
  const [rest, ...others] = lanes().toSorted((one) => one.includes("--ignore=") ? -1 : 1);
  assert.ok(rest!.endsWith(" tests/netns"), "what no other lane runs is run by the lane that leaves those out");
  assert.deepEqual(globs(rest!).toSorted(), others.flatMap(globs).toSorted());
});

Deno.test("tasks: policies are tested without any permission", () => {
  const command = denoJson.tasks.unit.split("&&").find((part) => part.includes("policies"));
  assert.ok(command && !/ -A|--allow/.test(command), `wanted no --allow flag: ${command}`);
});

Deno.test("tasks: no pattern in braces: `deno test` does not expand them and then runs nothing, with success", () => {
  for (const [name, task] of Object.entries(denoJson.tasks)) {
    const command = typeof task === "string" ? task : "";
    assert.ok(!/\{[^}]*,/.test(command), `task ${name}`);
  }
});

Deno.test("tasks: test is ok and then everything else that needs no root, side by side", () => {
  const { test, beyond } = denoJson.tasks;
  assert.equal(test, "deno task ok && deno task beyond");
  assert.deepEqual(beyond.dependencies.toSorted(), ["acceptance", "integration", "long"]);
});

Deno.test("tasks: ok is format, lint, types, unit tests and architecture, whatever runs beside what", () => {
  const { ok, style, types } = denoJson.tasks;
  assert.deepEqual(ok.dependencies.toSorted(), ["architecture", "style", "types", "unit"]);
  assert.deepEqual([style, types], ["deno fmt --check && deno lint", "deno check"]);
});

Deno.test("tasks: only the lab starts programs of Debian, so that `deno task test` needs Node.js alone", () => {
  const everywhere = ["mkfifo", "timeout"]; // of coreutils
  const started = sourceFiles("_test.ts", "_test.tsx")
    .filter(({ path }) => !path.startsWith("tests/netns/") && !path.startsWith("tests/architecture/"))
    .flatMap(({ path, text }) => [...text.matchAll(PROGRAM)].map(([, name]) => ({ path, name: name! })));
  assert.ok(started.length > 0, "the pattern finds nothing any more");
  assert.deepEqual(started.filter(({ name }) => !everywhere.includes(name)), []);
});

/** Commands of the lanes of the lab. */
function lanes(): string[] {
  const tasks: Record<string, unknown> = denoJson.tasks;
  return denoJson.tasks.it.dependencies.map((name) => String(tasks[name]));
}
