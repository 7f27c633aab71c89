import type { CommandArgs, CommandResult, ControlFeature } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { type AdoptionParts, type AdoptionRow, Adoptions } from "./adoption.ts";

/** Characters of what a person saw. */
export const SEEN_CHARS = 200;

const WORDS: Readonly<Record<AdoptionRow["state"], string>> = {
  "default": "NOT finished: a password of the factory works",
  "finished": "finished",
  "no-recovery": "NOT finished: there is no way in if its password is lost",
  "old-pages": "NOT finished: the maker's old pages are open to everybody",
  "open": "not finished: passwords of the factory were not looked for",
  "other-hardware": "not finished: it has been replaced since",
};

/** The feature, with what others may ask of it. */
export interface AdoptionFeature extends ControlFeature {
  readonly adoptions: Adoptions;
}

/** The commands `station adoption` and `station adoption finish`. */
export async function createAdoptionFeature(parts: AdoptionParts): Promise<AdoptionFeature> {
  const adoptions = await Adoptions.open(parts);
  return {
    name: "adoption",
    adoptions,
    commands: {
      "station adoption": () => Promise.resolve(list(adoptions)),
      "station adoption finish": async (args, who) => {
        const station = String(args["station"] ?? "");
        const row = await adoptions.finish(station, who, seenOf(args));
        const end = row.warning === undefined ? "" : `\nWarning: ${row.warning}.`;
        return { text: `The adoption of ${station} is finished.${end}`, data: row as unknown as Json };
      },
    },
  };
}

function list(adoptions: Adoptions): CommandResult {
  const rows = adoptions.rows();
  if (rows.length === 0) return { text: "The gateway opens no controller's pages: nothing to adopt here.", data: [] };
  const text = formatTable(
    ["station", "adoption", "by", "saw"],
    rows.map(({ station, state, accounts, by, seen }) => [
      ...[station, accounts ? `${WORDS[state]}: ${accounts.join(", ")}` : WORDS[state], by ?? "-", seen ?? "-"],
    ]),
  );
  return { text, data: rows as unknown as Json, ok: rows.every(({ state }) => state === "finished") };
}

function seenOf(args: CommandArgs): string | undefined {
  const seen = args["seen"];
  if (seen === undefined) return undefined;
  if (typeof seen === "string" && seen.trim() !== "" && seen.length <= SEEN_CHARS) return seen.trim();
  throw new GatewayError("CLI_USAGE", `--seen has 1 to ${SEEN_CHARS} characters`, {
    hint: "Say in a few words what you saw at the controller",
  });
}
