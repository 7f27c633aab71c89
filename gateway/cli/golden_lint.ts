import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { readGolden, SHIPPED_GOLDEN } from "../posture/golden/golden_files.ts";

/** `posture golden lint [FILES]`: every fault of these files, or of those that come with the gateway. */
export async function runGoldenLint(args: CommandArgs): Promise<CommandResult> {
  const files = (args["files"] ?? []) as readonly string[];
  const linted = files.length === 0
    ? Object.entries(SHIPPED_GOLDEN).map(([file, text]) => lint(file, text))
    : await Promise.all(files.map(lintFile));
  const faults = linted.flatMap((one) => one.faults);
  const lines = linted.filter((one) => one.faults.length === 0).map(({ name, settings }) =>
    `${name}: ${settings} settings`
  );
  return {
    ok: faults.length === 0,
    text: [...lines, ...faults, `${linted.length} profiles, ${faults.length} faults`].join("\n"),
    data: linted.map(({ name, settings, faults }) => ({ name, settings, faults: [...faults] })),
  };
}

interface Linted {
  readonly name: string;
  readonly settings: number;
  readonly faults: readonly string[];
}

function lint(file: string, text: string): Linted {
  const read = readGolden(file, text);
  if ("faults" in read) return { name: file, settings: 0, faults: read.faults };
  return { name: read.profile.id, settings: read.profile.settings.length, faults: [] };
}

async function lintFile(file: string): Promise<Linted> {
  try {
    return lint(file, await Deno.readTextFile(file));
  } catch (error) {
    return { name: file, settings: 0, faults: [`${file}: cannot be read: ${describeError(error)}`] };
  }
}
