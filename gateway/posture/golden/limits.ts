/** Limits of golden configurations. */
export const GOLDEN_LIMITS = {
  /** Settings of one profile. */
  settings: 100,
  /** Characters of a wanted value: OCPP 1.6 takes 500. */
  valueChars: 500,
  /** Fixes that are kept; the oldest that is over makes room, else one more is refused. */
  fixes: 2_000,
  /** Milliseconds that a fix waits for its second person, and then for its station to be idle. */
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
