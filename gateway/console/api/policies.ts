import { z } from "zod";
import { operation } from "./operation.ts";

const Rule = z.looseObject({ id: z.string(), effect: z.enum(["allow", "deny"]), because: z.string() });
const Rules = z.object({ rules: z.array(Rule).nullable(), mode: z.enum(["enforce", "observe"]), timeZone: z.string() });
/** The site's own rules. */
export type Rules = z.infer<typeof Rules>;

/** The site's own OCPP rules. */
export const listOcppRules = operation({
  id: "listOcppRules",
  method: "get",
  path: "/policies/ocpp",
  tag: "policies",
  summary: "The site's own OCPP rules as they are in force",
  needs: "command policy rules",
  input: z.object({}),
  output: Rules,
  call: async (person) => Rules.parse((await person.run("policy rules")).data),
});

const Decision = z.looseObject({ effect: z.enum(["allow", "deny"]), rule: z.string() });
const Explained = z.object({ text: z.string(), decision: Decision });
/** Which rule decides on a message, and why. */
export type ExplainedMessage = z.infer<typeof Explained>;

/** Which rule decides on a message. */
export const explainOcppMessage = operation({
  id: "explainOcppMessage",
  method: "post",
  path: "/policies/ocpp/explain",
  tag: "policies",
  summary: "Says which rule decides on a message of a station or its CSMS, and why no other",
  needs: "command policy explain",
  input: z.object({
    station: z.string().min(1).max(48),
    direction: z.enum(["from-csms", "from-station"]),
    action: z.string().min(1).max(64),
    payload: z.string().max(4096).optional().describe("JSON text"),
    at: z.string().max(20).optional().describe('When, as "mon 22:30" in the site\'s time zone'),
  }),
  output: Explained,
  call: async (person, input) => {
    const { text, data } = await person.run("policy explain", input);
    return { text, decision: z.looseObject({ decision: Decision }).parse(data).decision };
  },
});
