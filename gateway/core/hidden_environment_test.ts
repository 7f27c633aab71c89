import { equal } from "node:assert/strict";
import process from "node:process";
import { hideEnvironment } from "./hidden_environment.ts";

Deno.test("hidden environment: packages see no variable, and afterwards the very same object", () => {
  const before = process.env;
  const show = hideEnvironment();
  try {
    equal(Object.keys(process.env).length, 0);
    equal(process.env["PATH"], undefined);
  } finally {
    show();
  }
  equal(process.env, before);
});

Deno.test("hidden environment: one inside another ends as it began", () => {
  const before = process.env;
  const showOuter = hideEnvironment(), hidden = process.env;
  const showInner = hideEnvironment();
  showInner();
  equal(process.env, hidden);
  showOuter();
  equal(process.env, before);
});
