import type { Timers } from "../core/timers.ts";

/** The part of a station that drivers touch. */
export interface Chargeable {
  plugIn(): void;
  unplug(): void;
}

/** When drivers come and go, in milliseconds. */
export interface ChargingRhythm {
  /** From one station's first driver to the next station's. */
  readonly staggerMs: number;
  readonly chargeMs: number;
  readonly pauseMs: number;
}

/** Drivers come and go at every station until the returned function is called, which also unplugs every car. */
export function startDrivers(stations: readonly Chargeable[], rhythm: ChargingRhythm, timers: Timers): () => void {
  const cancels = new Map<Chargeable, () => void>();
  const come = (station: Chargeable): void => {
    station.plugIn();
    cancels.set(station, timers.after(rhythm.chargeMs, () => go(station)));
  };
  const go = (station: Chargeable): void => {
    station.unplug();
    cancels.set(station, timers.after(rhythm.pauseMs, () => come(station)));
  };
  stations.forEach((station, i) => cancels.set(station, timers.after(rhythm.staggerMs * (i + 1), () => come(station))));
  return () => {
    for (const cancel of cancels.values()) cancel();
    for (const station of stations) station.unplug();
  };
}
