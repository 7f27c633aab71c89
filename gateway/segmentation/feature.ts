import type { HaldClient } from "../../hal/client.ts";
import type { ControlContext, ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import { segmentationCommands } from "./commands.ts";
import { DeniedWatch } from "./denied_watch.ts";
import { FirewallLink } from "./firewall_link.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import { MaintenanceDoor } from "./maintenance_door.ts";
import { Openings } from "./openings.ts";
import { Segmenter } from "./segmenter.ts";
import { SegmentationWatch } from "./watch.ts";

/** What the feature needs beside the context. */
export interface SegmentationFeatureParts {
  readonly context: ControlContext;
  readonly hald: Pick<HaldClient, "call" | "state"> | undefined;
  /** Every station of the inventory, adopted ones too. */
  readonly stations: () => readonly Station[];
}

/** Segmentation, with what other features ask of it. */
export interface SegmentationFeature extends ControlFeature {
  /** Lets what a grant opens through the firewall for its time. */
  readonly door: MaintenanceDoor;
  /** Resolves when the look at the firewall that runs, if one does, is over. */
  looked(): Promise<void>;
}

/**
 * Segmentation of the site: the ruleset made from configuration and inventory, applied by a person's word only, watched
 * all the time. Without a `segmentation` section there is none, and the base firewall of the box stands alone.
 */
export async function createSegmentationFeature(
  { context, hald, stations }: SegmentationFeatureParts,
): Promise<SegmentationFeature> {
  const link = hald && new FirewallLink(hald);
  const segmenter = new Segmenter({ context, stations, firewall: link });
  const openings = await Openings.open(context.store, context.clock, (opening) => segmenter.firewall.open(opening));
  const denied = new DeniedWatch();
  const watch = new SegmentationWatch(context, segmenter, openings, denied);
  let looking: Promise<void> | undefined;
  let told = "";
  const look = async () => {
    try {
      await watch.look();
      told = "";
    } catch (error) {
      const why = describeError(error);
      if (why !== told) context.log.warn("segmentation.look.failed", { msg: why }); // once per reason, not every ten seconds
      told = why;
    }
  };
  const cancel = context.timers.every(SEGMENTATION_LIMITS.lookMs, () => {
    if (hald?.state.connected) looking ??= look().finally(() => looking = undefined);
  });
  return {
    name: "segmentation",
    door: new MaintenanceDoor(context, segmenter, openings),
    commands: segmentationCommands({ context, stations, segmenter, openings, denied }, hald),
    health: () => {
      const { firewall, differs } = watch.state;
      if (!context.site.segmentation || !firewall) return { state: "ok" };
      if (firewall.confirmed !== undefined && !firewall.isLoaded) {
        return { state: "degraded", why: "the confirmed firewall rules are not in the kernel" };
      }
      return differs ? { state: "degraded", why: "the firewall rules are not those of site.yaml" } : { state: "ok" };
    },
    looked: async () => await looking,
    stop: async () => {
      cancel();
      await looking;
    },
  };
}
