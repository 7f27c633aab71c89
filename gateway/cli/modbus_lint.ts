import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { parseProfile } from "../modbus/profile_file.ts";
import type { Profile } from "../modbus/profile.ts";
import { lintProfile } from "../modbus/profile_lint.ts";
import { ProfileFile, profileOf } from "../modbus/profile_schema.ts";

/** What became of one profile. */
interface Linted {
  readonly name: string;
  readonly points: number;
  /** How many points are known how well: "bench 7, third-party 31". */
  readonly evidence: string;
  readonly faults: readonly string[];
}

/** `modbus lint [FILES]`: every fault of the profiles in these files, or of those that come with the gateway. */
export async function runModbusLint(args: CommandArgs): Promise<CommandResult> {
  const files = (args["files"] ?? []) as readonly string[];
  const linted = files.length === 0 ? MODBUS_PROFILES.map(builtIn) : await Promise.all(files.map(lintFile));
  const faults = linted.flatMap(({ faults }) => faults);
  const lines = linted.filter(({ faults }) => faults.length === 0)
    .map(({ name, points, evidence }) => `${name}: ${points} points (${evidence})`);
  const sum = `${linted.length} profiles, ${faults.length} faults`;
  return {
    ok: faults.length === 0,
    text: [...lines, ...faults, sum].join("\n"),
    data: JSON.parse(JSON.stringify(linted)),
  };
}

function builtIn(source: (typeof MODBUS_PROFILES)[number]): Linted {
  const profile = profileOf(ProfileFile.parse(source));
  return described(profile.id, profile, lintProfile(profile));
}

async function lintFile(file: string): Promise<Linted> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    return { name: file, points: 0, evidence: "", faults: [`${file}: cannot be read: ${describeError(error)}`] };
  }
  const read = parseProfile(file, text);
  if ("faults" in read) return { name: file, points: 0, evidence: "", faults: read.faults };
  return described(file, read.profile, []);
}

function described(name: string, { points }: Profile, faults: readonly string[]): Linted {
  const rungs = [...Map.groupBy(points, ({ rung }) => rung)].map(([rung, own]) => `${rung} ${own.length}`).sort();
  return { name, points: points.length, evidence: rungs.join(", "), faults };
}
