/** Limits of mirrors and limited secondaries. Each has a test at the limit and one past it. */
export const MIRROR_LIMITS = {
  /** Messages that wait for one mirror of one station; one more and the oldest is dropped. */
  queueMessages: 256,
  /** Bytes of these. */
  queueBytes: 524_288,
  /** Bytes that wait for all mirrors of one isolate. */
  allQueueBytes: 67_108_864,
  /** Bytes in a mirror's socket for a peer that does not read; more cuts it. */
  bufferedBytes: 262_144,
  /** Milliseconds a mirror has to answer a copied CALL before the next one is sent. */
  answerMs: 30_000,
  /** Times that one message is sent to a mirror whose connection breaks upon it. */
  sendings: 2,
  /** Messages per second of one mirror, and at once; one more ends its connection. */
  messagesPerSecond: 10,
  messagesBurst: 100,
  /** CALLs of a limited secondary that may wait for the station. */
  asks: 4,
  /** Milliseconds that a station has for the CALL of a secondary, its turn included. */
  askMs: 60_000,
  /** Milliseconds between two attempts to connect a mirror: first and longest. */
  pauseFirstMs: 1_000,
  pauseLongestMs: 300_000,
  /** Milliseconds a connection must have stood so that the next pause is the first again. */
  stableMs: 60_000,
  /** Mirror connections that one isolate opens: at once, and per second. */
  dialsBurst: 100,
  dialsPerSecond: 50,
  /** Milliseconds without a drop after which the alarm about it is over. */
  dropQuietMs: 300_000,
  /** Answers of one station that wait to be compared with those of a shadowed CSMS. */
  comparisons: 64,
  /** Milliseconds after which the other answer is counted as missing: a copy may wait for its turn behind an unanswered one. */
  comparisonMs: 90_000,
  /** Differences kept as samples per report to control. */
  samples: 20,
  /** Characters of a compared value that are shown. */
  sampleChars: 60,
} as const;
