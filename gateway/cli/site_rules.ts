import type { OcppRule } from "../../policies/ocpp_rule.ts";
import type { LoadedSite } from "../config/load.ts";
import { readOcppRules } from "../config/ocpp_rules_file.ts";

/** The site's own rules for OCPP; undefined when it has none. The file was found good when the site was loaded. */
export function siteRules(
  { site, materials }: Pick<LoadedSite, "site" | "materials">,
): readonly OcppRule[] | undefined {
  const file = site.ocpp?.rules;
  const bytes = file === undefined ? undefined : materials.get(file);
  return file === undefined || !bytes ? undefined : readOcppRules(file, new TextDecoder().decode(bytes));
}
