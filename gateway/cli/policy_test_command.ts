import { dirname, resolve } from "node:path";
import { SHIPPED_CASES, SHIPPED_MODBUS_CASES } from "../../policies/cases/mod.ts";
import { type OcppCases, runOcppCase } from "../../policies/ocpp_case.ts";
import type { OcppRule } from "../../policies/ocpp_rule.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { type LoadedSite, loadSite } from "../config/load.ts";
import { readOcppCases } from "../config/ocpp_cases_file.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import { type CaseWorld, isModbusCases, readModbusCases, runModbusCase, worldOf } from "../modbus/policy_case.ts";
import { modbusWorld } from "./site_modbus.ts";
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
  const world = modbusWorld(loaded);
  results.push(
    ...Object.entries(SHIPPED_MODBUS_CASES).map(([file, text]) => runModbusFile(`built-in ${file}`, text, world)),
  );
  const named = typeof args["cases"] === "string" ? resolve(args["cases"]) : undefined;
  const folders = named === undefined ? foldersOf(loaded) : [named];
  for (const folder of folders) results.push(...await runFolder(folder, named !== undefined, rules, world));
  return report(results, folders);
}

/** The site's own cases that do not hold, in words; none when it has no cases. For `check`. */
export async function failingSiteCases(loaded: LoadedSite): Promise<string[]> {
  const results: FileResult[] = [];
  for (const folder of foldersOf(loaded)) {
    results.push(...await runFolder(folder, false, siteRules(loaded), modbusWorld(loaded)));
  }
  return results.flatMap(({ file, failed }) => failed.map((one) => `case "${one.case}" in "${file}": ${one.why}`));
}

async function runFolder(
  folder: string,
  isNamed: boolean,
  rules: readonly OcppRule[] | undefined,
  modbus: CaseWorld,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const file of await casesIn(folder, isNamed)) {
    const text = await Deno.readTextFile(file);
    results.push(
      isModbusCases(text) ? runModbusFile(file, text, modbus) : runFile(file, readOcppCases(file, text), rules),
    );
  }
  return results;
}

function runModbusFile(file: string, text: string, site: CaseWorld): FileResult {
  const cases = readModbusCases(file, text), world = worldOf(cases, site);
  const failed = cases.cases.flatMap((tried) => {
    const result = runModbusCase(tried, world);
    return result.ok ? [] : [{ case: tried.case, why: result.why }];
  });
  return { file, passed: cases.cases.length - failed.length, failed };
}

/** The folders of cases beside the rules files of the site; one folder may hold those of both. */
function foldersOf({ site, box }: LoadedSite): string[] {
  const files = [site.ocpp?.rules, site.modbus?.rules].flatMap((file) => file ?? []);
  return [...new Set(files.map((file) => resolve(box.configDir, dirname(file), "cases")))];
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

function report(results: readonly FileResult[], folders: readonly string[]): CommandResult {
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
        folders.length === 0 ? "" : ` in ${folders.join(" or ")}`
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
