import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { ruleWarnings } from "../../policies/ocpp_table.ts";
import { modbusRuleWarnings } from "../../policies/modbus_table.ts";
import type { LoadedSite } from "../config/load.ts";
import { suggest } from "../config/suggest.ts";
import { describeError } from "../core/errors.ts";
import type { Finding } from "./finding.ts";
import { failingSiteCases } from "./policy_test_command.ts";
import { modbusWorld } from "./site_modbus.ts";
import { siteRules } from "./site_rules.ts";

/**
 * What is odd about the site's rules: rules that decide nothing, names that site.yaml does not know, cases that do not
 * hold. Warnings all: a rule that is wrong must not keep the gateway from starting.
 */
export async function checkRules(loaded: LoadedSite): Promise<Finding[]> {
  const rules = siteRules(loaded);
  const ocpp = rules ? [...ruleWarnings(rules), ...unknownNames(rules, loaded)] : [];
  const cases = rules || loaded.site.modbus?.rules !== undefined ? await failedCases(loaded) : [];
  return [
    ...[...ocpp, ...cases].map((text) => ({ level: "warning", key: "ocpp.rules", text }) as const),
    ...modbusWarnings(loaded).map((text) => ({ level: "warning", key: "modbus.rules", text }) as const),
  ];
}

/** What is odd about Modbus rules, and names of points, units and listeners that the site does not have. */
function modbusWarnings(loaded: LoadedSite): string[] {
  const { modbus } = loaded.site;
  if (!modbus) return [];
  const { rules, units, profiles } = modbusWorld(loaded);
  const named = new Set(units.flatMap(({ profile }) => profile ?? []));
  const known = {
    points: profiles.filter(({ id }) => named.has(id)).flatMap(({ points }) => points.map(({ name }) => name)),
    units: units.map(({ unit }) => String(unit)),
    listeners: modbus.listeners.map(({ id }) => id),
  };
  const unknown = rules.flatMap((rule) =>
    (Object.keys(known) as (keyof typeof known)[]).flatMap((key) =>
      (rule[key] ?? []).map(String).filter((name) => !known[key].includes(name) && !(key === "units" && name === "0"))
        .map((name) => {
          const meant = suggest(name, known[key]);
          const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
          return `rule "${rule.id}" names "${name}" under ${key}, which the site does not have${hint}`;
        })
    )
  );
  return [...modbusRuleWarnings(rules), ...unknown];
}

async function failedCases(loaded: LoadedSite): Promise<string[]> {
  try {
    return await failingSiteCases(loaded);
  } catch (error) {
    return [`the site's cases cannot be run: ${describeError(error)}`];
  }
}

/** A rule about a name that nothing has never holds: most often a slip of the pen. */
function unknownNames(rules: readonly OcppRule[], { site }: LoadedSite): string[] {
  const valuesOf = (key: "vendor" | "model" | "unit") => site.stations.flatMap((station) => station[key] ?? []);
  const known = {
    stations: site.stations.map(({ id }) => id),
    vendors: valuesOf("vendor"),
    models: valuesOf("model"),
    units: valuesOf("unit"),
    csms: site.ocpp?.csms.map(({ id }) => id) ?? [],
  };
  return rules.flatMap((rule) =>
    (Object.keys(known) as (keyof typeof known)[]).flatMap((key) => {
      const names = new Set(known[key]);
      return (rule[key] ?? []).filter((name) => !names.has(name)).map((name) => {
        const meant = suggest(name, [...names]);
        const adopted = key === "stations" ? "; right only for an adopted station" : "";
        const hint = meant === undefined ? adopted : `; did you mean "${meant}"?`;
        return `rule "${rule.id}" names "${name}" under ${key}, which site.yaml does not${hint}`;
      });
    })
  );
}
