/** Times of the supervisor, in milliseconds unless named otherwise. */
export const SUPERVISOR_LIMITS = {
  /** A Worker must be ready within this time after its start: a box that is busy starting must not be started again for it. */
  readyMs: 40_000,
  /** Time between two heartbeats. */
  beatMs: 1_000,
  /** Heartbeats in a row without an answer after which the process ends: a looping Worker cannot be killed. */
  beatsMissed: 10,
  /** First pause before a restart; doubles with every fault. */
  backoffFirstMs: 100,
  /** Longest pause before a restart. */
  backoffMaxMs: 30_000,
  /** A Worker that ran this long starts again with the first pause. */
  stableMs: 60_000,
  /** A Worker must answer a reconfigure within this time. */
  reconfigureMs: 10_000,
  /** Time that conversations get to end on SIGTERM. */
  drainMs: 8_000,
} as const;
