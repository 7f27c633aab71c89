import { fileURLToPath } from "node:url";

/** The repository's folder, with a trailing slash. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Folders that hold no source of ours. */
const NOT_OURS = new Set([".git", "node_modules", "data", "coverage"]);

/** Files made by a generator, which have no budgets. gateway/ocpp/schemas: made by generate.ts beside them. */
const GENERATED = /^gateway\/ocpp\/schemas\/.*\.(js|d\.ts)$/;

/** One file of the repository; `path` is relative to the root, with "/". */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All files whose name ends in one of `endings`, generated ones left out, in path order. */
export function sourceFiles(...endings: string[]): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of Deno.readDirSync(ROOT + folder)) {
      const path = folder + entry.name;
      if (entry.isDirectory && !NOT_OURS.has(entry.name)) walk(`${path}/`);
      else if (entry.isFile && endings.some((ending) => path.endsWith(ending)) && !GENERATED.test(path)) {
        found.push({ path, text: Deno.readTextFileSync(ROOT + path) });
      }
    }
  };
  walk("");
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Tests, their helpers (`testing.ts`, `testing/`) and their data: everything that never runs on a site. */
export const isTestPath = (path: string): boolean =>
  /_test\.tsx?$|\/testing(\/|\.ts$)/.test(path) || path.startsWith("tests/");
