/** Limits of the ledger's side in an OCPP Worker. Each has a test at the limit and one past it. */
export const LEDGER_FEED_LIMITS = {
  /** Facts that wait for control; meter samples make room for begins, ends and answers. */
  facts: 5_000,
  /** Facts of one call to control. */
  factsPerCall: 200,
  /** Messages about meter values that become one fact before another one is begun (control takes 1,000). */
  messagesPerFact: 1_000,
  /** Readings of such a fact; when full every second one is dropped, first and last stay. */
  readingsPerFact: 32,
  /** Transactions of one station whose samples are being put together at one time. */
  folds: 8,
  /** Milliseconds that a meter sample waits for others. */
  sampleDelayMs: 10_000,
  /** Messages per station whose answer is waited for. */
  pending: 128,
  /** Characters of ids, times, reasons and error codes that are kept. */
  textChars: 64,
  /** Characters of one signed value; a longer one is not kept, and counted. */
  signedChars: 16_384,
  /** Readings, and signed values, of one message that are kept; of more the first and the last, even. */
  valuesPerMessage: 64,
} as const;
