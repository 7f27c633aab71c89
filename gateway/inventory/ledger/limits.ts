/** Limits of the energy ledger. Each has a test at the limit and one past it. */
export const LEDGER_LIMITS = {
  /** Transactions in memory; the oldest settled one is left to the disk, or else the oldest one. */
  unsettled: 20_000,
  /** Marks of those in memory that are read at a start: of all stations that a site may have. */
  marks: 200_000,
  /** Open transactions of one station; one more ends the oldest as superseded. */
  openPerStation: 16,
  /** Settled transactions of one station that stay in memory: a lost answer makes the station send again. */
  closedPerStation: 4,
  /** Readings kept of one transaction; when full every second one is dropped, first and last stay. */
  readings: 96,
  /** Missing sequence numbers remembered of one transaction (2.x). */
  missing: 64,
  /** Signed values kept of one transaction; the last eight places are for those of begin and end. */
  signed: 24,
  /** Signed values that wait while the disk takes nothing. */
  unstored: 1_000,
  /** Messages that one fact of a Worker may stand for. */
  messagesPerFact: 1_000,
  /** Facts of one call of a Worker. */
  factsPerCall: 200,
  /** Milliseconds between two writes of transactions that only got samples. */
  sampleFlushMs: 300_000,
  /** Commits of samples a day; beyond it they are written once an hour (eMMC). */
  sampleCommitsPerDay: 2_000,
  /** Milliseconds between two writes of samples beyond that budget. */
  slowFlushMs: 3_600_000,
  /** Milliseconds between two looks at what the CSMS has not acknowledged. */
  lookMs: 60_000,
  /** Milliseconds that energy may stay without an acknowledgement before it is an alarm. */
  unacknowledgedMs: 900_000,
  /** Watt-hours by which a reading may be lower than one before it, as it is rounded, to kWh at most. */
  roundedWh: 1_000,
  /** Watt-hours that a register must have gone back, and by half, for it to have begun anew all the same. */
  fallWh: 10,
  /** Transactions of one answer to a command; of `ledger export`, which goes on behind them. */
  listed: 10_000,
  exported: 1_000,
  /** Transactions that are looked at in one go. */
  looked: 10_000,
} as const;
