import { resolve } from "node:path";
import { describeError } from "../core/errors.ts";
import type { Fault } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import type { FileReference, Materials } from "./materials.ts";

/** What loading reads from; tests pass a map of files. */
export interface ConfigReaders {
  /** Reads at most `maxBytes` + 1 bytes of a file. Throws an Error whose message says why it cannot. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
}

/**
 * Reads every file that site.yaml names, each once, some at a time.
 * @param configDir absolute folder that relative paths start from
 */
export async function readMaterials(
  references: readonly FileReference[],
  configDir: string,
  readers: ConfigReaders,
): Promise<{
  readonly materials: Materials;
  readonly faults: readonly Fault[];
}> {
  const files = [...new Set(references.map(({ file }) => file))];
  if (files.length > CONFIG_LIMITS.materials) {
    const wrong = `names ${files.length} different files`;
    return { materials: new Map(), faults: [{ path: [], wrong, wanted: `at most ${CONFIG_LIMITS.materials} files` }] };
  }
  const materials = new Map<string, Uint8Array>();
  const problems = new Map<string, Omit<Fault, "path">>();
  const next = files.values();
  const readNext = async () => {
    for (const file of next) {
      const result = await readMaterial(file, configDir, readers);
      if (result instanceof Uint8Array) materials.set(file, result);
      else problems.set(file, result);
    }
  };
  await Promise.all(Array.from({ length: CONFIG_LIMITS.materialsAtOnce }, readNext));
  const faults = references.flatMap(({ path, file }) => {
    const problem = problems.get(file);
    return problem ? [{ path, ...problem }] : [];
  });
  return { materials, faults };
}

async function readMaterial(
  file: string,
  configDir: string,
  readers: ConfigReaders,
): Promise<Uint8Array | Omit<Fault, "path">> {
  const limit = CONFIG_LIMITS.materialBytes;
  const path = resolve(configDir, file);
  try {
    const bytes = await readers.readFile(path, limit);
    if (bytes.length <= limit) return bytes;
    return { wrong: `the file "${path}" has more than ${limit} bytes`, wanted: "a smaller file" };
  } catch (error) {
    return {
      wrong: `the file "${path}" cannot be read (${describeError(error)})`,
      wanted: "a file the gateway may read",
    };
  }
}
