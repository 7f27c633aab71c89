/** Limits of incidents and inspections. Each has a test at the limit and one past it. */
export const INCIDENT_LIMITS = {
  /** Closed incidents that are kept; the one closed longest ago goes first. The audit chain keeps all. */
  closed: 500,
  /** Characters of a reason, a proof, a note, a name. */
  textChars: 500,
  nameChars: 80,
  /** Announced work: how much at once, and how long one may last. */
  announced: 200,
  announcedMs: 7 * 86_400_000,
  /** Pieces of work remembered of one station. */
  works: 32,
  /** Stations whose work is remembered. */
  workStations: 2_000,
  /** Milliseconds between two looks at what is due. */
  tickMs: 30_000,
  /** Milliseconds after which the place in the audit chain is stored though nothing happened. */
  cursorMs: 3_600_000,
  /** Records that wait in memory; more are read from the chain again. */
  waiting: 2_000,
  /** Audit lines read at once when the gateway starts. */
  replayLines: 500,
  /** Milliseconds between two looks of the gateway at one station; and those of its daily one. */
  lookAgainMs: 1_800_000,
  lookDailyMs: 86_400_000,
  /** Looks that wait; a further one is left to the daily turn. */
  looksWaiting: 500,
  /** Milliseconds that a station has to answer one question. */
  callMs: 20_000,
} as const;
