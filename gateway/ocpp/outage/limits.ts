/** Limits of standing in for a CSMS that is away. Each has a test at the limit and one past it. */
export const STAND_IN_LIMITS = {
  /** Messages of one station that are being stored or wait for it; one more closes the station. */
  turns: 256,
  /** Messages behind the kept ones while these are being sent. */
  behind: 16,
  /** Calls that are passed on between kept messages, waiting for their turn. */
  between: 64,
  /** With more kept messages than this a live transaction message is kept too, instead of waiting for its turn. */
  shortBacklog: 64,
  /** CALLs of a CSMS connection whose answers are still passed to it. */
  csmsCalls: 128,
  /** CALLs of the station that the CSMS has not answered; of more the oldest is forgotten. */
  inFlight: 128,
  /** Message ids used for kept messages on one CSMS connection that a live message must not repeat. */
  usedIds: 20_000,
  /** Transactions of one session whose ids differ from the CSMS's; the oldest gives way. As many as control remembers. */
  transactions: 256,
  /** Badges that the CSMS approved moments ago. */
  approvals: 64,
  /** Milliseconds for which such an approval stands. */
  approvalMs: 600_000,
  /** Milliseconds a message is tried to be stored before the station is closed and keeps it itself. */
  keepMs: 20_000,
  /** Milliseconds between two such tries. */
  keepPauseMs: 250,
  /** Milliseconds a known station waits for the first dial before the gateway stands in. */
  firstDialMs: 3_000,
  /**
   * Milliseconds a new connection is left alone before anything kept is sent on it: some CSMSs begin to listen a moment
   * after they have answered the upgrade, and lose what comes with it (ocpp-rpc 2.2.1 does).
   */
  settleMs: 250,
  /** Times a kept message is sent before a CALLERROR, or no answer, is taken as final. */
  attempts: 5,
  /** Milliseconds from the first time without an answer until a message may be taken for one that is never answered: a CSMS is slow after an outage. */
  patienceMs: 600_000,
  /** Milliseconds before the next of these, doubled each time, and the most. */
  retryMs: 1_000,
  retryMaxMs: 60_000,
  /** Longest pause before such a try for which live messages wait behind it, milliseconds; then they are kept too. */
  behindMs: 2_000,
  /** Times in a row that a CSMS may refuse to know the station before the station is told. */
  refusals: 10,
  /** Longest pause between two dials while the gateway stands in, milliseconds; half of it is jitter. */
  redialMaxMs: 5_000,
  /** Seconds between two BootNotifications to a CSMS that has not accepted the station yet. */
  bootMinSeconds: 5,
  bootMaxSeconds: 300,
} as const;

/** Limits of looking at what a CSMS does with badges. Each has a test at the limit and one past it. */
export const OCPP_BADGE_LIMITS = {
  /** Entries of one SendLocalList that are looked at: a message has at most a megabyte. */
  listed: 20_000,
  /** Blocked badges of one list that control is told by name; of more only the count. */
  told: 20,
  /** Lists that wait for control; the oldest gives way. */
  listsWaiting: 256,
} as const;
