import type { Decision } from "./decision.ts";
import { type ModbusFacts, type ModbusRule, type ModbusTarget, NO_ROLE } from "./modbus_rule.ts";
import { isWithinHours } from "./week_hours.ts";

/** Rules built into the conduit. Each is an audit fact: names are API. */
export const MODBUS_RULES = {
  broadcast: "modbus.broadcast",
  credential: "modbus.credential",
  default: "modbus.default-deny",
  illegalValue: "modbus.illegal-value",
  lease: "modbus.lease",
  partialWrite: "modbus.partial-write",
} as const;

/** What becomes of a request: refused with exception 01, or allowed, with the names of points to be zeroed in its answer. */
export type ModbusDecision =
  | (Decision & { readonly effect: "deny" })
  | { readonly effect: "allow"; readonly rule: string; readonly masked: readonly string[] };

/**
 * Decides on one request. Everything that it touches must be allowed, each target by itself: a write of many registers, a
 * mask or function code 23 reaches nothing that a write of one would not (invariant 12). Deny wins, then the first
 * allow or mask, else deny.
 */
export function decideModbus(facts: ModbusFacts, rules: readonly ModbusRule[]): ModbusDecision {
  const concerned = rules.filter((rule) => concerns(rule, facts));
  if (facts.targets.length === 0) return decideFunction(facts, concerned);
  const masked: string[] = [];
  let allowedBy = "";
  for (const target of facts.targets) {
    const decision = decideTarget(target, facts, concerned);
    if (decision.effect === "deny") return decision;
    if (decision.masked) masked.push(target.point!.name);
    allowedBy ||= decision.rule;
  }
  return { effect: "allow", rule: allowedBy, masked };
}

type TargetDecision =
  | (Decision & { readonly effect: "deny" })
  | { readonly effect: "allow"; readonly rule: string; readonly masked: boolean };

function decideTarget(target: ModbusTarget, facts: ModbusFacts, rules: readonly ModbusRule[]): TargetDecision {
  const applying = rules.filter((rule) => applies(rule, target));
  const rule = applying.find(({ effect }) => effect === "deny") ?? applying[0];
  if (!rule) return refuse(MODBUS_RULES.default, `No rule allows to ${target.access} ${nameOf(target)}`);
  if (rule.effect === "deny") return refuse(rule.id, rule.because);
  const guard = target.access === "write" ? writeGuard(target, rule, facts) : undefined;
  return guard ?? { effect: "allow", rule: rule.id, masked: rule.effect === "mask" };
}

/** What no rule lifts by a class or a wide net: it has to name the point. */
function writeGuard(target: ModbusTarget, rule: ModbusRule, facts: ModbusFacts): TargetDecision | undefined {
  const { point, isPartial, isLegal, leasedTo } = target;
  const namesPoint = point !== undefined && rule.points?.includes(point.name) === true;
  if (facts.unit === 0 && rule.units?.includes(0) !== true) {
    return refuse(MODBUS_RULES.broadcast, "A broadcast reaches every device of the line", "Allow it with `units: [0]`");
  }
  if (point?.class === "credential" && !namesPoint) {
    return refuse(
      MODBUS_RULES.credential,
      `A write of ${point.name} acts as presenting a badge`,
      "Name it in `points`",
    );
  }
  if (point && isPartial) {
    return refuse(MODBUS_RULES.partialWrite, `Only a part of ${point.name} is written, so its value cannot be judged`);
  }
  if (!isLegal) {
    return refuse(MODBUS_RULES.illegalValue, `${nameOf(target)} may not be set to ${target.value ?? "this"}`);
  }
  if (leasedTo !== undefined) return refuse(MODBUS_RULES.lease, `${leasedTo} commands ${nameOf(target)} for now`);
  return undefined;
}

/** Function codes without addresses are allowed by number only: a diagnostic can silence a device. */
function decideFunction(facts: ModbusFacts, rules: readonly ModbusRule[]): ModbusDecision {
  const applying = rules.filter(({ functions, effect }) => functions?.includes(facts.functionCode) ?? effect === "deny")
    .filter(({ points, classes, unknown, access, values }) => !points && !classes && !unknown && !access && !values);
  const rule = applying.find(({ effect }) => effect === "deny") ?? applying[0];
  if (!rule) return refuse(MODBUS_RULES.default, `No rule allows function code ${facts.functionCode}`);
  return rule.effect === "deny" ? refuse(rule.id, rule.because) : { effect: "allow", rule: rule.id, masked: [] };
}

/** Who asks, whom and when. Names are compared exactly (invariant 11). */
function concerns(rule: ModbusRule, { principal, unit, minuteOfWeek }: ModbusFacts): boolean {
  const { roles, clients, sources, units, hours } = rule;
  return (roles?.includes(principal.role ?? NO_ROLE) ?? true) &&
    (clients?.includes(principal.client) ?? true) &&
    (sources?.some((network) => principal.networks.includes(network)) ?? true) &&
    (units?.includes(unit) ?? true) &&
    (hours === undefined || isWithinHours(hours, minuteOfWeek));
}

/** What is touched, and how. An allow with values holds only for a whole value within; a deny also for an unknown one. */
function applies(rule: ModbusRule, { access, point, value, isPartial }: ModbusTarget): boolean {
  const { classes, points, unknown, values, functions } = rule;
  if (functions !== undefined || rule.access !== undefined && rule.access !== access) return false;
  if (rule.effect === "mask" && (access === "write" || !point)) return false;
  if (unknown === true ? point !== undefined : point === undefined && rule.effect !== "deny") return false;
  if (point === undefined) return classes === undefined && points === undefined;
  if (classes !== undefined && !classes.includes(point.class)) return false;
  if (points !== undefined && !points.includes(point.name)) return false;
  // Personal data is read only where a rule says so by class or name.
  if (point.class === "personal" && rule.effect === "allow" && !classes && !points) return false;
  if (values === undefined) return true;
  if (access === "read") return false;
  if (value === undefined || isPartial) return rule.effect === "deny";
  return values.some((part) => typeof part === "number" ? part === value : part[0] <= value && value <= part[1]);
}

const nameOf = ({ point }: ModbusTarget) => point?.name ?? "registers that the profile does not know";

function refuse(rule: string, reason: string, hint?: string): Decision & { readonly effect: "deny" } {
  return hint === undefined ? { effect: "deny", rule, reason } : { effect: "deny", rule, reason, hint };
}
