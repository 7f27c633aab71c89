import { equal, throws } from "node:assert/strict";
import { levelOf } from "./run.ts";

Deno.test("run: a log level is one of four, info when absent", () => {
  equal(levelOf(undefined), "info");
  equal(levelOf("debug"), "debug");
  throws(() => levelOf("loud"), { code: "CLI_USAGE", message: /--log-level.*debug.*got "loud"/ });
});
