import type { Random, Timers } from "../../gateway/core/timers.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import type { SimulatedStation } from "../../gateway/demo/station.ts";

/** Milliseconds between two looks at a station. */
const LOOK_MS = 250;
/** Shortest and longest session. */
const SESSION_MS = [3_000, 15_000] as const;

/** People who plug in, charge for a while and leave again, at every station, until `stop`. */
export class Drivers {
  readonly #cancels: (() => void)[] = [];

  constructor(world: World, timers: Timers, random: Random) {
    for (const station of world.stations) this.#cancels.push(this.#drive(station, timers, random));
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #drive(station: SimulatedStation, timers: Timers, random: Random): () => void {
    let left = 0;
    return timers.every(LOOK_MS, () => {
      if (!station.busy) {
        left = SESSION_MS[0] + random.fraction() * (SESSION_MS[1] - SESSION_MS[0]);
        station.plugIn();
      } else if ((left -= LOOK_MS) <= 0) station.unplug();
    });
  }
}
