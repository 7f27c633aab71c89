import { type Decision, deny, SITE_RULE_PREFIX } from "./decision.ts";
import { concerns, missedTarget, missedWho } from "./modbus_conditions.ts";
import {
  DEFAULT_LEASE,
  type ModbusFacts,
  type ModbusLease,
  type ModbusRule,
  type ModbusTarget,
} from "./modbus_rule.ts";
import { clampValue, isAmong, isLegalValue } from "./modbus_values.ts";

/** Rules built into the conduit. Each is an audit fact: names are API. */
export const MODBUS_RULES = {
  broadcast: "modbus.broadcast",
  credential: "modbus.credential",
  default: "modbus.default-deny",
  diagnostics: "modbus.diagnostics",
  illegalValue: "modbus.illegal-value",
  lease: "modbus.lease",
  partialWrite: "modbus.partial-write",
  readOnly: "modbus.read-only",
  restrictedValue: "modbus.restricted-value",
  unsupported: "modbus.unsupported",
} as const;

/** One allowed write. */
export interface AllowedWrite {
  readonly target: ModbusTarget;
  /** Present where the write brings the right to command the point. */
  readonly lease?: ModbusLease;
  /** Present where a lower value goes to the device than was asked for. */
  readonly clamped?: number;
}

type Refusal = Decision & { readonly effect: "deny" };

/** What becomes of a request: refused with exception 01, or allowed, with the points to be zeroed in its answer. */
export type ModbusDecision =
  | (Refusal & { readonly target?: ModbusTarget })
  | {
    readonly effect: "allow";
    readonly rule: string;
    readonly masked: readonly string[];
    readonly writes: readonly AllowedWrite[];
  };

/** Subfunctions of diagnostics that only look: echo, diagnostic register, counters (V1.1b3 section 6.8). */
const LOOKING = [0, 2, 11, 12, 13, 14, 15, 16, 17, 18];

/**
 * Decides on one request. Everything that it touches must be allowed, each target by itself: a write of many registers, a
 * mask or function code 23 reaches nothing that a write of one would not (invariant 12). Deny wins, then the first
 * allow or mask, else deny.
 */
export function decideModbus(facts: ModbusFacts, rules: readonly ModbusRule[]): ModbusDecision {
  const concerned = rules.filter((rule) => concerns(rule, facts));
  if (facts.targets.length === 0) return decideFunction(facts, concerned);
  const masked: string[] = [], writes: AllowedWrite[] = [];
  let allowedBy = "";
  for (const target of facts.targets) {
    const decision = decideTarget(target, facts, concerned);
    if (decision.effect === "deny") return { ...decision, target };
    if (decision.masked) masked.push(target.point!.name);
    if (decision.write) writes.push(decision.write);
    allowedBy ||= decision.rule;
  }
  return { effect: "allow", rule: allowedBy, masked, writes };
}

type TargetDecision =
  | Refusal
  | { readonly effect: "allow"; readonly rule: string; readonly masked?: boolean; readonly write?: AllowedWrite };

function decideTarget(target: ModbusTarget, facts: ModbusFacts, rules: readonly ModbusRule[]): TargetDecision {
  const applying = rules.filter((rule) => missedTarget(rule, target) === undefined);
  const rule = applying.find(({ effect }) => effect === "deny") ?? applying[0];
  if (!rule) return refuse(MODBUS_RULES.default, `No rule allows to ${target.access} ${nameOf(target)}`);
  if (rule.effect === "deny") return refuse(SITE_RULE_PREFIX + rule.id, rule.because);
  if (facts.unit === 0 && rule.units?.includes(0) !== true) return refuseBroadcast();
  if (target.access === "write") return decideWrite(target, rule);
  return { effect: "allow", rule: SITE_RULE_PREFIX + rule.id, masked: rule.effect === "mask" };
}

