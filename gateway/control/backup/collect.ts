import { isAbsolute, relative, resolve } from "node:path";
import type { Box, SiteFiles } from "../../core/conduit.ts";
import { auditDir } from "../data_paths.ts";
import { bytesPart, filePart } from "./archive.ts";
import { ABSOLUTE_PREFIX, AUDIT_PREFIX, CONFIG_PREFIX } from "./manifest.ts";
import type { TarPart } from "./tar.ts";

/**
 * Every file that a configuration names: values of keys that end in "File", and rules. As written, each once, in order.
 */
export function referencedFiles(config: unknown): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value === "string") {
      if (name === "rules" || /File$/.test(name)) found.add(value);
    } else if (Array.isArray(value)) value.forEach((item) => walk(item, name));
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, key);
    }
  };
  walk(config, "");
  return [...found];
}

/** site.yaml and what it names, from what was loaded: the files on disk may be half edited. */
export function configParts(site: unknown, box: Box, files: SiteFiles): TarPart[] {
  const parts = new Map<string, TarPart>();
  for (const path of [box.configFile, ...referencedFiles(site)]) {
    const name = partName(path, box.configDir);
    parts.set(name, bytesPart(name, files.bytes(path)));
  }
  return [...parts.values()];
}

/** Audit segments and what lies beside them, as far as they are written now. */
export async function auditParts(box: Pick<Box, "dataDir">): Promise<TarPart[]> {
  const folder = auditDir(box);
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isFile) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  names.sort();
  return await Promise.all(names.map((name) => filePart(AUDIT_PREFIX + name, `${folder}/${name}`)));
}

/** Where a file of the configuration stands in a backup: by its place below site.yaml's folder, else by its path. */
export function partName(path: string, configDir: string): string {
  const absolute = resolve(configDir, path);
  const below = relative(configDir, absolute);
  const isBelow = below !== "" && !below.startsWith("..") && !isAbsolute(below);
  return isBelow ? CONFIG_PREFIX + below : ABSOLUTE_PREFIX + absolute.slice(1);
}
