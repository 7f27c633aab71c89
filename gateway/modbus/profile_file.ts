import { type Fault, faultText } from "../config/fault.ts";
import { CONFIG_LIMITS } from "../config/limits.ts";
import { jsonSchemaOf, schemaFaults } from "../config/schema_faults.ts";
import { parseYaml } from "../config/yaml_source.ts";
import type { Profile } from "./profile.ts";
import { lintProfile } from "./profile_lint.ts";
import { ProfileFile, profileOf } from "./profile_schema.ts";

/** What a profile file holds, or all that is wrong with it, one line per fault. */
export type ReadProfile = { readonly profile: Profile } | { readonly faults: readonly string[] };

/** Reads a profile file of a site, one kind of device in YAML. Never throws. */
export function parseProfile(file: string, text: string): ReadProfile {
  const source = parseYaml(text);
  const faults = source.faults.map((fault) => faultText(file, fault.place, fault));
  const read = ProfileFile.safeParse(source.value, { reportInput: true });
  if (!read.success) {
    const found = schemaFaults(read.error.issues, jsonSchemaOf(ProfileFile), (path) => source.sourceOf(path));
    faults.push(...found.map((fault: Fault) => faultText(file, source.placeOf(fault.path, fault.at), fault)));
    return {
      faults: faults.slice(0, CONFIG_LIMITS.faultsShown).map((line) => line.replace(" site.yaml: ", " profile: ")),
    };
  }
  const profile = profileOf(read.data);
  faults.push(...lintProfile(profile).map((fault) => `${file}: ${fault}`));
  return faults.length > 0 ? { faults: faults.slice(0, CONFIG_LIMITS.faultsShown) } : { profile };
}