/** What no rule lifts by a class or a wide net: it has to name the point. */
function decideWrite(target: ModbusTarget, rule: ModbusRule): TargetDecision {
  const { point, isPartial, limits, lease } = target;
  const name = nameOf(target);
  const namesPoint = point !== undefined && rule.points?.includes(point.name) === true;
  if (limits?.isWritable === false) return refuse(MODBUS_RULES.readOnly, `${name} can only be read`);
  if (point?.class === "credential" && !namesPoint) {
    return refuse(MODBUS_RULES.credential, `A write of ${name} acts as presenting a badge`, "Name it in `points`");
  }
  if (point && isPartial) {
    return refuse(MODBUS_RULES.partialWrite, `Only a part of ${name} is written, so its value cannot be judged`);
  }
  const value = rule.clamp ? clampValue(target, rule.clamp) : target.value;
  if (rule.clamp && value === undefined) {
    return refuse(MODBUS_RULES.illegalValue, `There is no value to clamp ${valueOf(target)} of ${name} to`);
  }
  const forwarded = { ...target, value };
  if (!isLegalValue(forwarded)) {
    return refuse(MODBUS_RULES.illegalValue, `${name} may not be set to ${valueOf(target)}`, legalHint(target));
  }
  if (isRestricted(forwarded) && !(namesPoint && rule.values)) {
    const reason = `Setting ${name} to ${valueOf(target)} takes a rule of its own`;
    return refuse(MODBUS_RULES.restrictedValue, reason, "Name the point in `points` and the value in `values`");
  }
  const granted = rule.lease ?? (point?.class === "commanded" ? DEFAULT_LEASE : undefined);
  if (lease && (granted?.priority ?? 0) <= lease.priority) {
    return refuse(MODBUS_RULES.lease, `${lease.owner} commands ${name} for now`, "Wait, or give the rule a `lease`");
  }
  const write: AllowedWrite = {
    target,
    ...granted && granted.seconds > 0 && point ? { lease: granted } : {},
    ...value !== undefined && value !== target.value ? { clamped: value } : {},
  };
  return { effect: "allow", rule: SITE_RULE_PREFIX + rule.id, write };
}

function isRestricted({ limits, value }: ModbusTarget): boolean {
  return limits?.restricted !== undefined && value !== undefined && isAmong(limits.restricted, value);
}

/** Function codes without addresses are allowed by number only: a diagnostic can silence a device. */
function decideFunction(facts: ModbusFacts, rules: readonly ModbusRule[]): ModbusDecision {
  const { functionCode, subfunction, unit } = facts;
  const applying = rules.filter((rule) => appliesToFunction(rule, facts));
  const rule = applying.find(({ effect }) => effect === "deny") ?? applying[0];
  if (!rule) return refuse(MODBUS_RULES.default, `No rule allows function code ${functionCode}`);
  if (rule.effect === "deny") return refuse(SITE_RULE_PREFIX + rule.id, rule.because);
  if (unit === 0 && rule.units?.includes(0) !== true) return refuseBroadcast();
  if (subfunction !== undefined && !LOOKING.includes(subfunction) && !rule.subfunctions) {
    const reason = `Diagnostics ${subfunction} changes the device or silences it`;
    return refuse(MODBUS_RULES.diagnostics, reason, "Name it in `subfunctions`");
  }
  return { effect: "allow", rule: SITE_RULE_PREFIX + rule.id, masked: [], writes: [] };
}

/** A rule about points or values says nothing of a function without addresses; a deny without them holds for all. */
function appliesToFunction(rule: ModbusRule, { functionCode, subfunction }: ModbusFacts): boolean {
  if (rule.points || rule.classes || rule.unknown || rule.access || rule.values) return false;
  if (rule.subfunctions && (subfunction === undefined || !rule.subfunctions.includes(subfunction))) return false;
  return rule.functions?.includes(functionCode) ?? rule.effect === "deny";
}

/** Rules that can concern a client at a unit, whatever it asks and when: what is decided often is filtered once. */
export function rulesFor(
  rules: readonly ModbusRule[],
  who: Pick<ModbusFacts, "principal" | "unit">,
): readonly ModbusRule[] {
  return rules.filter((rule) => missedWho(rule, who) === undefined);
}

/** What a target is called in refusals and audit. */
export function nameOf({ point }: Pick<ModbusTarget, "point">): string {
  return point?.name ?? "registers that the profile does not know";
}

/** Values of badges and vehicles never stand in a refusal: it goes to the audit trail. */
function valueOf({ point, value }: ModbusTarget): string {
  return value === undefined || point?.class === "personal" || point?.class === "credential" ? "this" : String(value);
}

function legalHint({ limits }: ModbusTarget): string | undefined {
  if (limits?.legal === undefined) return undefined;
  const parts = limits.legal.map((part) => typeof part === "number" ? String(part) : `${part[0]} to ${part[1]}`);
  return `Its profile allows ${parts.join(", ")}`;
}

function refuseBroadcast(): Refusal {
  return refuse(
    MODBUS_RULES.broadcast,
    "A broadcast reaches every device of the line",
    "Allow it with `units: [0]`",
  );
}

function refuse(rule: string, reason: string, hint?: string): Refusal {
  return deny(rule, reason, hint) as Refusal;
}
