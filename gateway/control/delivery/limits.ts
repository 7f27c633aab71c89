/** Limits of what waits for delivery. Each has a test at the limit and one past it. */
export const DELIVERY_LIMITS = {
  /** Notices that wait for one target; one more pushes out the oldest, which is audited. */
  outboxEntries: 1_000,
  /** Milliseconds after which a notice is given up, which is audited. */
  outboxAgeMs: 7 * 24 * 60 * 60 * 1000,
  /** Refusals of one notice after which it is given up, so that it does not hold up the others. */
  outboxRefusals: 8,
  /** Milliseconds before the first repeat; doubles with each. */
  retryFirstMs: 1_000,
  /** Milliseconds between two repeats at most. */
  retryMaxMs: 10 * 60 * 1000,
  /** Milliseconds one delivery may take. */
  deliverMs: 30_000,
  /** Audit lines of one syslog delivery. */
  syslogFrames: 100,
  /** Records after which a receiver's cursor is stored. */
  syslogStoreEvery: 50,
  /** Records sent again after a start: TLS does not say what a receiver had read when the connection ended. */
  syslogRewind: 100,
  /** Milliseconds a sink may be away before an alarm. */
  sinkAwayMs: 5 * 60 * 1000,
} as const;
