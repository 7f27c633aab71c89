/** Limits of stopping what blocked badges began. */
export const BADGE_GUARD_LIMITS = {
  /** Transactions that are to be stopped at one time; one more is only alarmed. */
  stopping: 1_000,
  /** Milliseconds that a station has to answer a remote stop. */
  callMs: 20_000,
  /** Milliseconds between two tries. */
  retryMs: 60_000,
  /** Tries; then a person has to act. */
  attempts: 30,
  /** Transactions whose badges are remembered, to see one badge at two stations: those that run, and the last ones. */
  charging: 2_000,
  /** Milliseconds for which one that ended is remembered: a station may tell of the same hours a day later. */
  endedMs: 2 * 86_400_000,
  /** Badges that look copied; of one more the oldest is forgotten. */
  suspicions: 200,
  /** Milliseconds for which an alarm stands whose cause has no end of its own. */
  suspicionMs: 3_600_000,
  /** A badge at more places than this is one id for many: it is not recorded each time. */
  sharedPlaces: 3,
  /** Badges that are looked for in the ledger by pseudonym; of a longer list only those known by hash are stopped. */
  byPseudonym: 50,
} as const;
