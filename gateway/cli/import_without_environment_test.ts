import { equal, rejects } from "node:assert/strict";
import process from "node:process";
import { importWithoutEnvironment } from "./import_without_environment.ts";

Deno.test("import without environment: what is loaded sees no variable, and afterwards all are there again", async () => {
  const before = Object.keys(process.env).length;
  equal(await importWithoutEnvironment(() => Promise.resolve(Object.keys(process.env).length)), 0);
  equal(Object.keys(process.env).length, before);
});

Deno.test("import without environment: a module that cannot be loaded leaves everything as it was", async () => {
  const before = Object.keys(process.env).length;
  await rejects(importWithoutEnvironment(() => Promise.reject(new Error("no such module"))), /no such module/);
  equal(Object.keys(process.env).length, before);
});
