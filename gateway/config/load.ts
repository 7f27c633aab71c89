import { dirname, resolve } from "node:path";
import type { Box } from "../core/conduit.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import { type Fault, faultText, type Place } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { fileReferences, type Materials } from "./materials.ts";
import { type ConfigReaders, readMaterials } from "./read_materials.ts";
import { rulesFileFaults } from "./rules_files.ts";
import { SITE_RULES } from "./rules.ts";
import { Site } from "./schema.ts";
import { jsonSchemaOf, schemaFaults, type SchemaNode } from "./schema_faults.ts";
import { parseYaml, type YamlSource } from "./yaml_source.ts";

/** A configuration that passed every check. */
export interface LoadedSite {
  readonly site: Site;
  /** Absolute paths. */
  readonly box: Box;
  /** Every file that site.yaml names, by the path as written. */
  readonly materials: Materials;
  /** site.yaml as it was read, comments included. */
  readonly text: string;
}

/** A fault with its place in the file. */
interface PlacedFault {
  readonly fault: Fault;
  readonly place: Place;
}

/**
 * Loads site.yaml and every file it names. All faults are found in one pass: YAML, schema, checks across keys, files.
 * @param file absolute path of site.yaml, or relative to the working directory; faults show it as given
 * @throws ConfigError CFG_UNREADABLE when site.yaml cannot be read, CFG_INVALID with one line per fault in `faults`
 */
export async function loadSite(file: string, readers: ConfigReaders): Promise<LoadedSite> {
  const configFile = resolve(file);
  const configDir = dirname(configFile);
  const text = await readText(file, configFile, readers);
  const source = parseYaml(text);
  const root = jsonSchemaOf(Site);
  const placed: PlacedFault[] = source.faults.map((fault) => ({ fault, place: fault.place }));
  const add = (faults: readonly Fault[]) => {
    for (const fault of faults) {
      const line = fault.other && source.placeOf(fault.other).line;
      const wrong = line === undefined ? fault.wrong : `${fault.wrong} (line ${line})`;
      placed.push({ fault: { ...fault, wrong }, place: source.placeOf(fault.path, fault.at) });
    }
  };
  if (source.value === undefined) throw invalid(file, placed);
  const { site, partial, broken } = judge(source, root, add);
  const read = await readMaterials(fileReferences(source.value, root), configDir, readers);
  add(read.faults);
  for (const rule of SITE_RULES) {
    if (partial && !rule.reads.some((section) => broken.has(section))) add(rule.check(partial, read.materials));
  }
  const elsewhere = rulesFileFaults(source.value, read.materials);
  if (placed.length > 0 || elsewhere.length > 0 || !site) throw invalid(file, placed, elsewhere);
  const box = { configFile, configDir, dataDir: resolve(configDir, site.site.dataDir) };
  return { site, box, materials: read.materials, text };
}

async function readText(file: string, path: string, readers: ConfigReaders): Promise<string> {
  const limit = CONFIG_LIMITS.siteFileBytes;
  let bytes: Uint8Array;
  try {
    bytes = await readers.readFile(path, limit);
  } catch (error) {
    const hint = "Name the file with --config, or write a first one with `init DIR`";
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the configuration "${file}": ${describeError(error)}`, {
      hint,
      cause: error,
    });
  }
  if (bytes.length > limit) {
    const message = `The configuration "${file}" is too large: it must have at most ${limit} bytes`;
    throw new ConfigError("CFG_INVALID", message, { faults: [`${file}:1:1 site.yaml: more than ${limit} bytes`] });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const fault = `${file}:1:1 site.yaml: the text is not UTF-8, wanted a file saved as UTF-8`;
    throw new ConfigError("CFG_INVALID", fault, { faults: [fault], cause: error });
  }
}

/** What the schema says: the whole site, or the site without the sections that break the schema. */
function judge(source: YamlSource, root: SchemaNode, add: (faults: readonly Fault[]) => void): {
  readonly site: Site | undefined;
  readonly partial: Site | undefined;
  readonly broken: ReadonlySet<string>;
} {
  const result = Site.safeParse(source.value, { reportInput: true });
  if (result.success) return { site: result.data, partial: result.data, broken: new Set() };
  const { issues } = result.error;
  add(schemaFaults(issues, root, (path) => source.sourceOf(path)));
  const broken = new Set(issues.flatMap(({ path }) => path.slice(0, 1).map(String)));
  if (typeof source.value !== "object" || source.value === null) return { site: undefined, partial: undefined, broken };
  const kept = Object.entries(source.value).filter(([key]) => Object.hasOwn(Site.shape, key) && !broken.has(key));
  const partial = Site.safeParse({ version: 1, site: { id: "unknown" }, ...Object.fromEntries(kept) });
  return { site: undefined, partial: partial.data, broken };
}

/** `elsewhere`: faults of the files that site.yaml names, each with its own place. */
function invalid(file: string, placed: readonly PlacedFault[], elsewhere: readonly string[] = []): ConfigError {
  const sorted = [...placed].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const shown = sorted.slice(0, CONFIG_LIMITS.faultsShown).map(({ fault, place }) => faultText(file, place, fault));
  const more = sorted.length - shown.length;
  const lines = [...new Set(shown), ...(more > 0 ? [`${file}: ${more} more faults`] : []), ...elsewhere];
  const total = sorted.length + elsewhere.length;
  const count = total === 1 ? "one fault" : `${total} faults`;
  return new ConfigError("CFG_INVALID", `The configuration "${file}" has ${count}`, {
    faults: lines,
    hint: "Nothing was changed: correct the lines above and run `check`",
  });
}
