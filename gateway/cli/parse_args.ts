import { GatewayError } from "../core/errors.ts";
import type { CommandArgs } from "../control/contract.ts";
import type { CommandDeclaration } from "./command_table.ts";
import { unknownCommand } from "./unknown_command.ts";

/** Options that every command understands. */
export const COMMON_OPTIONS: Readonly<Record<string, string>> = {
  "config=FILE": "The site's configuration; site.yaml in this folder when absent",
  "json": "Prints data for machines instead of text",
  "as=PERSON": "The person who acts, for the audit; the login name of this shell when absent",
};

/** A parsed command line. */
export interface Invocation {
  readonly command: CommandDeclaration;
  readonly args: CommandArgs;
}

/**
 * Parses a command line against the command table. Options may stand anywhere: `--name value`, `--name=value`, flags.
 * @throws GatewayError CLI_USAGE that names the word and says what would be right
 */
export function parseCommandLine(argv: readonly string[], table: readonly CommandDeclaration[]): Invocation {
  const command = findCommand(argv, table);
  const options = optionKinds({ ...COMMON_OPTIONS, ...command.options });
  const positional: string[] = [];
  const named: Record<string, string | boolean> = {};
  const words = argv.slice(command.name.split(" ").length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("--") || word === "--") {
      positional.push(word);
      continue;
    }
    const [name, inline] = splitOption(word.slice(2));
    const takesValue = options.get(name);
    if (takesValue === undefined) {
      throw usage(command, `Option "--${name}" is unknown: wanted one of ${listOptions(options)}`);
    }
    if (!takesValue && inline !== undefined) throw usage(command, `Option "--${name}" takes no value, got "${inline}"`);
    const value = takesValue ? inline ?? words[++i] : true;
    if (value === undefined) throw usage(command, `Option "--${name}" needs a value`);
    named[name] = value;
  }
  return { command, args: { ...bindPositional(command, positional), ...named } };
}

function findCommand(argv: readonly string[], table: readonly CommandDeclaration[]): CommandDeclaration {
  const found = table
    .filter(({ name }) => name.split(" ").every((word, i) => argv[i] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (found) return found;
  throw unknownCommand(argv, table);
}

function optionKinds(options: Readonly<Record<string, string>>): Map<string, boolean> {
  return new Map(Object.keys(options).map((key) => [key.split("=")[0]!, key.includes("=")]));
}

function splitOption(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function bindPositional(command: CommandDeclaration, words: readonly string[]): Record<string, string | string[]> {
  const bound: Record<string, string | string[]> = {};
  const rest = [...words];
  for (const declared of command.args ?? []) {
    if (declared.endsWith("...")) {
      bound[declared.slice(0, -3)] = rest.splice(0);
      continue;
    }
    const word = rest.shift();
    if (word !== undefined) bound[declared.replace(/\?$/, "")] = word;
    else if (!declared.endsWith("?")) throw usage(command, `Argument ${declared} is missing`);
  }
  if (rest.length > 0) throw usage(command, `Argument "${rest[0]}" is one too many`);
  return bound;
}

function listOptions(options: Map<string, boolean>): string {
  return [...options.keys()].map((name) => `--${name}`).join(", ");
}

function usage(command: CommandDeclaration, message: string): GatewayError {
  return new GatewayError("CLI_USAGE", message, { hint: `Example: ${command.example}` });
}
