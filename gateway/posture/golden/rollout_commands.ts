import { type Rollout, summaryOf } from "../../../policies/golden_rollout.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { listIn, textIn } from "./golden_args.ts";
import type { RolloutBook } from "./rollout_book.ts";
import type { RolloutDesk } from "./rollout_desk.ts";

/** What the commands work with. */
export interface RolloutCommandParts {
  readonly desk: RolloutDesk;
  readonly book: RolloutBook;
}

/** The commands that begin with `posture rollout`. */
export function rolloutCommands({ desk, book }: RolloutCommandParts): Readonly<Record<string, CommandHandler>> {
  const one = (args: CommandArgs) => String(args["rollout"]);
  return {
    "posture rollout": async (args) =>
      await Promise.resolve(args["rollout"] === undefined ? list(book) : show(book, one(args))),
    "posture rollout approve": async (args, who) =>
      told(await desk.approve(one(args), who), "goes from station to station, each when it is idle"),
    "posture rollout ask": async (args, who) => {
      const settings = listIn(args["settings"]), stations = listIn(args["stations"]), reason = textIn(args["reason"]);
      const ask = {
        ...settings === undefined ? {} : { settings },
        ...stations === undefined ? {} : { stations },
        ...reason === undefined ? {} : { reason },
        ...args["stop-after"] === undefined ? {} : { stopAfter: Number(args["stop-after"]) },
      };
      const rollout = await desk.ask(String(args["profile"]), ask, who);
      return told(rollout, "waits for a second person: `posture rollout approve`");
    },
    "posture rollout cancel": async (args, who) => told(await desk.cancel(one(args), who), "is called off"),
    "posture rollout resume": async (args, who) => told(await desk.resume(one(args), who), "goes on"),
  };
}

function list(book: RolloutBook): CommandResult {
  const all = book.all();
  const rows = all.map((rollout) => [
    ...[rollout.id, rollout.profile, rollout.state, rollout.settings.map(({ id }) => id).join(" ")],
    ...[summaryOf(rollout), rollout.madeBy, rollout.approvedBy ?? "-", rollout.why ?? ""],
  ]);
  const text = all.length === 0
    ? "No rollout was asked for yet: `posture rollout ask PROFILE`."
    : formatTable(["rollout", "profile", "state", "settings", "stands", "asked by", "approved by", ""], rows);
  return { text, data: all as unknown as Json };
}

/** @throws GatewayError POSTURE_REFUSED */
function show(book: RolloutBook, id: string): CommandResult {
  const rollout = book.get(id);
  if (!rollout) {
    throw new GatewayError("POSTURE_REFUSED", `There is no rollout "${id}"`, { hint: "`posture rollout` shows all" });
  }
  const { profile, state, settings, stations, results, why } = rollout;
  const head = `${id}: ${profile}, ${settings.map((setting) => setting.id).join(", ")}; it is ${state}`;
  const rows = stations.map((station) => {
    const { outcome, fix, why: reason } = results[station] ?? {};
    return [station, outcome ?? "to come", fix ?? "-", reason ?? ""];
  });
  const parts = [`${head}${why === undefined ? "" : `: ${why}`}`, `${summaryOf(rollout)}.`];
  const text = [...parts, formatTable(["station", "result", "fix", ""], rows)].join("\n");
  return { text, data: rollout as unknown as Json };
}

function told(rollout: Rollout, what: string): CommandResult {
  const { id, profile, stations, settings } = rollout;
  const names = settings.map((setting) => setting.id).join(", ");
  return {
    text: `${id} (${profile}: ${names}; ${stations.length} stations) ${what}.`,
    data: rollout as unknown as Json,
  };
}
