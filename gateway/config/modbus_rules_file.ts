import type { ModbusRule } from "../../policies/modbus_rule.ts";
import { ConfigError } from "../core/errors.ts";
import type { Fault } from "./fault.ts";
import { ModbusRuleEntry, ModbusRulesFile } from "./modbus_rule_schema.ts";
import { parseRulesFile, type RulesFile } from "./rules_file.ts";

const WANTED =
  "a list of rules `- { id: ..., effect: allow|deny|mask, because: ... }`; without rules nobody may anything";

/** Reads the text of a Modbus rules file. Never throws. */
export function parseModbusRules(file: string, text: string): RulesFile<ModbusRule> {
  return parseRulesFile<ModbusRule>(file, text, {
    list: ModbusRulesFile,
    entry: ModbusRuleEntry,
    wanted: WANTED,
    ruleFaults,
  });
}

/** The rules of a file that was found good before. @throws ConfigError CFG_INVALID with all faults */
export function readModbusRules(file: string, text: string): readonly ModbusRule[] {
  const read = parseModbusRules(file, text);
  if ("rules" in read) return read.rules;
  throw new ConfigError("CFG_INVALID", `The rules file "${file}" has ${read.faults.length} faults`, {
    faults: read.faults,
    hint: "Nothing was changed: correct the lines above and run `check`",
  });
}

/** Conditions that together never hold, or that say nothing where they stand: most often a slip of the pen. */
function ruleFaults(rule: ModbusRule, at: number): Fault[] {
  const faults: Fault[] = [];
  const add = (key: keyof ModbusRule, wrong: string, wanted: string) =>
    void faults.push({ path: [at, key], at: "key", wrong, wanted });
  const { effect, access, functions, subfunctions, unknown, points, classes, values, clamp, lease } = rule;
  const of = points ? "points" : classes ? "classes" : undefined;
  if (effect === "mask" && access === "write") add("access", "a write cannot be masked", "access: read, or none");
  if (effect === "mask" && !of) add("effect", "it says no point to mask", "classes: [personal], or points");
  if (functions) {
    for (const key of ["access", "classes", "points", "unknown", "values"] as const) {
      if (rule[key] !== undefined) add(key, "functions have no registers", "a rule of its own for functions");
    }
    const known = functions.find((code) => ADDRESSED.includes(code));
    if (known !== undefined) add("functions", `function code ${known} has addresses`, "access and classes or points");
  }
  if (subfunctions && !functions?.includes(8)) add("subfunctions", "only diagnostics have any", "functions: [8]");
  if (unknown && of) add(of, "registers that no profile knows are no points", "one rule for either");
  const narrow = (["values", "clamp", "lease"] as const).filter((key) => rule[key] !== undefined);
  for (const key of narrow) {
    if (access !== "write") add(key, "it is about writes", "access: write beside it");
    if (key !== "values" && effect !== "allow") add(key, `a rule with effect: ${effect} has none`, "effect: allow");
  }
  if (clamp && !points) add("clamp", "a value is clamped in the unit of its point", "points beside it");
  if (clamp && clamp.max === undefined && clamp.risePerMinute === undefined) {
    faults.push({ path: [at, "clamp"], wrong: "there is nothing in it", wanted: "max, risePerMinute or both" });
  }
  if (lease && unknown) add("lease", "only points can be commanded", "points or classes");
  values?.forEach((part, index) => {
    if (typeof part === "number" || part[0] <= part[1]) return;
    faults.push({ path: [at, "values", index], wrong: "the range is empty", wanted: `[${part[1]}, ${part[0]}]` });
  });
  return faults;
}

/** Function codes that read or write addresses: these are judged by what they touch. */
const ADDRESSED = [1, 2, 3, 4, 5, 6, 15, 16, 22, 23];
