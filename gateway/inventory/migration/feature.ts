import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import type { LiveSessions } from "../live_sessions.ts";
import type { Stations } from "../stations.ts";
import { MigrationBook } from "./book.ts";
import { migrationCommands } from "./commands.ts";
import { MIGRATION_LIMITS } from "./limits.ts";
import { type MigrationParts, Migrations } from "./migrations.ts";
import { TransactionBook } from "./transaction_book.ts";

/** The migration and what it works on; opened before anybody is admitted. */
export interface OpenMigration {
  readonly migrations: Migrations;
  readonly parts: MigrationParts;
}

/** Reads what is stored of a migration and of running transactions. */
export async function openMigration(
  context: ControlContext,
  stations: Stations,
  live: LiveSessions,
): Promise<OpenMigration> {
  const { store, clock } = context;
  const book = await MigrationBook.open(store), transactions = await TransactionBook.open(store, clock);
  const parts = { context, stations, live, book, transactions };
  return { migrations: new Migrations(parts), parts };
}

/** The migration as a feature of control. `hasWaiting`: messages of an outage wait for the station's present CSMS. */
export function createMigrationFeature(
  { migrations, parts }: OpenMigration,
  hasWaiting: (station: string) => boolean = () => false,
): ControlFeature {
  const { context, transactions, live } = parts;
  migrations.hasWaiting = hasWaiting;
  const stop = context.timers.every(MIGRATION_LIMITS.sweepMs, () => {
    migrations.sweep().catch((error) => context.log.warn("migration.sweep.failed", { msg: describeError(error) }));
  });
  return {
    name: "migration",
    commands: migrationCommands(migrations, parts),
    handlers: {
      "shadow.compared": (counts) => migrations.compared(counts),
      "transactions.changed": async ({ stationId, open, booted }) => {
        await transactions.learn(stationId, open, booted === true);
        await migrations.wake(stationId);
      },
    },
    handlersFor: (worker) => ({
      "migration.judged": async ({ session, verdict, why }) => {
        const judged = live.get(session);
        if (judged?.worker === worker) await migrations.judged(judged, verdict, why);
      },
    }),
    workerJoined: async (worker) => {
      if (!context.workers.of("ocpp").includes(worker)) return;
      const running = await context.workers.get(worker).call("transactions.live", {});
      for (const { stationId, open } of running) await transactions.learn(stationId, open, false);
    },
    reconfigure: (site) => migrations.reconfigure(site),
    stop: async () => {
      stop();
      await migrations.flushComparisons();
    },
  };
}
