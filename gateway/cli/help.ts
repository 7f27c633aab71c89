import { formatTable } from "../core/format_table.ts";
import { COMMANDS } from "./command_table.ts";
import { COMMON_OPTIONS } from "./parse_args.ts";

/** The list of commands for people. */
export function helpText(): string {
  const rows = COMMANDS.map(({ name, args = [], summary }) => [
    [name, ...args.map((arg) => arg.endsWith("?") ? `[${arg.slice(0, -1).toUpperCase()}]` : arg.toUpperCase())].join(
      " ",
    ),
    summary,
  ]);
  const options = Object.entries(COMMON_OPTIONS).map(([name, meaning]) => [`--${name}`, meaning]);
  return `${formatTable(["command", "what it does"], rows)}\n\n${formatTable(["option", "meaning"], options)}`;
}
