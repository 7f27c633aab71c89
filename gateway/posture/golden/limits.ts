/** Limits of golden configurations. */
export const GOLDEN_LIMITS = {
  /** Settings of one profile. */
  settings: 100,
  /** Characters of a wanted value: OCPP 1.6 takes 500. */
  valueChars: 500,
  /** Fixes that are kept; the oldest that is over makes room, else one more is refused. */
  fixes: 2_000,
  /** Rollouts that are kept; the oldest that is over makes room, else one more is refused. */
  rollouts: 100,
  /** Stations of one rollout: a value of the store has its limit. */
  rolloutStations: 200,
  /** Failures after which a rollout may stop at the latest. */
  rolloutFailures: 20,
  /** Bytes of a rollout in the store, with its results to come. */
  rolloutBytes: 60_000,
  /** Milliseconds that a station of a rollout, which was idle a moment ago, may keep the others waiting. */
  rolloutTurnMs: 900_000,
  /** Characters that are kept of one station's result, and bytes of the whole of it. */
  resultChars: 100,
  resultBytes: 200,
  /** Milliseconds that a fix or rollout waits for its second person, and then for its station to be idle. */
  waitMs: 7 * 86_400_000,
  /** Milliseconds between two looks at fixes that wait. */
  lookMs: 60_000,
  /** Milliseconds that a station has for one answer. */
  callMs: 30_000,
  /** Milliseconds that a station has to come back after its restart. */
  restartMs: 1_800_000,
  /** How often a station that goes away in the middle is written to again. */
  tries: 5,
  /** Characters of one detail in the audit. */
  auditChars: 1_000,
} as const;
