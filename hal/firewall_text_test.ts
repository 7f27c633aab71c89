import { doesNotThrow, throws } from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { checkRulesetText } from "./firewall_text.ts";
import { TEST_RULESET } from "./testing/test_ruleset.ts";

function refused(text: string, why: RegExp): void {
  throws(() => checkRulesetText(text), (error) => {
    return error instanceof HardwareError && error.code === "HAL_FIREWALL_TEXT" && why.test(error.message);
  });
}

Deno.test("firewall text: the form that the gateway writes is taken", () => {
  doesNotThrow(() => checkRulesetText(TEST_RULESET));
});

Deno.test("firewall text: comments and texts may hold any word", () => {
  doesNotThrow(() => checkRulesetText(TEST_RULESET.replace("iif lo accept", 'iif lo accept comment "include { #"')));
  doesNotThrow(() => checkRulesetText(TEST_RULESET.replace("iif lo accept", "# include { nothing")));
});

for (
  const [what, find, instead, why] of [
    ["a file read at the top", "add table inet bulkhead", 'include "/etc/shadow"', /Line 1 .*word/],
    ["a file read inside", "iif lo accept", 'include "/etc/shadow"', /word/],
    ["a file read behind a brace", "chain input {", 'chain input { include "/x"', /word/],
    ["a second statement in a line", "iif lo accept", 'iif lo accept; include "/x"', /character/],
    ["a variable", "add table inet bulkhead", "define x = 1", /Line 1 .*word/],
    ["another table", "table inet bulkhead {", "table inet other {", /outside of hald's tables/],
    ["a table of another family", "table inet bulkhead {", "table netdev bulkhead {", /outside/],
    ["the end of all rules", "add table inet bulkhead", "flush ruleset", /Line 1 .*outside/],
    ["packets for a program", "iif lo accept", "iif lo queue num 1", /word/],
    ["a text that does not end", "iif lo accept", 'iif lo accept comment "x', /text that does not end/],
    ["letters beyond ASCII", "iif lo accept", "iif l\u00f6 accept", /character/],
    ["a continued line", "iif lo accept", "iif lo \\", /character/],
    ["input that accepts by default", "policy drop", "policy accept", /no chain on input/],
    ["input without a policy", "\t\tpolicy drop\n", "", /no chain on input/],
    ["a brace too much", "iif lo accept", "}\n}", /closes|outside/],
    ["a brace too few", "chain output {", "chain output { {", /ends inside/],
  ] as const
) {
  Deno.test(`firewall text: ${what} is refused`, () => refused(TEST_RULESET.replace(find, instead), why));
}

Deno.test("firewall text: two chains on one hook are refused: the second could not be told from the first", () => {
  refused(
    TEST_RULESET.replace(
      "chain output {",
      "chain input2 {\n\t\ttype filter hook input priority filter\n\t\tpolicy drop\n\t}\n\tchain output {",
    ),
    /no chain on input/,
  );
});

Deno.test("firewall text: nothing is no ruleset", () => refused("", /no chain on input/));
