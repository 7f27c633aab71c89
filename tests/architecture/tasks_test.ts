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
  const { unit, architecture, long, integration } = denoJson.tasks;
  const commands = [unit, architecture, long, integration, ...lanes("acceptance"), ...lanes("it:lanes")].join(" ");
  for (const folder of RUN) {
    const name = folder.split("/").filter((part) => part && part !== "tests").at(-1)!;
    assert.ok(commands.includes(name), `no task runs ${folder}`);
  }
});

for (const [task, folder] of [["acceptance", "acceptance"], ["it:lanes", "netns"]] as const) {
  Deno.test(`tasks: every file of tests/${folder} is run by one of the lanes of ${task}, and by no other`, () => {
    const pattern = new RegExp(`tests/${folder}/(\\w)\\*_test\\.ts`, "g");
    const letters = (command: string) => [...command.matchAll(pattern)].map(([, letter]) => letter!);
    const [rest, ...others] = lanes(task).toSorted((one) => one.includes("--ignore=") ? -1 : 1);
    assert.ok(rest!.endsWith(` tests/${folder}`), "what no other lane runs is run by the lane that leaves those out");
    const named = others.flatMap(letters);
    assert.deepEqual(letters(rest!).toSorted(), named.toSorted());
    assert.equal(new Set(named).size, named.length, "no file is run twice");
  });
}

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
  assert.equal(test, "deno task ok && DENO_JOBS=3 deno task beyond"); // else as many at a time as there are processors
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

Deno.test("tasks: nor does a test outside the lab use openssl s_client through a helper", () => {
  const users = sourceFiles("_test.ts", "_test.tsx")
    .filter(({ path, text }) => !path.startsWith("tests/netns/") && /\{[^}]*\brunSClient\b[^}]*\} from/.test(text));
  assert.deepEqual(users.map(({ path }) => path), []);
});

/** Commands of the lanes of a task. */
function lanes(task: "acceptance" | "it:lanes"): string[] {
  const tasks: Record<string, unknown> = denoJson.tasks;
  return denoJson.tasks[task].dependencies.map((name) => String(tasks[name]));
}
