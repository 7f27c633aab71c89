import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import type { LoadedSite } from "../config/load.ts";
import { readModbusRules } from "../config/modbus_rules_file.ts";
import type { CaseWorld } from "../modbus/policy_case.ts";
import { ProfileFile, profileOf } from "../modbus/profile_schema.ts";
import { siteProfiles } from "../modbus/site_profiles.ts";

/** The site's Modbus rules and units, and every profile that they or cases may name. The files were found good when it was loaded. */
export function modbusWorld({ site, materials }: Pick<LoadedSite, "site" | "materials">): CaseWorld {
  const own = site.modbus;
  const profiles = MODBUS_PROFILES.map((source) => profileOf(ProfileFile.parse(source)));
  if (!own) return { rules: [], units: [], profiles };
  const text = (path: string) => new TextDecoder().decode(materials.get(path));
  const files = { text, bytes: (path: string) => new Uint8Array(materials.get(path)!) };
  const units = own.units.map(({ profile, ...unit }) => ({ ...unit, ...profile === undefined ? {} : { profile } }));
  const rules = own.rules === undefined ? [] : readModbusRules(own.rules, text(own.rules));
  return { rules, units, profiles: [...siteProfiles(own, files), ...profiles] };
}
