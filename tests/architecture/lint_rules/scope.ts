import { isTestPath, ROOT } from "../tree.ts";

/** The path of a linted file relative to the repository's root. */
export function relativePath(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename.replace(/^\.?\//, "");
}

/** Code that runs on a site: gateway, hal, policies and main.ts, and the examples, without tests. */
export function isProduct(path: string): boolean {
  return /^(gateway|hal|policies|examples)\/|^main\.ts$/.test(path) && !isTestPath(path);
}

/** A file that `deno test` runs. */
export const isTest = (path: string): boolean => /_test\.tsx?$/.test(path);

/** Says whether `path` stands in one of the rows; a row is a file or a folder ending in "/". */
export function stands(path: string, rows: readonly string[]): boolean {
  return rows.some((row) => path === row || (row.endsWith("/") || row.endsWith("_")) && path.startsWith(row));
}

/** "Deno.serve" of a member expression whose object is a plain name; undefined for anything else. */
export function memberName(node: Deno.lint.MemberExpression): string | undefined {
  if (node.object.type !== "Identifier") return undefined;
  if (node.property.type === "Identifier" && !node.computed) return `${node.object.name}.${node.property.name}`;
  if (node.property.type === "Literal") return `${node.object.name}.${node.property.value}`;
  return undefined;
}
