import { z } from "zod";
import { ModbusRulesFile } from "./modbus_rule_schema.ts";
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
  return rulesSchema(OcppRulesFile, "Bulkhead OCPP rules");
}

/** The same of the rules file that `modbus.rules` names, as the text of schema/modbus-rules.schema.json. */
export function modbusRulesJsonSchema(): string {
  return rulesSchema(ModbusRulesFile, "Bulkhead Modbus rules");
}

function rulesSchema(list: z.ZodType, title: string): string {
  const { $schema, ...rest } = z.toJSONSchema(list, { io: "input", target: "draft-7" });
  return JSON.stringify({ $schema, title, ...rest }, null, 2) + "\n";
}
