import { nextStep } from "../../policies/decommission.ts";
import type { ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { decommissionCommands } from "./commands.ts";
import { Decommissions } from "./decommissions.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { DecommissionParts } from "./parts.ts";

/** The feature, with what tests look into. */
export interface DecommissionFeature extends ControlFeature {
  readonly decommissions: Decommissions;
  /** Who has it leave for ever, once it was approved: what is done at it then is no tampering. undefined: it stays. */
  leaving(station: string): string | undefined;
}

/** Decommissioning of stations as a feature of control. */
export async function createDecommissionFeature(parts: DecommissionParts): Promise<DecommissionFeature> {
  const { timers, log } = parts.context;
  const decommissions = await Decommissions.open(parts);
  await tellErasedAgain(parts);
  // One look at a time: stations that do not answer would make them pile up without an end.
  let isLooking = false, isWanted = false;
  const lookOn = async () => {
    while (isWanted) {
      isWanted = false;
      await decommissions.tick().catch((error) => log.warn("decommission.tick.failed", { msg: describeError(error) }));
    }
    isLooking = false;
  };
  const look = () => {
    isWanted = true;
    if (isLooking) return;
    isLooking = true;
    void lookOn();
  };
  // what a start has erased is certified at once, when all features are there
  const stops = [timers.after(1, look), timers.every(DECOMMISSION_LIMITS.tickMs, look)];
  return {
    name: "decommission",
    decommissions,
    leaving: (station) => {
      const run = decommissions.all().find((one) => one.station === station);
      return run && nextStep(run.steps) !== "approve" ? `${run.by}: decommissioning ${run.number}` : undefined;
    },
    commands: decommissionCommands(decommissions, parts),
    reconfigure: () => {
      timers.after(1, look); // when all features have taken it: site.yaml may name a station no more
      return Promise.resolve();
    },
    stop: () => {
      for (const stop of stops) stop();
      return Promise.resolve();
    },
  };
}

/** Stations that a restored backup had brought back, and that this start has erased. */
async function tellErasedAgain({ context: { store, audit, site, alarms } }: DecommissionParts): Promise<void> {
  for await (const { key } of store.list([...KEYS.decommission, "erased-again"])) {
    const id = String(key.at(-1));
    const event = { event: "station.decommission.again", class: "security", who: "gateway", target: id } as const;
    await audit.record({ ...event, outcome: "ok" });
    if (site.stations.some((station) => station.id === id)) {
      await alarms.raise({ kind: "station.decommissioned.named", subject: id });
    }
    await store.commit([{ delete: key }]);
  }
}
