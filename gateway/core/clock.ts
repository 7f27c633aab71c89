/** Time as a parameter: sessions, policies and tests never read the wall clock themselves. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. It may jump. */
  now(): number;
  /** Milliseconds that never go backwards: for deadlines, rates and ages. */
  monotonic(): number;
}

/** The clock of the box. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
