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
  /** Transactions whose badges are remembered, to see one badge at two stations. */
  charging: 2_000,
} as const;
