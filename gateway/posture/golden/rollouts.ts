import type { CommandHandler } from "../../control/contract.ts";
import type { GoldenParts } from "./feature.ts";
import type { FixBook } from "./fix_book.ts";
import type { FixDesk } from "./fix_desk.ts";
import type { GoldenStanding } from "./golden_state.ts";
import { RolloutBook } from "./rollout_book.ts";
import { rolloutCommands } from "./rollout_commands.ts";
import { RolloutDesk } from "./rollout_desk.ts";
import { RolloutRunner } from "./rollout_runner.ts";

/** What rollouts stand on. */
export interface RolloutParts {
  readonly parts: GoldenParts;
  readonly fixes: FixBook;
  readonly desk: FixDesk;
  readonly standing: (station: string) => GoldenStanding | undefined;
  /** Has a look made soon. */
  readonly wake: () => void;
}

/** Rollouts of the site. */
export interface Rollouts {
  readonly commands: Readonly<Record<string, CommandHandler>>;
  /** @returns whether there is more to do once the fixes were looked at */
  look(): Promise<boolean>;
  keepOnly(stations: ReadonlySet<string>): Promise<void>;
}

/** Opens the rollouts that are known and goes on with those that a stop has interrupted. */
export async function createRollouts({ parts, fixes, desk, standing, wake }: RolloutParts): Promise<Rollouts> {
  const { context, profiles, stations, reread } = parts;
  const book = await RolloutBook.open(context.store);
  const runner = new RolloutRunner({
    ...{ context, book, fixes, desk, standing, reread },
    whyNotNow: async (id) => {
      const { line, device } = parts.fixStation(id);
      return line || device ? await parts.whyNotNow(id) : "it is not connected";
    },
  });
  const persons = new RolloutDesk({
    ...{ context, profiles, book, wake },
    standings: () => stations().flatMap(({ id }) => standing(id) ?? []),
    callOff: async (rollout, who) => {
      const open = fixes.all().find((fix) => fix.rollout === rollout && fix.state === "approved");
      if (open) await desk.cancel(open.id, who);
    },
  });
  return {
    commands: rolloutCommands({ desk: persons, book }),
    look: () => runner.look(),
    keepOnly: (known) => book.keepOnly(known),
  };
}
