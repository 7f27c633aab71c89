/** Limits of what control keeps for a CSMS that is away. Each has a test at the limit and one past it. */
export const OUTAGE_LIMITS = {
  /** Messages of all stations together. */
  siteMessages: 200_000,
  /** Bytes of these. */
  siteBytes: 536_870_912,
  /** Bytes of one message that can be kept: it has to fit into one commit. */
  messageBytes: 600_000,
  /** Bytes of one stored part of a message: it is sealed, and one value of the store has at most 65,536. */
  partBytes: 60_000,
  /** The newest messages of a station that a repeated one is compared with. */
  duplicatesLookedAt: 32,
  /** Transactions of one station whose ids differ from the CSMS's; the oldest that the CSMS knows gives way. */
  transactions: 256,
  /** Messages of one station that `outage refused` shows; `outage export` has all. */
  refusedShown: 1_000,
  /** Bytes of messages in one part of `outage export`. */
  exportBytes: 8_388_608,
  /** First of the transaction ids that the gateway gives out, and how many there are: int32, far above a counter's. */
  firstTransactionId: 2_000_000_000,
  transactionIds: 147_000_000,
  /** Hours a clock that agreed with the CSMS's is believed. */
  clockHours: 24,
  /** Seconds it may differ. */
  clockSeconds: 5,
  /** Milliseconds between two looks at ages and lengths. */
  lookMs: 10_000,
} as const;

/** Limits of what control knows of badges. */
export const BADGE_LIMITS = {
  /** Badges on the block list, and on the site's own list. */
  entries: 10_000,
  /** Answers of the CSMS that are remembered; the oldest gives way. */
  cached: 20_000,
  /** Milliseconds after which an unchanged answer is written again. */
  rewriteMs: 86_400_000,
  /** Days an answer of the CSMS is believed that names no end. */
  cachedDays: 30,
  /** Characters of a badge: 20 in OCPP 1.6, 36 in 2.0.1, 255 in 2.1. */
  badgeChars: 255,
  /** Characters of a note. */
  noteChars: 200,
  /** Entries of one stored part of an import: with the longest notes it fits into one value of the store. */
  chunk: 60,
  /** Characters of a file of badges: as many lines as a list has entries, with notes. */
  fileChars: 2_000_000,
  /** Badges of an import that are recorded each; of more only their number and digest. */
  recordedEach: 200,
  /** Characters of a hash by which a badge is named: as many as lists show. */
  hashChars: 8,
  /** Milliseconds for which an entry of the site's own list that has ended is still shown. */
  overShownMs: 30 * 86_400_000,
} as const;

/** Limits of having stations empty their caches of badges. */
export const BADGE_CACHE_LIMITS = {
  /** Milliseconds that a station has to answer ClearCache. */
  callMs: 10_000,
  /** Milliseconds until one that gave no answer is asked again in the same session. */
  againMs: 60_000,
  /** Milliseconds until one that refused is asked again in the same session. */
  refusedMs: 3_600_000,
  /** Stations marked in one commit. */
  perCommit: 500,
} as const;

/** Limits of telling CSMSs which badges are blocked. */
export const NOTICE_LIMITS = {
  /** Notices that may wait for all CSMSs together. */
  waiting: 1_000,
  /** Milliseconds that a CSMS has to answer one. */
  callMs: 15_000,
  /** Shortest and longest pause before one is sent again. */
  pauseMs: 60_000,
  longestPauseMs: 3_600_000,
  /** Milliseconds after which nobody is told any more. */
  ageMs: 7 * 86_400_000,
} as const;
