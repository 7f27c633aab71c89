import type { Clock } from "../core/clock.ts";

/**
 * Wall time as it was when the gateway started, moved on by the monotonic clock: a wall clock that is set while the
 * gateway runs neither opens a lock early nor keeps a session alive. Stored times of it are compared with the wall clock
 * after a restart.
 */
export interface SteadyClock {
  now(): number;
  /** A steady time as the wall clock would show it now, for people. */
  toWall(steady: number): number;
}

/** The steady clock of this start. */
export function steadyClock(clock: Clock): SteadyClock {
  const wall = clock.now(), monotonic = clock.monotonic();
  const now = () => wall + Math.floor(clock.monotonic() - monotonic);
  return { now, toWall: (steady) => steady + (clock.now() - now()) };
}
