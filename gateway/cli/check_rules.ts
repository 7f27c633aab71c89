import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { ruleWarnings } from "../../policies/ocpp_table.ts";
import type { LoadedSite } from "../config/load.ts";
import { suggest } from "../config/suggest.ts";
import { describeError } from "../core/errors.ts";
import type { Finding } from "./finding.ts";
import { failingSiteCases } from "./policy_test_command.ts";
import { siteRules } from "./site_rules.ts";

/**
 * What is odd about the site's rules: rules that decide nothing, names that site.yaml does not know, cases that do not
 * hold. Warnings all: a rule that is wrong must not keep the gateway from starting.
 */
export async function checkRules(loaded: LoadedSite): Promise<Finding[]> {
  const rules = siteRules(loaded);
  if (!rules) return [];
  const texts = [...ruleWarnings(rules), ...unknownNames(rules, loaded), ...await failedCases(loaded)];
  return texts.map((text) => ({ level: "warning", key: "ocpp.rules", text }));
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
