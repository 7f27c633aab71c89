import { deepEqual, equal, throws } from "node:assert/strict";
import { POSTURE_LIMITS } from "../limits.ts";
import { listIn, textIn } from "./golden_args.ts";

Deno.test("golden args: a text of 1 to the limit, without blanks around it; nothing stays nothing", () => {
  deepEqual([textIn(undefined), textIn(" a b "), textIn("7")], [undefined, "a b", "7"]);
  equal(textIn("x".repeat(POSTURE_LIMITS.textChars))?.length, POSTURE_LIMITS.textChars);
  for (const bad of ["", "  ", "x".repeat(POSTURE_LIMITS.textChars + 1)]) {
    throws(
      () => textIn(bad),
      { code: "CLI_USAGE", message: /A text of \d+ characters/ },
      JSON.stringify(bad).slice(0, 9),
    );
  }
});

Deno.test("golden args: names with commas, each once, without blanks; an empty list and one beyond the limit are refused", () => {
  deepEqual(listIn(undefined), undefined);
  deepEqual(listIn(" log , free,,log "), ["log", "free"]);
  equal(listIn("a,b,c", 5)?.length, 3);
  for (const bad of ["", ",", " , ,"]) throws(() => listIn(bad), { code: "CLI_USAGE" }, bad);
  throws(() => listIn("a,b,cd", 5), { code: "CLI_USAGE", message: /A list of 6 characters/ });
});
