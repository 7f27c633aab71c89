/** Limits of moving stations between CSMS. Each has a test at the limit and one past it. */
export const MOVING_LIMITS = {
  /** Running transactions remembered per station; with more the oldest is taken for over. */
  transactions: 64,
  /** Milliseconds in which another boot of a station that has said so already is no news for control. */
  bootReportMs: 60_000,
  /** Milliseconds that a moved station has to boot by itself before it is asked to. */
  bootWaitMs: 10_000,
  /** Milliseconds of silence after which CALLs that the old CSMS left unanswered keep a station no longer. */
  quietMs: 30_000,
  /** Milliseconds without a repetition after which a station has given up the end of a transaction that its CSMS refused. */
  repeatMs: 900_000,
  /** Milliseconds that the new CSMS has to accept it. */
  acceptMs: 180_000,
} as const;
