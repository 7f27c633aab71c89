import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { controlSocketPath } from "../control/data_paths.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { ConfigError, describeError, GatewayError } from "../core/errors.ts";
import { callerOf } from "./caller.ts";
import { COMMANDS } from "./command_table.ts";
import { runInGateway } from "./control_client.ts";
import { explainNotRunning } from "./other_gateways.ts";
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
    return printError(error, argv.includes("--json"));
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
  const { config, as: _as, json: _, ...rest } = args;
  const { box } = await loadSite(String(config ?? "site.yaml"), diskReaders);
  const sent = await withFileTexts(command, rest);
  try {
    return await runInGateway(controlSocketPath(box), command, sent, callerOf(args));
  } catch (error) {
    throw await explainNotRunning(error, box);
  }
}

/** Replaces the names of files that a command sends by what is in them: control can read no file of the caller. */
async function withFileTexts(command: string, args: CommandArgs): Promise<CommandArgs> {
  const sent = { ...args };
  const { sendsFiles = [], sendsBytes = [] } = COMMANDS.find(({ name }) => name === command) ?? {};
  for (const option of [...sendsFiles, ...sendsBytes]) {
    const file = args[option];
    if (typeof file !== "string") continue;
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(file);
    } catch (cause) {
      throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}" of --${option}`, { cause });
    }
    sent[option] = sendsBytes.includes(option) ? bytes.toBase64() : textOf(bytes, file, option);
  }
  return sent;
}

/** Bytes that are no text are refused: replaced by other characters they would be another secret, and nobody would be told. */
function textOf(bytes: Uint8Array, file: string, option: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `The file "${file}" of --${option} is no text in UTF-8`, { cause });
  }
}

/** Standard output holds the data of a command or nothing; what went wrong is on standard error, as text or as JSON. */
function printError(error: unknown, asJson: boolean): number {
  for (const line of asJson ? [JSON.stringify({ error: errorData(error) })] : errorLines(error)) writeErrorLine(line);
  return error instanceof GatewayError && error.code === "CLI_USAGE" ? 2 : 1;
}

function errorLines(error: unknown): string[] {
  const { code, message, faults = [], hint } = errorData(error);
  const head = `error: ${code === undefined ? "" : `${code}: `}${message}`;
  return [head, ...faults.map((fault) => `  ${fault}`), ...(hint === undefined ? [] : [`hint: ${hint}`])];
}

interface ErrorData {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly faults?: readonly string[];
}

function errorData(error: unknown): ErrorData {
  const message = describeError(error);
  if (!(error instanceof GatewayError)) return { message };
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  const faults = error instanceof ConfigError && error.faults.length > 0 ? { faults: error.faults } : {};
  return { code: error.code, message, ...hint, ...faults };
}
