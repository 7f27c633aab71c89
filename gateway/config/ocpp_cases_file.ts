import { z } from "zod";
import { minuteOfWeek, type OcppCases } from "../../policies/ocpp_case.ts";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { ConfigError } from "../core/errors.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { faultText } from "./fault.ts";
import { OcppRuleEntry } from "./ocpp_rule_schema.ts";
import { jsonSchemaOf, schemaFaults } from "./schema_faults.ts";
import { Text } from "./values.ts";
import { parseYaml } from "./yaml_source.ts";

const Case = z.strictObject({
  case: Text.describe("What happens, in a few words"),
  station: z.strictObject({ id: Text, vendor: Text.optional(), model: Text.optional(), unit: Text.optional() })
    .optional()
    .describe("The station as site.yaml has it; absent: { id: CP001 }"),
  csms: Text.optional().describe("The station's CSMS; main when absent"),
  from: z.enum(["station", "csms"]).describe("Who sends the message"),
  version: z.enum(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]).optional().describe("ocpp1.6 when absent"),
  action: Text.describe("The action of the message"),
  payload: z.record(z.string(), z.unknown()).optional().describe("What the message says"),
  at: z.string().refine((text) => minuteOfWeek(text) !== undefined, { error: 'a day and a time, as "mon 22:30"' })
    .optional().describe('When it comes, as "mon 22:30"'),
  times: z.int().min(1).max(POLICY_LIMITS.rateMessages + 1).optional().describe("How often it comes"),
  seconds: z.int().min(0).max(POLICY_LIMITS.rateSeconds).optional().describe("Over how many seconds"),
  mode: z.enum(["enforce", "observe"]).optional().describe("As ocpp.mode; enforce when absent"),
  expect: z.enum(["pass", "refuse"]).describe("What has to become of it, the last of `times`"),
  rule: Text.optional().describe("The rule that has to decide"),
});

const Cases = z.strictObject({
  rules: z.array(OcppRuleEntry).max(POLICY_LIMITS.rules).optional().describe(
    "Rules of these cases; absent: the site's",
  ),
  cases: z.array(Case).min(1).max(10_000).describe("The cases"),
});

/** Reads a cases file. @throws ConfigError CFG_INVALID with every fault and its line */
export function readOcppCases(file: string, text: string): OcppCases {
  const source = parseYaml(text);
  const result = Cases.safeParse(source.value, { reportInput: true });
  if (result.success && source.faults.length === 0) return result.data as OcppCases;
  const lines = source.faults.map((fault) => faultText(file, fault.place, fault));
  if (!result.success) {
    const found = schemaFaults(result.error.issues, jsonSchemaOf(Cases), (path) => source.sourceOf(path));
    lines.push(...found.map((fault) => faultText(file, source.placeOf(fault.path, fault.at), fault)));
  }
  const shown = lines.slice(0, CONFIG_LIMITS.faultsShown).map((line) => line.replace(" site.yaml: ", " cases: "));
  throw new ConfigError("CFG_INVALID", `The cases file "${file}" cannot be used`, { faults: shown });
}
