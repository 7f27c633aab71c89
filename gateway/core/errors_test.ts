import { equal } from "node:assert/strict";
import { ConfigError, describeError } from "./errors.ts";

Deno.test("errors: a cause is told once, whether the message holds it or not", () => {
  const cause = new Error("no such file");
  equal(
    describeError(new ConfigError("CFG_UNREADABLE", "Cannot read a.pem", { cause })),
    "Cannot read a.pem: no such file",
  );
  const told = new ConfigError("CFG_UNREADABLE", `Cannot read a.pem: ${cause.message}`, { cause });
  equal(describeError(told), "Cannot read a.pem: no such file");
  equal(describeError(new Error("outer", { cause: told })), "outer: Cannot read a.pem: no such file");
});

Deno.test("errors: what is no error is told as text", () => {
  equal(describeError("gone"), "gone");
  equal(describeError(undefined), "undefined");
});
