import type { HaldClient } from "../../hal/client.ts";
import { describeError, HardwareError } from "../core/errors.ts";
import type { ControlContext, ControlFeature } from "./contract.ts";

/** Milliseconds between two looks; hald itself looks four times a second and counts. */
export const TAMPER_LOOK_MS = 5_000;

/** Says when a lid or a door of the box was opened (EV-23), also when it was closed again before anybody looked. */
export function createTamperFeature(
  { context, hald }: {
    readonly context: Pick<ControlContext, "alarms" | "audit" | "log" | "site" | "timers">;
    readonly hald: Pick<HaldClient, "call" | "state"> | undefined;
  },
): ControlFeature {
  if (!hald) return { name: "tamper" };
  const { alarms, audit, log, timers } = context;
  const seen = new Map<string, number>();
  let told = "";
  const look = async () => {
    if (!hald.state.connected) return;
    const { inputs } = await hald.call("gpio.tamper", {});
    for (const { name, isOpen, openings } of inputs) {
      if (name === context.site.people.keySwitch?.input) continue; // turning it is no break-in
      const before = seen.get(name) ?? 0;
      // hald counts from its own start: a smaller number is a new hald
      const fresh = openings >= before ? openings - before : openings;
      seen.set(name, openings);
      if (fresh > 0) {
        const isStations = context.site.stations.some(({ id }) => id === name);
        const detail = { input: name, times: fresh, open: isOpen, ...isStations ? { station: name } : {} };
        await audit.record({
          event: "gateway.tamper.opened",
          class: "security",
          who: "gateway",
          outcome: "ok",
          detail,
        });
      }
      if (isOpen || fresh > 0) {
        await alarms.raise({ kind: "tamper.opened", subject: name, detail: isOpen ? "open" : "closed again" });
      } else await alarms.clear("tamper.opened", name);
    }
    told = "";
  };
  const cancel = timers.every(TAMPER_LOOK_MS, () => {
    look().catch((error) => {
      if (error instanceof HardwareError && error.code === "HAL_NOT_CONFIGURED") return; // a box without a lid switch
      const why = describeError(error);
      if (why !== told) log.warn("tamper.look.failed", { msg: why });
      told = why;
    });
  });
  return { name: "tamper", stop: async () => cancel() };
}
