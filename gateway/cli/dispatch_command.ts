import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { controlSocketPath } from "../control/data_paths.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { ConfigError, describeError, GatewayError } from "../core/errors.ts";
import { COMMANDS } from "./command_table.ts";
import { runInGateway } from "./control_client.ts";
import { parseCommandLine } from "./parse_args.ts";
import { writeErrorLine, writeLine } from "./write_line.ts";

/** A command that runs in the calling process; it answers a result to print, or an exit code when it printed itself. */
export type LocalCommand = (args: CommandArgs) => Promise<CommandResult | number>;

/** Runs the command line. The result is the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function dispatchCommandLine(
  argv: readonly string[],
  local: Readonly<Record<string, LocalCommand>>,
): Promise<number> {
  try {
    const { command, args } = parseCommandLine(withoutHabits(argv), COMMANDS);
    const run = local[command.name]; // a command of the gateway may have a part here: paging, following
    if (command.where === "local" && !run) throw new GatewayError("CLI_USAGE", `Command "${command.name}" has no body`);
    const result = run ? await run(args) : await runRemotely(command.name, args);
    if (typeof result === "number") return result;
    writeLine(args["json"] === true ? JSON.stringify(result.data) : result.text);
    return result.ok === false ? 1 : 0;
  } catch (error) {
    return printError(error);
  }
}

/** What people type by habit: nothing at all, --version, and --help or -h anywhere, which asks about the words before it. */
export function withoutHabits(argv: readonly string[]): readonly string[] {
  if (argv.length === 0) return ["help"];
  if (argv[0] === "--version") return ["version", ...argv.slice(1)];
  const at = argv.findIndex((word) => word === "--help" || word === "-h");
  if (at < 0) return argv;
  return ["help", ...argv.slice(0, at).filter((word) => word !== "help" && !word.startsWith("-"))];
}

/** Runs a command in the gateway of the site that --config names, as the person who called. */
export async function runRemotely(command: string, args: CommandArgs): Promise<CommandResult> {
  const { config, as, json: _, ...rest } = args;
  const { box } = await loadSite(String(config ?? "site.yaml"), diskReaders);
  const who = typeof as === "string" ? as : Deno.env.get("SUDO_USER") ?? Deno.env.get("USER") ?? "root";
  return await runInGateway(controlSocketPath(box), command, await withFileTexts(command, rest), who);
}

/** Replaces the names of files that a command sends by their text: control can read no file of the caller. */
async function withFileTexts(command: string, args: CommandArgs): Promise<CommandArgs> {
  const sent = { ...args };
  for (const option of COMMANDS.find(({ name }) => name === command)?.sendsFiles ?? []) {
    const file = args[option];
    if (typeof file !== "string") continue;
    try {
      sent[option] = await Deno.readTextFile(file);
    } catch (cause) {
      throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}" of --${option}`, { cause });
    }
  }
  return sent;
}

function printError(error: unknown): number {
  const isKnown = error instanceof GatewayError;
  writeErrorLine(`error: ${isKnown ? `${error.code}: ` : ""}${describeError(error)}`);
  if (error instanceof ConfigError) { for (const fault of error.faults) writeErrorLine(`  ${fault}`); }
  if (isKnown && error.hint !== undefined) writeErrorLine(`hint: ${error.hint}`);
  return isKnown && error.code === "CLI_USAGE" ? 2 : 1;
}
