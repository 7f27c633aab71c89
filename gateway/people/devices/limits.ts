/** Limits of tickets and device sessions. */
export const DEVICE_LIMITS = {
  /** Milliseconds that a ticket may be walked. */
  ticketMs: 30_000,
  /** Tickets that wait; one more forgets the oldest. */
  tickets: 500,
  /** Device sessions at once. */
  sessions: 200,
  /** Device sessions of one person at once. */
  sessionsOfPerson: 20,
  /** Origins of one session: a controller with so many ports has pages that nobody opens. */
  origins: 16,
  /** What watchers can still see of one session. */
  events: 200,
  /** Records that ui_proxy tells at once. */
  records: 100,
  /** Names of settings in one audit record. */
  settings: 20,
  /** Milliseconds that an end waits for the Worker to have closed everything. */
  endMs: 1_000,
  /** Recorded sessions that are kept; one more forgets the oldest. */
  recordings: 2_000,
  /** Bytes of one recording, sealed; nothing more is kept of a session then. */
  recordingBytes: 4_194_304,
  /** Days that recordings stay once the site makes none any more. */
  recordingDays: 30,
} as const;
