/// <reference lib="deno.worker" />
import { systemClock } from "../../gateway/core/clock.ts";
import { runWorker as runRealWorker, type StartWorker } from "../../gateway/core/worker_entry.ts";
import { FAULTS } from "./faults.ts";

let offsetMs = 0;
/** The system's clock, which a reload can make jump. */
const clock = { now: () => systemClock.now() + offsetMs, monotonic: () => systemClock.monotonic() };

/**
 * Stands in for gateway/core/worker_entry.ts in the gateways of the failure matrix (faults.ts maps it there): the same
 * Worker, which throws or sees its clock jump when a reload hands it the configuration that asks for it.
 */
export function runWorker<Config>(start: StartWorker<Config>): void {
  runRealWorker<Config>(async (context, onPeer) => {
    const service = await start({ ...context, clock }, onPeer);
    const conduit = context.name.split("-")[0]!;
    return {
      ...service, // what a class keeps on its prototype does not come along: methods and getters are named
      ...(service.listening ? { listening: service.listening } : {}),
      health: () => service.health(),
      drain: (deadlineMs) => service.drain(deadlineMs),
      reconfigure: async (config) => {
        await service.reconfigure?.(config);
        const text = JSON.stringify(config);
        offsetMs = FAULTS.jump.some((marker) => text.includes(marker)) ? FAULTS.jumpMs : 0;
        const markers: readonly string[] = [FAULTS[conduit as "control" | "ocpp" | "modbus" | "ui_proxy"]].flat();
        if (markers.some((marker) => text.includes(marker))) {
          queueMicrotask(() => {
            throw new Error(`${conduit} thrown on purpose`);
          });
        }
      },
    };
  });
}
