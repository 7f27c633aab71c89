import { decideModbus } from "./modbus.ts";
import {
  type ModbusEffect,
  type ModbusFacts,
  type ModbusPointClass,
  type ModbusPointLimits,
  type ModbusRule,
  NO_ROLE,
} from "./modbus_rule.ts";

/** One rule as one line for people. */
export interface ModbusRuleRow {
  readonly id: string;
  readonly effect: ModbusEffect;
  readonly who: string;
  readonly what: string;
  readonly because: string;
}

/** What one role may do with the points of one class at units that are alike. */
export interface ModbusMatrixRow {
  readonly role: string;
  readonly units: readonly number[];
  readonly class: ModbusPointClass | "(unknown)";
  readonly read: string;
  readonly write: string;
}

/** A unit that a matrix is made for, with the points of its profile. */
export interface MatrixUnit {
  readonly unit: number;
  readonly points: readonly {
    readonly name: string;
    readonly class: ModbusPointClass;
    readonly limits: ModbusPointLimits;
  }[];
}

const WHO = ["roles", "clients", "listeners", "sources", "units"] as const;
const CLASSES = ["measured", "commanded", "protected", "personal", "credential"] as const;

/** Rules in the words of their file, in its order. */
export function modbusRuleRows(rules: readonly ModbusRule[]): ModbusRuleRow[] {
  return rules.map((rule) => ({
    id: rule.id,
    effect: rule.effect,
    who: whoOf(rule),
    what: whatOf(rule),
    because: rule.because,
  }));
}

function whoOf(rule: ModbusRule): string {
  return WHO.flatMap((key) => rule[key] ? [`${key} ${rule[key].join(", ")}`] : []).join("; ") || "everybody";
}

function whatOf(rule: ModbusRule): string {
  const { access, classes, points, functions, subfunctions, unknown, values, hours, clamp, lease } = rule;
  const listed = { classes, points, functions, subfunctions };
  const parts = Object.entries(listed).flatMap(([key, list]) => list ? [`${key} ${list.join(", ")}`] : []);
  if (unknown) parts.push("registers that no profile knows");
  if (access) parts.unshift(access);
  if (values) {
    parts.push(`values ${values.map((part) => typeof part === "number" ? part : part.join(" to ")).join(", ")}`);
  }
  if (clamp?.max !== undefined) parts.push(`clamped to ${clamp.max}`);
  if (clamp?.risePerMinute !== undefined) parts.push(`rising ${clamp.risePerMinute} a minute`);
  if (lease) parts.push(`lease ${lease.seconds} s, priority ${lease.priority}`);
  if (hours) parts.push(`hours ${[hours.days?.join(", "), `${hours.from} to ${hours.to}`].filter(Boolean).join(" ")}`);
  return parts.join("; ") || "everything";
}

/** Answers by role, unit and class: units whose answers are all the same share their rows. */
export function modbusMatrix(rules: readonly ModbusRule[], units: readonly MatrixUnit[]): ModbusMatrixRow[] {
  const roles = [...new Set([...rules.flatMap(({ roles }) => roles ?? []), NO_ROLE])];
  return roles.flatMap((role) => {
    const rows = units.flatMap((unit) => rowsOf(rules, role, unit));
    const alike = Map.groupBy(rows, ({ class: pointClass, read, write }) => [pointClass, read, write].join("\n"));
    return [...alike.values()].map((same) => ({ ...same[0]!, units: same.flatMap(({ units }) => units) }));
  });
}

function rowsOf(rules: readonly ModbusRule[], role: string, { unit, points }: MatrixUnit): ModbusMatrixRow[] {
  const rows = CLASSES.flatMap((pointClass): ModbusMatrixRow[] => {
    const own = points.filter((point) => point.class === pointClass);
    if (own.length === 0) return [];
    const answers = (access: "read" | "write", of: MatrixUnit["points"]) =>
      oneAnswer(of.map((point) => answerOf(rules, role, unit, access, point)));
    const writable = own.filter(({ limits }) => limits.isWritable);
    return [{ role, units: [unit], class: pointClass, read: answers("read", own), write: answers("write", writable) }];
  });
  const [read, write] = [answerOf(rules, role, unit, "read"), answerOf(rules, role, unit, "write")];
  return [...rows, { role, units: [unit], class: "(unknown)", read, write }];
}

function oneAnswer(answers: readonly string[]): string {
  if (answers.length === 0) return "-";
  return new Set(answers).size === 1 ? answers[0]! : "depends on the point";
}

/** The answer for any client of the role, at any time and with any value; "depends" where a rule asks for these. */
function answerOf(
  rules: readonly ModbusRule[],
  role: string,
  unit: number,
  access: "read" | "write",
  point?: MatrixUnit["points"][number],
): string {
  const isOpen = ({ clients, listeners, sources, hours, values }: ModbusRule) =>
    clients === undefined && listeners === undefined && sources === undefined && hours === undefined &&
    values === undefined;
  const value = access === "write" ? aValueOf(point?.limits) : undefined;
  const facts: ModbusFacts = {
    principal: { role: role === NO_ROLE ? undefined : role, client: "", listener: "", networks: [] },
    functionCode: access === "read" ? 3 : 16,
    unit,
    minuteOfWeek: 0,
    targets: [{ access, point, isPartial: false, value, limits: point?.limits }],
  };
  const always = shortAnswer(decideModbus(facts, rules.filter(isOpen)));
  // What the other rules could make of it, taken as if their conditions held, one after the other.
  const mayDiffer = rules.filter((rule) => !isOpen(rule)).some((rule) => {
    const bare = {
      ...rule,
      clients: undefined,
      listeners: undefined,
      sources: undefined,
      hours: undefined,
      values: undefined,
    };
    const rest = rules.filter(isOpen);
    return shortAnswer(decideModbus(facts, [...rest, bare])) !== always;
  });
  return mayDiffer ? `depends (else ${always})` : always;
}

function shortAnswer(decision: ReturnType<typeof decideModbus>): string {
  if (decision.effect === "deny") return `deny (${decision.rule})`;
  return `${decision.masked.length > 0 ? "masked" : "allow"} (${decision.rule})`;
}

function aValueOf(limits: ModbusPointLimits | undefined): number {
  const [first] = limits?.legal ?? [];
  return first === undefined ? 0 : typeof first === "number" ? first : first[0];
}

/** What is odd about rules that are right in their form: they may not do what their writer thinks. */
export function modbusRuleWarnings(rules: readonly ModbusRule[]): string[] {
  const warnings: string[] = [];
  if (!rules.some(({ effect }) => effect === "allow")) {
    warnings.push("no rule allows anything: every request is refused");
  }
  for (const { id, effect, access, roles, clients, listeners, sources, units, classes, points, functions } of rules) {
    if (effect !== "allow" || access === "read" || functions) continue;
    if (!roles && !clients && !listeners && !sources) {
      warnings.push(`rule "${id}" allows writes to everybody who can connect`);
    }
    if (roles?.includes(NO_ROLE)) warnings.push(`rule "${id}" allows writes to clients without a role`);
    if (!units && !points && !classes) warnings.push(`rule "${id}" allows writes of every class at every unit`);
  }
  for (const { id, effect, points, classes, access } of rules) {
    if (effect !== "allow" || access === "write") continue;
    const names = points?.filter((name) => /badge|vehicle/.test(name)) ?? [];
    if (classes?.includes("personal") || names.length > 0) {
      warnings.push(`rule "${id}" shows badge or vehicle ids in the clear; with \`effect: mask\` they are zeroed`);
    }
  }
  return warnings;
}
