import { parseOcppRules } from "../../../gateway/config/ocpp_rules_file.ts";
import { OcppRuleEntry } from "../../../gateway/config/ocpp_rule_schema.ts";
import { jsonSchemaOf } from "../../../gateway/config/schema_faults.ts";
import { BUILT_IN_RULES } from "../../../policies/built_in_rules.ts";
import garage from "../../../examples/garage/rules/ocpp.yaml" with { type: "text" };
import { ruleMatrix, ruleRows } from "../../../policies/ocpp_table.ts";
import { REHOMING_LINES } from "../../../policies/rehoming_rows.ts";
import { code, page, table } from "./page.ts";

/** docs/policy-table.md: the built-in rules, the conditions a rule may have, and the example garage as a table. */
export function policyTablePage(): string {
  return page(
    "Policy table",
    [
      "Who may send what through the relay. The rules of your own site, and what they mean for each of your stations, are shown",
      "by `policy table`. How decisions are made and how rules are written, tested and replayed: policies.md.",
    ].join("\n"),
    "## Built-in rules\n\nIn the order in which they are asked. They hold on every site; an allow rule of a site lifts none of them.",
    table(
      ["rule", "from", "what", "answer", "in force"],
      BUILT_IN_RULES.map(({ rule, who, what, answer, when }) => [code(rule), who, what, answer, when]),
    ),
    [
      "## Re-homing\n",
      "What is about the connection to the CSMS is for the gateway, which is the station there; what is for the car or the",
      "station goes through. The first row that fits decides, after the rules above and the site's own.",
    ].join("\n"),
    table(
      ["rule", "from", "actions", "when", "answer", "why"],
      REHOMING_LINES.map((
        { rule, from, actions, when, answer, because },
      ) => [code(rule), from, actions, when, answer, because]),
    ),
    "## Keys of a rule\n\nAll conditions that a rule has must hold; in a list, one entry suffices.",
    table(["key", "meaning"], conditionRows()),
    "## Example: the rules of examples/garage",
    exampleTables(),
  );
}

function conditionRows(): string[][] {
  const { properties, required } = jsonSchemaOf(OcppRuleEntry);
  return Object.entries(properties ?? {}).map(([key, { description }]) => {
    return [code(key), `${description ?? ""}${required?.includes(key) ? " (required)" : ""}`];
  });
}

function exampleTables(): string {
  const read = parseOcppRules("examples/garage/rules/ocpp.yaml", garage);
  if ("faults" in read) throw new Error(read.faults.join("\n"));
  const station = { id: "CP001", vendor: "bender", model: "CC613", unit: "bay-07" };
  const matrix = ruleMatrix(read.rules, [{ resource: { station, csms: "main" }, version: "ocpp1.6" }]);
  return [
    table(
      ["rule", "effect", "who", "what", "because"],
      ruleRows(read.rules).map(({ id, effect, who, what, because }) => [code(id), effect, who, what, because]),
    ),
    "For the station CP001 of that site:\n",
    table(["from", "action", "answer"], matrix.map(({ from, action, answer }) => [from, action, answer])),
  ].join("\n");
}
