/** Limits of the alarms. Each has a test at the limit and one past it. */
export const ALARM_LIMITS = {
  /** Alarms kept; one more pushes out the longest cleared one, or joins "alarms.overflow" when all stand. */
  alarms: 2_000,
  /** Milliseconds, beside the kind's cooldown, for which the word of a Worker that an alarm stands counts: it says so every five minutes. */
  heldMs: 15 * 60 * 1000,
  /** Milliseconds between two looks for words that have lapsed. */
  heldLookMs: 60_000,
  /** Characters of a subject. */
  subjectChars: 128,
  /** Characters of a detail. */
  detailChars: 512,
  /** Raises and clears within flapWindowMs that make an alarm flap. */
  flapChanges: 6,
  /** Milliseconds without a change after which an alarm no longer flaps. */
  flapWindowMs: 10 * 60 * 1000,
  /** Milliseconds between two looks at counts to store and notices that became due. */
  tickMs: 10_000,
  /** Notices kept in memory while the disk fails; one more gives up the oldest, which is logged and recorded. */
  unsentNotices: 2_000,
} as const;
