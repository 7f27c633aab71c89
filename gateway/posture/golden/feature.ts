import type { GuideLine } from "../../../policies/posture_types.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { CommandHandler, ControlContext } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import type { Station } from "../../inventory/config.ts";
import type { SubjectRecord } from "../posture_book.ts";
import { FixBook } from "./fix_book.ts";
import { FixDesk } from "./fix_desk.ts";
import { FixRunner, type FixStation } from "./fix_runner.ts";
import { goldenCommands } from "./golden_commands.ts";
import { type GoldenStanding, goldenStanding, goldenWants } from "./golden_state.ts";
import { GOLDEN_LIMITS } from "./limits.ts";
import { OneLook } from "./one_look.ts";
import { createRollouts } from "./rollouts.ts";

/** What golden configurations need of the others. */
export interface GoldenParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "store" | "timers">;
  readonly profiles: () => readonly GoldenProfile[];
  readonly stations: () => readonly Station[];
  /** What it has told of itself, and the OCPP version that it speaks. */
  readonly told: (id: string) => { readonly model?: string; readonly protocol?: string };
  readonly read: (id: string) => SubjectRecord["read"];
  readonly fixStation: (id: string) => FixStation;
  readonly whyNotNow: (id: string) => Promise<string | undefined>;
  /** Has a station read anew and judged. */
  readonly reread: (id: string) => Promise<void>;
}

/** Golden configurations of the site's stations. */
export interface Golden {
  readonly commands: Readonly<Record<string, CommandHandler>>;
  /** What has to be read of a station. */
  wants(id: string): ReturnType<typeof goldenWants>;
  standing(id: string): GoldenStanding | undefined;
  /** The setting that drifted and whose fix mends this line; undefined: none that the gateway writes. */
  fixOf(id: string, line: GuideLine): string | undefined;
  /** Looks at fixes that wait; it does so by itself all minutes. */
  look(): Promise<void>;
  stop(): void;
}

/** Opens the fixes that are known and goes on with those that a stop has interrupted. */
export async function createGolden(parts: GoldenParts): Promise<Golden> {
  const { context, profiles, stations, told, read } = parts, { timers, log, store } = context;
  const stationOf = (id: string) => stations().find((station) => station.id === id);
  const book = await FixBook.open(store);
  const runner = new FixRunner({
    ...{ context, book, profiles, whyNotNow: parts.whyNotNow },
    station: (id) => stationOf(id) ? parts.fixStation(id) : undefined,
    onChanged: (id) => parts.reread(id),
  });
  let isStopped = false;
  const lookAll = async () => {
    const known = new Set(stations().map(({ id }) => id));
    await book.keepOnly(known);
    await rollouts.keepOnly(known);
    await runner.look();
    // a station of a rollout that is over makes room for the next one at once
    while (!isStopped && await rollouts.look()) await runner.look();
  };
  const looks = new OneLook(lookAll);
  const look = () => {
    looks.run().catch((error) => log.warn("posture.fixes.failed", { msg: describeError(error) }));
  };
  const standing = (id: string) => {
    const station = stationOf(id);
    return station && goldenStanding(profiles(), { station, ...told(id), read: read(id) });
  };
  const desk = new FixDesk(context, book, look);
  const rollouts = await createRollouts({ parts, fixes: book, desk, standing, wake: look });
  const cancel = timers.every(GOLDEN_LIMITS.lookMs, look);
  return {
    commands: {
      ...goldenCommands({ desk, book, stations: () => stations().map(({ id }) => id), standing }),
      ...rollouts.commands,
    },
    standing,
    fixOf: (id, { checks }) => {
      const { profile, findings = [] } = standing(id) ?? {};
      const names = checks.flatMap((check) =>
        check.by === "ocpp" ? [check.key, check.variable] : check.by === "driver" ? [check.setting] : []
      );
      return findings.find(({ setting, state, name }) =>
        state === "drifted" && names.includes(name) &&
        profile?.settings.some((one) => one.id === setting && one.fixedBy === "gateway")
      )?.setting;
    },
    wants: (id) => {
      const station = stationOf(id);
      return station ? goldenWants(profiles(), { station, ...told(id) }) : { ocpp: [], driver: [] };
    },
    look: () => looks.run(),
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}
