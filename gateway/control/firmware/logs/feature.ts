import { describeError } from "../../../core/errors.ts";
import type { ControlFeature } from "../../contract.ts";
import { type CollectorParts, LogCollector } from "./collector.ts";
import { collectionCommands } from "./commands.ts";
import { LOG_LIMITS } from "./limits.ts";

/** The collection of security logs, with what tests may ask of it. */
export interface LogFeature extends ControlFeature {
  readonly collector: LogCollector;
}

/** Security logs of stations, asked for by the gateway itself on a schedule (EV-27). */
export async function createLogFeature(parts: CollectorParts): Promise<LogFeature> {
  const { timers, log } = parts.context, collector = await LogCollector.open(parts);
  const cancel = timers.every(LOG_LIMITS.lookMs, () => {
    collector.tick().catch((error) => log.warn("transfer.log.look-failed", { msg: describeError(error) }));
  });
  return {
    name: "security-logs",
    collector,
    commands: collectionCommands(collector),
    stop: async () => {
      cancel();
      await collector.idle();
    },
  };
}
