import { z } from "zod";
import { DeviceName, Expect, Text } from "../guide_schema.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

const Value = z.string().max(GOLDEN_LIMITS.valueChars).describe('What is written, in quotes: "false", "60"');
const Target = z.strictObject({ name: DeviceName.describe("As the device has it"), value: Value });

/** One file of wanted settings. Its meaning: policies/golden_types.ts. */
export const GoldenFile = z.strictObject({
  id: z.string().regex(/^[a-z0-9.-]{1,60}$/, { error: "1 to 60 of a to z, digits, '.' and '-'" }),
  title: Text.describe("Which stations it is about"),
  about: Text.describe("Where the values come from"),
  vendors: z.array(z.string().regex(/^[a-z0-9-]{1,40}$/, { error: "a vendor in lower case" })).min(1).max(50).optional()
    .describe("Vendors in lower case, as in site.yaml; absent: any"),
  models: z.array(z.string().trim().min(1).max(60)).min(1).max(50).optional().describe(
    "Beginnings of the model, whatever the case; absent: all",
  ),
  settings: z.array(z.strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,40}$/, { error: "1 to 40 of a to z, digits and '-'" }),
    title: Text.describe("What is wanted, in one sentence"),
    source: Text.describe("Who says so"),
    fixedBy: z.enum(["gateway", "people"]).describe(
      "gateway: written after two people agreed; people: only shown, since the site may need it otherwise",
    ),
    ways: z.strictObject({
      "ocpp1.6": Target.optional().describe("Configuration key of OCPP 1.6"),
      ocpp2: Target.extend({ name: DeviceName.regex(/^\w+\.\w+$/, { error: "Component.Variable" }) }).optional()
        .describe("Variable of OCPP 2.x"),
      driver: Target.optional().describe("Setting of the controller's page"),
    }).refine((ways) => Object.values(ways).some((way) => way !== undefined), { error: "at least one way" }),
    accept: Expect.optional().describe("Values that are as good; absent: the written one alone"),
  })).min(1).max(GOLDEN_LIMITS.settings),
});
