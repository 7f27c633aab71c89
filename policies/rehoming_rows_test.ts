import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { GUARDS } from "./ocpp_rehoming.ts";
import { REHOMING_TABLE } from "./ocpp_rehoming_table.ts";
import { REHOMING_LINES } from "./rehoming_rows.ts";

Deno.test("rehoming rows: every guard and every row of the table has its line, in the order in which they decide", () => {
  const rules = [...Object.keys(GUARDS), ...REHOMING_TABLE.map(({ rule }) => rule)];
  equal(REHOMING_LINES.map(({ rule }) => rule), rules);
});

Deno.test("rehoming rows: lines are words for people", () => {
  for (const line of REHOMING_LINES) {
    for (const [key, text] of Object.entries(line)) {
      ok(typeof text === "string" && text !== "" && !text.includes("undefined"), `${line.rule} ${key}: ${text}`);
    }
    ok(["relayed", "answered by the gateway", "refused"].includes(line.answer), line.answer);
  }
});
