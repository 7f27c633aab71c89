/** Limits of the collection of security logs. Each has a test at the limit and one past it. */
export const LOG_LIMITS = {
  /** Milliseconds between two looks at what is due. */
  lookMs: 10_000,
  /** Milliseconds a station has to answer. */
  callMs: 30_000,
  /** Stations whose Worker is asked in one look whether they rest. */
  looks: 20,
  /** Milliseconds until a station that did not rest is looked at again. */
  restMs: 300_000,
} as const;
