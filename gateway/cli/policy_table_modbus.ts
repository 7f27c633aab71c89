import { type MatrixUnit, modbusMatrix, modbusRuleRows, modbusRuleWarnings } from "../../policies/modbus_table.ts";
import { MODBUS_BUILT_IN } from "../../policies/modbus_built_in.ts";
import type { LoadedSite } from "../config/load.ts";
import type { Json } from "../core/control_api.ts";
import { formatTable } from "../core/format_table.ts";
import { limitsOf } from "../modbus/policy_targets.ts";
import { modbusWorld } from "./site_modbus.ts";

/** The Modbus part of `policy table`; undefined for a site without Modbus. */
export function modbusTable(loaded: LoadedSite): { readonly text: string; readonly data: Json } | undefined {
  const { modbus } = loaded.site;
  if (!modbus) return undefined;
  const { rules, units, profiles } = modbusWorld(loaded);
  const rows = modbusRuleRows(rules), warnings = modbusRuleWarnings(rules);
  const known = units.map(({ unit, profile }): MatrixUnit => ({
    unit,
    points: (profiles.find(({ id }) => id === profile)?.points ?? []).map((point) => ({
      name: point.name,
      class: point.class,
      limits: limitsOf(point),
    })),
  }));
  const matrix = modbusMatrix(rules, known);
  const text = [
    "MODBUS. What no rule of the site allows is refused; these hold whatever its rules allow:",
    formatTable(
      ["built-in rule", "what", "lifted by"],
      MODBUS_BUILT_IN.map(({ rule, what, lifted }) => [rule, what, lifted]),
    ),
    `The site's rules (${
      modbus.rules ?? "none"
    }, mode ${modbus.mode}): deny wins, then the first allow or mask, else deny.`,
    formatTable(
      ["rule", "effect", "who", "what", "because"],
      rows.map(({ id, effect, who, what, because }) => [id, effect, who, what, because]),
    ),
    "What they mean for each role, for clients and times that no rule singles out:",
    formatTable(
      ["role", "units", "class", "read", "write"],
      matrix.map((row) => [row.role, row.units.join(", "), row.class, row.read, row.write]),
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n\n");
  const data = { builtIn: MODBUS_BUILT_IN, rules: rows, matrix, warnings, mode: modbus.mode };
  return { text, data: JSON.parse(JSON.stringify(data)) };
}
