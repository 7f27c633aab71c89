import { z } from "zod";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { RULE_DAYS } from "../../policies/ocpp_rule.ts";
import { minuteOfDay } from "../../policies/week_hours.ts";
import { parseCidr } from "./ip.ts";
import { Text } from "./values.ts";

const { ruleListEntries, leaseSeconds, leasePriority } = POLICY_LIMITS;

function some<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1).max(ruleListEntries).optional();
}

const RuleId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, {
  error: "1 to 48 lower-case letters, digits and '-', as ems-sets-limits",
});

/** Roles and common names are compared exactly, so anything that a certificate can hold may stand here. */
const Name = z.string().min(1).max(64);

const Network = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: "a network, as 192.168.5.0/24",
});

const PointName = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
  error: "a point of a profile, as current-limit",
}).max(64);

const Value = z.union([z.number(), z.tuple([z.number(), z.number()])], {
  error: "a number, or a range as [6, 32]",
});

const TimeOfDay = z.string().refine((text) => minuteOfDay(text) !== undefined, {
  error: 'a time of day in quotes, as "22:00" or "24:00"',
});

const Hours = z.strictObject({
  days: some(z.enum(RULE_DAYS)).describe("Days on which it begins; absent: every day"),
  from: TimeOfDay.describe('Begin in the site\'s time zone, as "22:00"'),
  to: TimeOfDay.describe('End, as "06:00"; not after `from`: on the next day'),
});

const Clamp = z.strictObject({
  max: z.number().optional().describe("A higher value is forwarded as this, or as the next legal one below"),
  risePerMinute: z.number().positive().optional().describe("A faster rise is held to this; lowering never is"),
});

const Lease = z.strictObject({
  seconds: z.int().min(0).max(leaseSeconds).describe("Seconds from the last write on; 0: none"),
  priority: z.int().min(0).max(leasePriority).default(0).describe("A higher one takes over from a lower one"),
});

/** One entry of the file that `modbus.rules` names. */
export const ModbusRuleEntry = z.strictObject({
  id: RuleId.describe("Name of the rule in refusals and audit, there as site.<id>"),
  effect: z.enum(["allow", "deny", "mask"]).describe(
    "deny wins; then the first allow or mask; what no rule allows is refused. mask: reads show zeros in place of the point",
  ),
  because: Text.describe("A sentence for people: it stands in the audit trail"),
  roles: some(Name).describe("Roles of client certificates, compared exactly; (none) is a client without one"),
  clients: some(Name).describe("Common names of client certificates, or ids of plaintext listeners, compared exactly"),
  listeners: some(Name).describe("Ids of listeners, compared exactly"),
  sources: some(Network).describe("Networks of the client's address"),
  units: some(z.int().min(0).max(255)).describe("Unit ids; 0 is a broadcast and reached by no rule without it"),
  access: z.enum(["read", "write"]).optional().describe("Absent: both"),
  classes: some(z.enum(["measured", "commanded", "protected", "personal", "credential"])).describe(
    "Points by what they are: measured, commanded (set points), protected (limits and failsafes), personal, credential",
  ),
  points: some(PointName).describe("Points by name; a credential or a restricted value is allowed in no other way"),
  functions: some(z.int().min(1).max(127)).describe(
    "Function codes without addresses: 7, 8, 11, 12, 17, 20, 21, 24, 43",
  ),
  subfunctions: some(z.int().min(0).max(65535)).describe("Subfunctions of diagnostics (function code 8)"),
  unknown: z.literal(true).optional().describe("Registers that no profile knows, and only these"),
  values: some(Value).describe("A written value must be one of these or within one of these ranges, as [0, [6, 16]]"),
  clamp: Clamp.optional().describe("What is too high is forwarded lower instead of refused"),
  lease: Lease.optional().describe(
    "The right to command its points that such a write brings; absent: 60 s, priority 0",
  ),
  hours: Hours.optional().describe("Only at these hours"),
});

/** The whole rules file: a list. */
export const ModbusRulesFile = z.array(ModbusRuleEntry).min(1).max(POLICY_LIMITS.rules);
