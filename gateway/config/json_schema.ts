import { z } from "zod";
import { OcppRulesFile } from "./ocpp_rule_schema.ts";
import { Site } from "./schema.ts";

/**
 * The JSON Schema of site.yaml for editors, as the text of schema/site.schema.json. Draft 7, because the YAML language
 * servers of today read it. It knows keys, kinds and values; checks across keys are made by `check` only.
 */
export function siteJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(Site, { io: "input", target: "draft-7" });
  return JSON.stringify({ $schema, title: "Bulkhead site.yaml", ...rest }, null, 2) + "\n";
}

/** The same of the rules file that `ocpp.rules` names, as the text of schema/ocpp-rules.schema.json. */
export function ocppRulesJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(OcppRulesFile, { io: "input", target: "draft-7" });
  return JSON.stringify({ $schema, title: "Bulkhead OCPP rules", ...rest }, null, 2) + "\n";
}
