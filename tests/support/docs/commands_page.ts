import { type CommandDeclaration, COMMANDS } from "../../../gateway/cli/command_table.ts";
import { code, page, table } from "./page.ts";

/** docs/commands.md: every command with arguments, options and an example. */
export function commandsPage(): string {
  const sorted = [...COMMANDS].sort((a, b) => a.name < b.name ? -1 : 1);
  return page(
    "Commands",
    [
      "`deno task start COMMAND` runs one command. Commands marked *control* are answered by the running gateway over",
      "`<dataDir>/control.sock`; the others work by themselves. Exit code 0 means done; any other",
      "means refused, failed or not understood, and the text says which.",
    ].join("\n"),
    [
      "Common to all: `--config FILE` (default `site.yaml`), `--json` for output that scripts can read, `--as NAME` for the",
      "person in whose name a command acts. With `--json` standard output holds one line of data or nothing; an error is one",
      'line `{"error":{"code","message","hint","faults"}}` on standard error.',
    ].join("\n"),
    table(["command", "runs in", "does"], sorted.map(({ name, where, summary }) => [code(name), where, summary])),
    ...sorted.map(section),
  );
}

function section({ name, where, summary, args = [], options = {}, example }: CommandDeclaration): string {
  const usage = [name, ...args.map(showArgument)].join(" ");
  const rows = Object.entries(options).map(([option, meaning]) => [code(`--${option}`), meaning]);
  return [
    `## ${name}`,
    `${summary}. Runs in: ${where}.`,
    "```\n" + `deno task start ${usage}${rows.length > 0 ? " [options]" : ""}\n` + "```",
    ...rows.length > 0 ? [table(["option", "meaning"], rows).trimEnd()] : [],
    "Example: " + code(`deno task start ${example}`),
  ].join("\n\n");
}

function showArgument(name: string): string {
  if (name.endsWith("?")) return `[${name.slice(0, -1).toUpperCase()}]`;
  if (name.endsWith("...")) return `${name.slice(0, -3).toUpperCase()} ...`;
  return name.toUpperCase();
}
