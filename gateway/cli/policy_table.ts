import { BUILT_IN_RULES } from "../../policies/built_in_rules.ts";
import { type MatrixStation, ruleMatrix, ruleRows, ruleWarnings } from "../../policies/ocpp_table.ts";
import { REHOMING_LINES } from "../../policies/rehoming_rows.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { type LoadedSite, loadSite } from "../config/load.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { formatTable } from "../core/format_table.ts";
import { modbusTable } from "./policy_table_modbus.ts";
import { siteRules } from "./site_rules.ts";

/** `policy table`: who may send what at this site, from its site.yaml and rules file; the gateway need not run. */
export async function runPolicyTable(args: CommandArgs): Promise<CommandResult> {
  const loaded = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  const ocpp = policyTable(loaded), modbus = modbusTable(loaded);
  if (!modbus) return ocpp;
  return { text: `${ocpp.text}\n\n\n${modbus.text}`, data: { ...ocpp.data as object, modbus: modbus.data } };
}

/** The OCPP part of a loaded site. */
export function policyTable(loaded: LoadedSite): CommandResult {
  const rules = siteRules(loaded);
  const mode = loaded.site.ocpp?.mode ?? "enforce";
  const builtIn = builtInTables();
  if (rules === undefined) {
    const text = `${builtIn}\n\nThe site has no rules of its own (ocpp.rules): all the rest is relayed.`;
    return {
      text,
      data: {
        builtIn: asJson(BUILT_IN_RULES),
        rehoming: asJson(REHOMING_LINES),
        rules: null,
        matrix: [],
        warnings: [],
        mode,
      },
    };
  }
  const rows = ruleRows(rules);
  const matrix = ruleMatrix(rules, stationsOf(loaded));
  const warnings = ruleWarnings(rules);
  const text = [
    builtIn,
    `The site's own rules (${loaded.site.ocpp?.rules}, mode ${mode}): deny wins, then the first allow, else deny.`,
    formatTable(
      ["rule", "effect", "who", "what", "because"],
      rows.map(({ id, effect, who, what, because }) => {
        return [id, effect, who, what, because];
      }),
    ),
    "What they mean for each station:",
    formatTable(
      ["stations", "from", "action", "answer"],
      matrix.map(({ stations, from, action, answer }) => {
        return [shortList(stations), from, action, answer];
      }),
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n\n");
  return {
    text,
    data: {
      builtIn: asJson(BUILT_IN_RULES),
      rehoming: asJson(REHOMING_LINES),
      rules: asJson(rows),
      matrix: asJson(matrix),
      warnings,
      mode,
    },
  };
}

function builtInTables(): string {
  const decided = BUILT_IN_RULES.map(({ rule, who, what, answer, when }) => [rule, who, what, answer, when]);
  const rehomed = REHOMING_LINES.map(({ rule, from, actions, when, answer }) => [rule, from, actions, when, answer]);
  return [
    formatTable(["built-in rule", "from", "what", "answer", "in force"], decided),
    "Re-homing, after the rules above and the site's own: the first row that fits decides.",
    formatTable(["rule", "from", "actions", "when", "answer"], rehomed),
  ].join("\n\n");
}

function stationsOf({ site }: LoadedSite): MatrixStation[] {
  return site.stations.flatMap(({ id, vendor, model, unit, ocpp }) =>
    (ocpp?.protocols ?? []).map((version) => ({
      resource: { station: { id, vendor, model, unit }, csms: ocpp!.csms },
      version,
    }))
  );
}

/** A garage has hundreds of stations: the first few stand for the kind. */
function shortList(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

function asJson<Value>(value: Value) {
  return JSON.parse(JSON.stringify(value));
}
