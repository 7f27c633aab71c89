import type { z } from "zod";
import { findDuplicates } from "./duplicates.ts";
import { type Fault, faultText } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { jsonSchemaOf, schemaFaults } from "./schema_faults.ts";
import { parseYaml } from "./yaml_source.ts";

/** What a rules file holds, or all that is wrong with it, one line `file:line:column key: ...` per fault. */
export type RulesFile<Rule> =
  | { readonly rules: readonly Rule[] }
  | { readonly faults: readonly string[] };

/** One kind of rules file: a list of entries with ids. */
export interface RulesForm<Rule> {
  readonly list: z.ZodType<readonly unknown[]>;
  readonly entry: z.ZodType;
  /** What to write, for a file without rules. */
  readonly wanted: string;
  /** What one rule says that cannot go together; `at` is its place in the list. */
  readonly ruleFaults: (rule: Rule, at: number) => Fault[];
}

/** Reads the text of a rules file. Never throws. */
export function parseRulesFile<Rule>(file: string, text: string, form: RulesForm<Rule>): RulesFile<Rule> {
  const source = parseYaml(text);
  const placed = source.faults.map((fault) => ({ fault: fault as Fault, place: fault.place }));
  const add = (faults: readonly Fault[]) => {
    for (const fault of faults) placed.push({ fault, place: source.placeOf(fault.path, fault.at) });
  };
  const value = source.value;
  if (value === undefined || value === null) {
    if (placed.length === 0) add([{ path: [], wrong: "there is no rule in it", wanted: form.wanted }]);
    return { faults: lines(file, placed) };
  }
  if (!Array.isArray(value)) {
    add([{ path: [], wrong: "it is no list", wanted: form.wanted }]);
    return { faults: lines(file, placed) };
  }
  const result = form.list.safeParse(value, { reportInput: true });
  if (!result.success) {
    add(schemaFaults(result.error.issues, jsonSchemaOf(form.list), (path) => source.sourceOf(path)));
  }
  // What one rule says in itself is checked for every rule that has its form, whatever is wrong with the others.
  add(crossFaults(value, form));
  if (!result.success || placed.length > 0) return { faults: lines(file, placed) };
  return { rules: result.data as readonly Rule[] };
}

function crossFaults<Rule>(value: readonly unknown[], { entry, ruleFaults }: RulesForm<Rule>): Fault[] {
  const rules = value.map((each) => entry.safeParse(each).data);
  const ids = value.map((each) => String((each as { id?: unknown } | null)?.id ?? ""));
  const doubles = findDuplicates(ids.map((id, at) => ({ id, at })), ({ id, at }) => id === "" ? `\0${at}` : id);
  return [
    ...doubles.map(({ index, first }): Fault => ({
      path: [index, "id"],
      wrong: `the id is taken by rule ${first + 1} of the file`,
      wanted: "an id of its own",
    })),
    ...rules.flatMap((rule, at) => rule === undefined ? [] : ruleFaults(rule as Rule, at)),
  ];
}

function lines(file: string, placed: readonly { fault: Fault; place: { line: number; column: number } }[]): string[] {
  const sorted = [...placed].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const shown = sorted.slice(0, CONFIG_LIMITS.faultsShown).map(({ fault, place }) => {
    return faultText(file, place, fault).replace(" site.yaml: ", " rules: ");
  });
  return [...new Set(shown)];
}
