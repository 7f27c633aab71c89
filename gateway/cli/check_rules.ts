import { ruleWarnings } from "../../policies/ocpp_table.ts";
import type { LoadedSite } from "../config/load.ts";
import type { Finding } from "./finding.ts";
import { siteRules } from "./site_rules.ts";

/** What is odd about the site's rules: rules that decide nothing, and stations that site.yaml does not name. */
export function checkRules(loaded: Pick<LoadedSite, "site" | "materials">): Finding[] {
  const rules = siteRules(loaded) ?? [];
  const known = new Set(loaded.site.stations.map(({ id }) => id));
  const foreign = rules.flatMap(({ id, stations }) =>
    (stations ?? []).filter((station) => !known.has(station)).map((station) =>
      `rule "${id}" names the station "${station}", which site.yaml does not: right only for an adopted one`
    )
  );
  const texts = rules.length === 0 ? [] : [...ruleWarnings(rules), ...foreign];
  return texts.map((text) => ({ level: "warning", key: "ocpp.rules", text }));
}
