import { suggest } from "../config/suggest.ts";
import { GatewayError } from "../core/errors.ts";
import type { CommandDeclaration } from "./command_table.ts";

/** The refusal of words that are no command, with the one that was likely meant. */
export function unknownCommand(words: readonly string[], table: readonly CommandDeclaration[]): GatewayError {
  const family = table.filter(({ name }) => name.split(" ")[0] === words[0]).map(({ name }) => name);
  const names = table.map(({ name }) => name);
  const meant = suggest(words.slice(0, 2).join(" "), names) ?? suggest(words[0] ?? "", names);
  const known = family.length > 0 ? `Known: ${family.join(", ")}` : "Run `help` for the list of commands";
  return new GatewayError("CLI_USAGE", `Command "${words.slice(0, 2).join(" ")}" is unknown`, {
    hint: family.length === 0 && meant !== undefined ? `Did you mean "${meant}"? ${known}` : known,
  });
}
