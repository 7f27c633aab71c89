import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { formatTable } from "../core/format_table.ts";
import { type CommandDeclaration, COMMANDS } from "./command_table.ts";
import { COMMON_OPTIONS } from "./parse_args.ts";
import { unknownCommand } from "./unknown_command.ts";

/**
 * `help`: the list of commands; `help COMMAND`: one command, or all that begin with these words, with their options.
 * @throws GatewayError CLI_USAGE when no command begins so
 */
export function runHelp(args: CommandArgs): CommandResult {
  const words = (args["command"] as readonly string[] | undefined) ?? [];
  if (words.length === 0) {
    return { text: helpText(), data: { commands: COMMANDS, options: COMMON_OPTIONS } as never };
  }
  const asked = COMMANDS.filter(({ name }) => words.every((word, at) => name.split(" ")[at] === word));
  if (asked.length === 0) throw unknownCommand(words, COMMANDS);
  return { text: asked.map(describeCommand).join("\n\n"), data: { commands: asked, options: COMMON_OPTIONS } as never };
}

/** The list of commands for people. */
export function helpText(): string {
  const rows = COMMANDS.map((command) => [usageOf(command), command.summary]);
  const options = Object.entries(COMMON_OPTIONS).map(([name, meaning]) => [`--${name}`, meaning]);
  return `${formatTable(["command", "what it does"], rows)}\n\n${formatTable(["option", "meaning"], options)}`;
}

function describeCommand(command: CommandDeclaration): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, text]) => [`--${name}`, text]);
  const table = formatTable(["option", "meaning"], options);
  return `${usageOf(command)}\n${command.summary}\n\n${table}\n\nExample: ${command.example}`;
}

function usageOf({ name, args = [] }: CommandDeclaration): string {
  const shown = args.map((arg) => {
    if (arg.endsWith("?")) return `[${arg.slice(0, -1).toUpperCase()}]`;
    return arg.toUpperCase();
  });
  return [name, ...shown].join(" ");
}
