import type { HaldClient } from "../../hal/client.ts";
import { describeError } from "../core/errors.ts";
import type { ControlContext, ControlFeature } from "./contract.ts";

/** Milliseconds between two pets: half of the shortest time a chip may be set to in hald.json (2 s). */
export const WATCHDOG_PET_MS = 1_000;

/** Without these no car charges. A console whose port is taken is no reason to restart the box again and again. */
const ESSENTIAL = /^(control|ocpp)/;

/**
 * Pets the box's watchdog chip through hald while every essential Worker is healthy, so that a gateway that does not
 * serve stations for the chip's whole time restarts the box. hald never pets by itself; a box without hald or without a chip is left alone.
 */
export function createWatchdogFeature(
  { context, hald }: {
    readonly context: Pick<ControlContext, "log" | "main" | "timers">;
    readonly hald: Pick<HaldClient, "call" | "state"> | undefined;
  },
): ControlFeature {
  const { log, main, timers } = context;
  if (!hald) return { name: "watchdog" };
  let withheld = ""; // told once per change, not each second
  const tell = (why: string) => {
    if (why !== withheld && why !== "") log.warn("watchdog.pet.withheld", { why });
    withheld = why;
  };
  const look = async () => {
    if (!hald.state.connected) return; // `hald.link.lost` has said so
    // hald may come back with another configuration, so what it has is asked each time: one small frame on a socket.
    const { capabilities } = await hald.call("hald.hello", {}, { deadlineMs: WATCHDOG_PET_MS });
    if (!capabilities.watchdog) return;
    const sick = Object.entries(await main.call("main.workers", {}))
      .filter(([name, { state, health }]) => ESSENTIAL.test(name) && (state !== "ready" || health?.state === "failed"));
    if (sick.length === 0) await hald.call("watchdog.pet", {}, { deadlineMs: WATCHDOG_PET_MS });
    tell(sick.map(([name, { state }]) => `${name} ${state === "ready" ? "failed" : state}`).join(", "));
  };
  let isLooking = false;
  const cancel = timers.every(WATCHDOG_PET_MS, () => {
    if (isLooking) return;
    isLooking = true;
    look().catch((error) => tell(describeError(error))).finally(() => isLooking = false);
  });
  return { name: "watchdog", stop: async () => cancel() };
}
