import type { RecordedClient } from "../../policies/modbus_recording.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, describeError } from "../core/errors.ts";
import type { RunRemotely } from "./policy_diff.ts";

/** The lines of a recording: from the file that --recording names, or from the running gateway. */
export async function recordingLines(
  args: CommandArgs,
  run: RunRemotely,
): Promise<{ file: string; lines: readonly string[] }> {
  const { recording, rules: _, mode: __, conduit: ___, ...common } = args;
  if (typeof recording === "string") return { file: recording, lines: (await readText(recording)).split("\n") };
  return { file: "the gateway's recording", lines: textOf(await run("policy recording", common)).split("\n") };
}

/** The Modbus clients among them; lines of other parts, or of another version, are left out. */
export function recordedClients(lines: readonly string[]): readonly RecordedClient[] {
  return lines.flatMap((line) => clientOf(line) ?? []);
}

function clientOf(line: string): RecordedClient | undefined {
  try {
    const value = JSON.parse(line) as RecordedClient;
    const isClient = value.conduit === "modbus" && typeof value.client === "string" && Number.isInteger(value.unit) &&
      value.requests.every(({ targets, times, count }) =>
        Array.isArray(targets) && times.every(Number.isFinite) && Number.isFinite(count)
      );
    return isClient ? value : undefined;
  } catch {
    return undefined; // no JSON, or cut
  }
}

function textOf({ data }: CommandResult): string {
  return String((data as { lines?: unknown }).lines ?? "");
}

/** Reads a file that a command names. @throws ConfigError CFG_UNREADABLE */
export async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read "${file}": ${describeError(cause)}`, { cause });
  }
}
