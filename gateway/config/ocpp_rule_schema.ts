import { z } from "zod";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { OCPP_ACTIONS } from "../../policies/ocpp_actions.ts";
import { RULE_DAYS, RULE_FIELDS, type RuleField } from "../../policies/ocpp_rule.ts";
import { canonicalHost } from "../../policies/url_host.ts";
import { minuteOfDay } from "../../policies/week_hours.ts";
import { suggest } from "./suggest.ts";
import { NameId, StationId, Text } from "./values.ts";

const { ruleListEntries, rateMessages, rateSeconds } = POLICY_LIMITS;

function some<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1).max(ruleListEntries).optional();
}

const RuleId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, {
  error: "1 to 48 lower-case letters, digits and '-', as firmware-hosts",
});

const Host = z.string().refine((text) => canonicalHost(text) !== undefined, {
  error: "a host name or IP address without port and path, as fw.example",
});

const Scheme = z.string().regex(/^[a-z][a-z0-9+.-]{0,31}$/, { error: "a URL scheme in lower case, as https" });

/** Printable ASCII: what else comes in a message never matches, so a rule must not rely on it. */
const WireName = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/, {
  error: "1 to 255 printable ASCII characters",
});

const Action = z.string().regex(/^(?!.*-Signed$)[\x21-\x7e]{1,128}$/, {
  error: "an action as OCPP writes it, without -Signed: a signed message is judged as the plain one",
}).refine((name) => OCPP_ACTIONS.includes(name) || suggest(name, OCPP_ACTIONS) === undefined, {
  error: ({ input }) => `an action as OCPP writes it: probably ${suggest(String(input), OCPP_ACTIONS)}`,
});

const TimeOfDay = z.string().refine((text) => minuteOfDay(text) !== undefined, {
  error: 'a time of day in quotes, as "22:00" or "24:00"',
});

const FieldValue = z.union([z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/), z.number(), z.boolean()], {
  error: "a word or number as it stands in the message, as Hard",
});

const Fields = z.strictObject(
  Object.fromEntries(
    Object.keys(RULE_FIELDS).map((name) => [name, some(FieldValue).describe(`Values of ${name}`)]),
  ) as Record<RuleField, ReturnType<typeof some<typeof FieldValue>>>,
);

/** A span of hours, of every day or of some. */
export const Hours = z.strictObject({
  days: some(z.enum(RULE_DAYS)).describe("Days on which it begins; absent: every day"),
  from: TimeOfDay.describe('Begin in the site\'s time zone, as "22:00"'),
  to: TimeOfDay.describe('End, as "06:00"; not after `from`: on the next day'),
});

const Rate = z.strictObject({
  over: z.int().min(0).max(rateMessages).describe("Messages that pass per station; the rule holds for those beyond"),
  seconds: z.int().min(1).max(rateSeconds).describe("Seconds they are counted over, up to a week"),
});

/** One entry of the file that `ocpp.rules` names. */
export const OcppRuleEntry = z.strictObject({
  id: RuleId.describe("Name of the rule in refusals and audit, there as site.<id>"),
  effect: z.enum(["allow", "deny"]).describe("deny wins over allow; what no rule allows is refused"),
  because: Text.describe("A sentence for people: it stands in the refusal and in the audit trail"),
  stations: some(StationId).describe("Stations by id, compared exactly"),
  vendors: some(NameId).describe("Stations by `vendor` of site.yaml, compared exactly"),
  models: some(Text).describe("Stations by `model` of site.yaml, compared exactly"),
  units: some(NameId).describe("Stations by `unit` of site.yaml, compared exactly"),
  csms: some(NameId).describe("Only with one of these CSMS"),
  versions: some(z.enum(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])).describe("Only in these versions of OCPP"),
  from: z.enum(["station", "csms"]).optional().describe("Who sends the message"),
  actions: some(Action).describe("Actions as OCPP writes them; a signed message (X-Signed) is judged as X"),
  hosts: some(Host).describe("The message names one of these hosts in a URL"),
  hostsOutside: some(Host).describe("The message names a host that is none of these"),
  schemes: some(Scheme).describe("The message has a URL of one of these schemes"),
  schemesOutside: some(Scheme).describe("The message has a URL of a scheme that is none of these"),
  keys: some(WireName).describe(
    "It sets one of these configuration keys (1.6), variables or Component.Variable (2.x), in any case",
  ),
  keysOutside: some(WireName).describe("It sets one that is none of these"),
  vendorIds: some(WireName).describe("DataTransfer with one of these vendorId, in any case"),
  vendorIdsOutside: some(WireName).describe("DataTransfer with a vendorId that is none of these"),
  messageIds: some(WireName).describe("DataTransfer with one of these messageId, in any case"),
  messageIdsOutside: some(WireName).describe("DataTransfer with another messageId, or with none"),
  fields: Fields.optional().describe("Values of single fields of a CALL of the CSMS, as type: [Hard]"),
  hours: Hours.optional().describe("Only at these hours"),
  rate: Rate.optional().describe("Only for what comes more often than this; for deny rules"),
});

/** The whole rules file: a list. */
export const OcppRulesFile = z.array(OcppRuleEntry).min(1).max(POLICY_LIMITS.rules);
