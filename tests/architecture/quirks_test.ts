import { deepEqual } from "node:assert/strict";
import { BUILT_IN, QUIRK_NAMES, QUIRKS } from "../../profiles/quirks.ts";
import { isTestPath, sourceFiles } from "./tree.ts";

Deno.test("quirks: Q1 to Q25 are each a switch or built in, and each has a test of its name", () => {
  const all = Array.from({ length: 25 }, (_, i) => `Q${i + 1}`);
  const told = new Set([...QUIRK_NAMES.map((name) => QUIRKS[name].id), ...BUILT_IN.map(({ id }) => id)]);
  deepEqual(all.filter((id) => !told.has(id)), []);
  const tests = sourceFiles(".ts").filter(({ path }) => isTestPath(path)).map(({ text }) => text).join("\n");
  const elsewhere = BUILT_IN.filter(({ test }) => test === "").map(({ id }) => id);
  const untested = all.filter((id) => !elsewhere.includes(id) && !tests.includes(`quirk ${id}: `));
  deepEqual(untested, []);
});
