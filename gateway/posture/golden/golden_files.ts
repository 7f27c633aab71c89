import bender from "../../../profiles/golden/bender-cc.yaml" with { type: "text" };
import evlink from "../../../profiles/golden/evlink-parking.yaml" with { type: "text" };
import baseline from "../../../profiles/golden/ocpp-baseline.yaml" with { type: "text" };
import { refuseGolden } from "../../../policies/golden.ts";
import { GOLDEN_WAYS, type GoldenProfile } from "../../../policies/golden_types.ts";
import { unmetBy } from "../../../policies/posture.ts";
import { KEY_TABLES } from "../../../profiles/controllers/key_tables.ts";
import { faultText } from "../../config/fault.ts";
import { CONFIG_LIMITS } from "../../config/limits.ts";
import { jsonSchemaOf, schemaFaults } from "../../config/schema_faults.ts";
import { parseYaml } from "../../config/yaml_source.ts";
import { ConfigError } from "../../core/errors.ts";
import { GoldenFile } from "./golden_schema.ts";

/** Names and texts of the profiles that come with the gateway. */
export const SHIPPED_GOLDEN: Readonly<Record<string, string>> = {
  "bender-cc.yaml": bender,
  "evlink-parking.yaml": evlink,
  "ocpp-baseline.yaml": baseline,
};

/** Settings of controllers that are known by name, whoever sells them. */
export const GOLDEN_TABLES = [...new Set(Object.values(KEY_TABLES))];

/** What a file holds, or all that is wrong with it, one line per fault. */
export type ReadGolden = { readonly profile: GoldenProfile } | { readonly faults: readonly string[] };

/** Reads one profile. Never throws. */
export function readGolden(file: string, text: string): ReadGolden {
  const source = parseYaml(text);
  const faults = source.faults.map((fault) => faultText(file, fault.place, fault));
  const read = GoldenFile.safeParse(source.value, { reportInput: true });
  if (!read.success) {
    const found = schemaFaults(read.error.issues, jsonSchemaOf(GoldenFile), (path) => source.sourceOf(path));
    faults.push(...found.map((fault) => faultText(file, source.placeOf(fault.path, fault.at), fault)));
    return {
      faults: faults.slice(0, CONFIG_LIMITS.faultsShown).map((line) => line.replace(" site.yaml: ", " profile: ")),
    };
  }
  const profile = read.data as GoldenProfile;
  faults.push(...lintGolden(profile).map((fault) => `${file}: ${fault}`));
  return faults.length > 0 ? { faults: faults.slice(0, CONFIG_LIMITS.faultsShown) } : { profile };
}

/** What no schema sees: names that a profile may not have, values that contradict each other. */
export function lintGolden({ settings }: GoldenProfile): readonly string[] {
  const faults: string[] = [], ids = new Set<string>(), names = new Set<string>();
  for (const { id, ways, accept } of settings) {
    if (ids.has(id)) faults.push(`settings: two have the id "${id}"; wanted: each once`);
    ids.add(id);
    for (const way of GOLDEN_WAYS) {
      const target = ways[way];
      if (!target) continue;
      const where = `setting "${id}", ${way}`, name = `${way} ${target.name.toLowerCase()}`;
      if (names.has(name)) faults.push(`${where}: ${target.name} is named twice; wanted: one value for each setting`);
      names.add(name);
      const refused = refuseGolden(way, target, GOLDEN_TABLES);
      if (refused?.effect === "deny") {
        faults.push(`${where}: ${refused.reason} (${refused.rule}). ${refused.hint ?? "Take it out of the profile"}`);
      }
      const unmet = accept && unmetBy(target.value, accept);
      if (unmet) faults.push(`${where}: "${target.value}" would be written and not accepted: ${unmet}`);
    }
  }
  return faults;
}

/**
 * The profiles that a gateway goes by: those that come with it, each replaced by a site's own of the same id.
 * @throws ConfigError CFG_INVALID with every fault of every file
 */
export function goldenProfiles(own: Readonly<Record<string, string>>): readonly GoldenProfile[] {
  const profiles = new Map<string, GoldenProfile>(), faults: string[] = [], seen = new Set<string>();
  const take = (file: string, text: string, isOwn: boolean) => {
    const read = readGolden(file, text);
    if ("faults" in read) return void faults.push(...read.faults);
    const { id } = read.profile;
    if (isOwn && seen.has(id)) faults.push(`${file}: another file of posture.golden has the id "${id}" too`);
    if (isOwn) seen.add(id);
    profiles.set(id, read.profile);
  };
  for (const [file, text] of Object.entries(SHIPPED_GOLDEN)) take(file, text, false);
  for (const [file, text] of Object.entries(own)) take(file, text, true);
  if (faults.length > 0) throw new ConfigError("CFG_INVALID", faults.join("\n"));
  return [...profiles.values()];
}
