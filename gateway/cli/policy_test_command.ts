import { dirname, resolve } from "node:path";
import { SHIPPED_CASES } from "../../policies/cases/mod.ts";
import { type OcppCases, runOcppCase } from "../../policies/ocpp_case.ts";
import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { type LoadedSite, loadSite } from "../config/load.ts";
import { readOcppCases } from "../config/ocpp_cases_file.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import { siteRules } from "./site_rules.ts";

/** What became of one file of cases. */
interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: readonly { readonly case: string; readonly why: string }[];
}

/**
 * `policy test`: runs the cases that come with the gateway, each file with rules of its own, and those of the site with
 * the site's rules. `ok` is false when any case fails.
 */
export async function runPolicyTest(args: CommandArgs): Promise<CommandResult> {
  const loaded = await loadSite(String(args["config"] ?? "site.yaml"), diskReaders);
  const rules = siteRules(loaded);
  const results = Object.entries(SHIPPED_CASES).map(([file, text]) => {
    return runFile(`built-in ${file}`, readOcppCases(file, text), undefined);
  });
  const named = typeof args["cases"] === "string" ? resolve(args["cases"]) : undefined;
  const folder = named ?? folderOf(loaded.box.configDir, loaded.site.ocpp?.rules);
  if (folder !== undefined) results.push(...await runFolder(folder, named !== undefined, rules));
  return report(results, folder);
}

/** The site's own cases that do not hold, in words; none when it has no cases. For `check`. */
export async function failingSiteCases({ site, materials, box }: LoadedSite): Promise<string[]> {
  const folder = folderOf(box.configDir, site.ocpp?.rules);
  if (folder === undefined) return [];
  const results = await runFolder(folder, false, siteRules({ site, materials }));
  return results.flatMap(({ file, failed }) => failed.map((one) => `case "${one.case}" in "${file}": ${one.why}`));
}

async function runFolder(
  folder: string,
  isNamed: boolean,
  rules: readonly OcppRule[] | undefined,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const file of await casesIn(folder, isNamed)) {
    results.push(runFile(file, readOcppCases(file, await Deno.readTextFile(file)), rules));
  }
  return results;
}

function folderOf(configDir: string, rules: string | undefined): string | undefined {
  return rules === undefined ? undefined : resolve(configDir, dirname(rules), "cases");
}

async function casesIn(folder: string, isNamed: boolean): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && /\.ya?ml$/.test(name)) files.push(`${folder}/${name}`);
    }
  } catch (error) {
    if (!isNamed && error instanceof Deno.errors.NotFound) return [];
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the folder of cases "${folder}": ${describeError(error)}`);
  }
  return files.sort();
}

function runFile(file: string, { rules, cases }: OcppCases, site: readonly OcppRule[] | undefined): FileResult {
  const failed = cases.flatMap((tried) => {
    const result = runOcppCase(tried, rules ?? site);
    return result.ok ? [] : [{ case: tried.case, why: result.why }];
  });
  return { file, passed: cases.length - failed.length, failed };
}

function report(results: readonly FileResult[], folder: string | undefined): CommandResult {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed.length, 0);
  const lines = results.flatMap((result) => [
    `${result.failed.length === 0 ? "ok    " : "FAILED"} ${result.file}: ${result.passed} of ${
      result.passed + result.failed.length
    }`,
    ...result.failed.map(({ case: name, why }) => `       ${name}: ${why}`),
  ]);
  const own = results.some(({ file }) => !file.startsWith("built-in "));
  if (!own) {
    lines.push(
      `The site has no cases of its own${
        folder === undefined ? "" : ` in ${folder}`
      } (policies.md says how to write them).`,
    );
  }
  lines.push(`policy test: ${passed} passed, ${failed} failed`);
  return {
    ok: failed === 0,
    text: lines.join("\n"),
    data: { passed, failed, files: JSON.parse(JSON.stringify(results)) },
  };
}
