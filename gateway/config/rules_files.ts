import type { Materials } from "./materials.ts";
import { parseModbusRules } from "./modbus_rules_file.ts";
import { parseOcppRules } from "./ocpp_rules_file.ts";
import type { RulesFile } from "./rules_file.ts";

/** The rules files that site.yaml may name: where, and how each is read. */
const RULES_FILES: readonly { readonly section: string; readonly faults: (file: string, text: string) => string[] }[] =
  [
    { section: "modbus", faults: (file, text) => faultsOf(parseModbusRules(file, text)) },
    { section: "ocpp", faults: (file, text) => faultsOf(parseOcppRules(file, text)) },
  ];

/** All that is wrong with the rules files of a site, one line `file:line:column key: ...` per fault (invariant 4). */
export function rulesFileFaults(site: unknown, materials: Materials): string[] {
  return RULES_FILES.flatMap(({ section, faults }) => {
    const file = member(member(site, section), "rules");
    const bytes = typeof file === "string" ? materials.get(file) : undefined;
    if (typeof file !== "string" || bytes === undefined) return []; // absent, or its absence is a fault of its own
    try {
      return faults(file, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return [`${file}:1:1 rules: the text is not UTF-8, wanted a file saved as UTF-8`];
    }
  });
}

function faultsOf(read: RulesFile<unknown>): string[] {
  return "faults" in read ? [...read.faults] : [];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
