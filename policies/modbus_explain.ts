import { decideModbus, type ModbusDecision, nameOf } from "./modbus.ts";
import { missedHours, missedTarget, missedWho } from "./modbus_conditions.ts";
import type { ModbusEffect, ModbusFacts, ModbusRule } from "./modbus_rule.ts";

/** How one rule stands to one point of a request: it holds, or the first of its conditions that does not. */
export interface ModbusStanding {
  readonly id: string;
  readonly effect: ModbusEffect;
  readonly because: string;
  /** The point, or undefined for function codes without addresses. */
  readonly about: string | undefined;
  readonly missed: string | undefined;
}

/** A decision on one request with the way there. */
export interface ModbusExplanation {
  readonly decision: ModbusDecision;
  readonly standings: readonly ModbusStanding[];
}

/** Explains what rules do with one request: every rule against every point that it touches. */
export function explainModbus(facts: ModbusFacts, rules: readonly ModbusRule[]): ModbusExplanation {
  const standings = rules.flatMap((rule) => {
    const { id, effect, because } = rule;
    const early = missedWho(rule, facts) ?? missedHours(rule, facts);
    const targets = facts.targets.length === 0 ? [undefined] : facts.targets;
    const found = targets.map((target) => ({
      about: target && nameOf(target),
      missed: early ?? (target ? missedTarget(rule, target) : missedFunction(rule, facts)),
    }));
    // Of a block of registers it is enough to say once what holds or is missed alike.
    const isAlike = found.length > 1 && found.every(({ missed }) => missed === found[0]!.missed);
    const shown = isAlike ? [{ about: "all of them", missed: found[0]!.missed }] : found;
    return shown.map((each) => ({ id, effect, because, ...each }));
  });
  return { decision: decideModbus(facts, rules), standings };
}

function missedFunction(rule: ModbusRule, { functionCode, subfunction }: ModbusFacts): string | undefined {
  const { functions, subfunctions, effect } = rule;
  for (const key of ["points", "classes", "unknown", "access", "values"] as const) {
    if (rule[key] !== undefined) return key;
  }
  if (functions ? !functions.includes(functionCode) : effect !== "deny") return "functions";
  return subfunctions && !subfunctions.includes(subfunction ?? -1) ? "subfunctions" : undefined;
}
