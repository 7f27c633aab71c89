import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";
import type { ModbusConfig } from "./config.ts";
import type { Profile } from "./profile.ts";
import { parseProfile } from "./profile_file.ts";
import { ProfileFile, profileOf } from "./profile_schema.ts";

/** The profiles that the units of a site name: its own files first. @throws ConfigError CFG_INVALID with all faults */
export function siteProfiles({ profiles, units }: ModbusConfig, files: SiteFiles): Profile[] {
  const faults: string[] = [];
  const own = profiles.flatMap(({ profileFile }) => readProfile(profileFile, files, faults) ?? []);
  const named = [...new Set(units.flatMap(({ profile }) => profile ?? []))];
  const found = named.flatMap((id) => {
    const builtIn = MODBUS_PROFILES.find((source) => source.id === id);
    const profile = own.find((each) => each.id === id) ?? (builtIn && profileOf(ProfileFile.parse(builtIn)));
    if (!profile) {
      faults.push(`modbus.units: there is no profile "${id}" among those of the gateway and modbus.profiles`);
    }
    return profile ?? [];
  });
  if (faults.length === 0) return found;
  throw new ConfigError("CFG_INVALID", `The Modbus profiles of the site have ${faults.length} faults`, {
    faults,
    hint: "Nothing was changed: correct the lines above and run `check`",
  });
}

function readProfile(file: string, files: SiteFiles, faults: string[]): Profile | undefined {
  const read = parseProfile(file, files.text(file));
  if ("profile" in read) return read.profile;
  faults.push(...read.faults);
  return undefined;
}
