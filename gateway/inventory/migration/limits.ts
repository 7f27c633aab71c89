/** Limits of a migration between CSMS. Each has a test at the limit and one past it. */
export const MIGRATION_LIMITS = {
  /** Stations of one migration. */
  stations: 5_000,
  /** Stations of the first and the second wave when no size is given; the third has the rest. */
  canary: 1,
  second: 10,
  /** Milliseconds between two looks at stations that are to move. */
  sweepMs: 5_000,
  /** Milliseconds for which a station must have been watched before "no transaction runs" is believed. */
  knownMs: 900_000,
  /**
   * Milliseconds after a start of the gateway before a station moves that has said nothing of transactions since: what
   * began in the moment before a kill is on no disk, and shows with its next meter values.
   */
  confirmMs: 120_000,
  /** Connections that the new CSMS may refuse before a station goes back. */
  failures: 3,
  /** Differences between two CSMS that are kept per station. */
  samples: 20,
  /** Milliseconds between two writes of one station's comparison. */
  shadowWriteMs: 60_000,
} as const;
