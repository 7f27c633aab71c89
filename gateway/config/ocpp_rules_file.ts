import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { canonicalHost } from "../../policies/url_host.ts";
import { ConfigError } from "../core/errors.ts";
import { findDuplicates } from "./duplicates.ts";
import { type Fault, faultText } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { OcppRuleEntry, OcppRulesFile } from "./ocpp_rule_schema.ts";
import { jsonSchemaOf, schemaFaults } from "./schema_faults.ts";
import { parseYaml } from "./yaml_source.ts";

/** What a rules file holds, or all that is wrong with it, one line `file:line:column key: ...` per fault. */
export type RulesFile =
  | { readonly rules: readonly OcppRule[] }
  | { readonly faults: readonly string[] };

/** Reads the text of an OCPP rules file; hosts come out in canonical form. Never throws. */
export function parseOcppRules(file: string, text: string): RulesFile {
  const source = parseYaml(text);
  const placed = source.faults.map((fault) => ({ fault: fault as Fault, place: fault.place }));
  const add = (faults: readonly Fault[]) => {
    for (const fault of faults) placed.push({ fault, place: source.placeOf(fault.path, fault.at) });
  };
  const value = source.value;
  if (value === undefined || value === null) {
    if (placed.length === 0) add([{ path: [], wrong: "there is no rule in it", wanted: WANTED }]);
    return { faults: lines(file, placed) };
  }
  if (!Array.isArray(value)) {
    add([{ path: [], wrong: "it is no list", wanted: WANTED }]);
    return { faults: lines(file, placed) };
  }
  const result = OcppRulesFile.safeParse(value, { reportInput: true });
  if (!result.success) {
    add(schemaFaults(result.error.issues, jsonSchemaOf(OcppRulesFile), (path) => source.sourceOf(path)));
  }
  // What one rule says in itself is checked for every rule that has its form, whatever is wrong with the others.
  add(crossFaults(value));
  if (!result.success || placed.length > 0) return { faults: lines(file, placed) };
  return { rules: result.data.map(canonical) };
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

const WANTED = "a list of rules `- { id: ..., effect: allow|deny, because: ... }`; without rules remove ocpp.rules";

function crossFaults(value: readonly unknown[]): Fault[] {
  const rules = value.map((entry) => OcppRuleEntry.safeParse(entry).data);
  const ids = value.map((entry) => String((entry as { id?: unknown } | null)?.id ?? ""));
  const doubles = findDuplicates(ids.map((id, at) => ({ id, at })), ({ id, at }) => id === "" ? `\0${at}` : id);
  return [
    ...doubles.map(({ index, first }): Fault => ({
      path: [index, "id"],
      wrong: `the id is taken by rule ${first + 1} of the file`,
      wanted: "an id of its own",
    })),
    ...rules.flatMap((rule, at) => rule === undefined ? [] : ruleFaults(rule as OcppRule, at)),
  ];
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

function lines(file: string, placed: readonly { fault: Fault; place: { line: number; column: number } }[]): string[] {
  const sorted = [...placed].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const shown = sorted.slice(0, CONFIG_LIMITS.faultsShown).map(({ fault, place }) => {
    return faultText(file, place, fault).replace(" site.yaml: ", " rules: ");
  });
  return [...new Set(shown)];
}
