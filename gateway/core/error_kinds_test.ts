import { deepEqual, equal, ok } from "node:assert/strict";
import { ConfigError, describeError, GatewayError, IntegrityError, StorageError } from "./errors.ts";

Deno.test("errors: a kind says its name, code, hint and cause, and stays an Error", () => {
  const cause = new Error("disk");
  const error = new StorageError("STORE_FAILED", "Cannot write", { hint: "free space", cause });
  deepEqual([error.name, error.code, error.hint, error.cause], ["StorageError", "STORE_FAILED", "free space", cause]);
  ok(error instanceof GatewayError && error instanceof Error);
  equal(error instanceof IntegrityError, false);
});

Deno.test("errors: without detail there is neither a hint nor an own cause", () => {
  const error = new GatewayError("CLI_USAGE", "wrong");
  equal(error.hint, undefined);
  equal(Object.hasOwn(error, "cause"), false);
});

Deno.test("errors: a configuration error lists all its faults, none when none are named", () => {
  deepEqual(new ConfigError("CFG_INVALID", "bad", { faults: ["a:1", "b:2"] }).faults, ["a:1", "b:2"]);
  deepEqual(new ConfigError("CFG_INVALID", "bad").faults, []);
});

const NESTED = new Error("outer", { cause: new Error("middle", { cause: "inner" }) });
const DESCRIBED: readonly { name: string; thrown: unknown; text: string }[] = [
  { name: "an error", thrown: new Error("plain"), text: "plain" },
  { name: "an error with causes", thrown: NESTED, text: "outer: middle: inner" },
  { name: "a string", thrown: "text", text: "text" },
  { name: "nothing", thrown: undefined, text: "undefined" },
  { name: "null", thrown: null, text: "null" },
];
for (const { name, thrown, text } of DESCRIBED) {
  Deno.test(`errors: ${name} is described in words, without a stack`, () => equal(describeError(thrown), text));
}
