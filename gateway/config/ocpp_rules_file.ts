import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { canonicalHost } from "../../policies/url_host.ts";
import { ConfigError } from "../core/errors.ts";
import type { Fault } from "./fault.ts";
import { OcppRuleEntry, OcppRulesFile } from "./ocpp_rule_schema.ts";
import { parseRulesFile, type RulesFile } from "./rules_file.ts";

const WANTED = "a list of rules `- { id: ..., effect: allow|deny, because: ... }`; without rules remove ocpp.rules";

/** Reads the text of an OCPP rules file; hosts come out in canonical form. Never throws. */
export function parseOcppRules(file: string, text: string): RulesFile<OcppRule> {
  const read = parseRulesFile<OcppRule>(file, text, {
    list: OcppRulesFile,
    entry: OcppRuleEntry,
    wanted: WANTED,
    ruleFaults,
  });
  return "rules" in read ? { rules: read.rules.map(canonical) } : read;
}

/** The rules of a file that was found good before. @throws ConfigError CFG_INVALID with all faults */
export function readOcppRules(file: string, text: string): readonly OcppRule[] {
  const read = parseOcppRules(file, text);
  if ("rules" in read) return read.rules;
  throw new ConfigError("CFG_INVALID", `The rules file "${file}" has ${read.faults.length} faults`, {
    faults: read.faults,
    hint: "Nothing was changed: correct the lines above and run `check`",
  });
}

function ruleFaults(rule: OcppRule, at: number): Fault[] {
  const faults: Fault[] = [];
  if (rule.rate && rule.effect === "allow") {
    const wanted = "effect: deny, which refuses what comes too often; everything else needs an allow rule";
    faults.push({ path: [at, "rate"], at: "key", wrong: "an allow rule cannot have a rate", wanted });
  }
  if (rule.fields && rule.from !== "csms") {
    const wanted = "from: csms beside it";
    faults.push({ path: [at, "fields"], at: "key", wrong: "fields are read from CALLs of the CSMS only", wanted });
  }
  if (rule.fields && Object.keys(rule.fields).length === 0) {
    faults.push({ path: [at, "fields"], wrong: "there is no field in it", wanted: "at least one, or no `fields`" });
  }
  return faults;
}

function canonical(rule: OcppRule): OcppRule {
  const hosts = (list: readonly string[] | undefined) => list?.map((host) => canonicalHost(host) ?? host);
  return {
    ...rule,
    ...rule.hosts && { hosts: hosts(rule.hosts) },
    ...rule.hostsOutside && { hostsOutside: hosts(rule.hostsOutside) },
  };
}
