import { type ModbusFacts, type ModbusRule, type ModbusTarget, NO_ROLE } from "./modbus_rule.ts";
import { isAmong } from "./modbus_values.ts";
import { isWithinHours } from "./week_hours.ts";

/** Who asks, whom and when. */
export function concerns(rule: ModbusRule, facts: ModbusFacts): boolean {
  return missedWho(rule, facts) === undefined && missedHours(rule, facts) === undefined;
}

/** The first condition about who asks whom that a rule misses. Names are compared exactly (invariant 11). */
export function missedWho(rule: ModbusRule, { principal, unit }: Pick<ModbusFacts, "principal" | "unit">) {
  const { roles, clients, listeners, sources, units } = rule;
  if (roles && !roles.includes(principal.role ?? NO_ROLE)) return "roles";
  if (clients && !clients.includes(principal.client)) return "clients";
  if (listeners && !listeners.includes(principal.listener)) return "listeners";
  if (sources && !sources.some((network) => principal.networks.includes(network))) return "sources";
  return units && !units.includes(unit) ? "units" : undefined;
}

/** "hours" when a rule does not hold at this time. */
export function missedHours({ hours }: ModbusRule, { minuteOfWeek }: Pick<ModbusFacts, "minuteOfWeek">) {
  return hours && !isWithinHours(hours, minuteOfWeek) ? "hours" : undefined;
}

/**
 * The first condition about what is touched that a rule misses; undefined: it holds. An allow with values holds only for a
 * whole value within; a deny also for one that cannot be known.
 */
export function missedTarget(rule: ModbusRule, target: ModbusTarget): string | undefined {
  const { access, point } = target;
  const { effect, classes, points, unknown, functions, subfunctions } = rule;
  if (functions !== undefined || subfunctions !== undefined) return "functions";
  if (rule.access !== undefined && rule.access !== access) return "access";
  if (effect === "mask" && (access === "write" || !point)) return "effect";
  if (unknown === true ? point !== undefined : point === undefined && effect !== "deny") return "unknown";
  if (point === undefined) return classes !== undefined ? "classes" : points !== undefined ? "points" : undefined;
  if (classes !== undefined && !classes.includes(point.class)) return "classes";
  if (points !== undefined && !points.includes(point.name)) return "points";
  // Personal data is read only where a rule says so by class or name.
  if (point.class === "personal" && effect === "allow" && !classes && !points) return "classes";
  return missedValues(rule, target);
}

function missedValues({ values, effect }: ModbusRule, { access, value, isPartial }: ModbusTarget) {
  if (values === undefined) return undefined;
  if (access === "read") return "values";
  if (value === undefined || isPartial) return effect === "deny" ? undefined : "values";
  return isAmong(values, value) ? undefined : "values";
}
