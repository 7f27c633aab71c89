import { parse } from "yaml";
import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import type { ModbusConfig } from "./config.ts";
import type { Profile } from "./profile.ts";
import { lintProfile } from "./profile_lint.ts";
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
  try {
    const read = ProfileFile.safeParse(parse(files.text(file)));
    if (!read.success) {
      faults.push(...read.error.issues.map(({ path, message }) => `${file}: ${path.join(".")}: ${message}`));
      return undefined;
    }
    const profile = profileOf(read.data);
    faults.push(...lintProfile(profile).map((fault) => `${file}: ${fault}`));
    return profile;
  } catch (error) {
    faults.push(`${file}: ${describeError(error)}`);
    return undefined;
  }
}
