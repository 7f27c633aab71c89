/** Limits of the simulated garage. Each has a test at the limit and one past it. */
export const DEMO_LIMITS = {
  /** Messages a simulated station keeps while it is offline; when full, the oldest meter value goes, never a start or stop. */
  outboxMessages: 500,
  /** Faults that a simulator remembers; further ones are only counted. */
  faults: 50,
  /** Finished sessions that a simulated station remembers. */
  sessions: 1_000,
  /** Transactions that the simulated CSMS keeps. */
  transactions: 10_000,
  /** Bytes of one message that the simulated CSMS accepts. */
  messageBytes: 256 * 1024,
  /** Milliseconds a simulator waits for the answer to a call. */
  callMs: 10_000,
  /** Milliseconds an attack waits for the gateway to say or do something. */
  attackMs: 5_000,
  /** Bytes of an answer that an attack keeps. */
  attackAnswerBytes: 64 * 1024,
  /** Bytes of the frame that the frame attack sends: far above any OCPP message. */
  attackFrameBytes: 4 * 1024 * 1024,
  /** Password guesses of the guessing attack: more than the gateway allows one address. */
  attackGuesses: 15,
  /** Milliseconds before the first reconnect; doubled up to `reconnectMaxMs`. */
  reconnectMinMs: 250,
  reconnectMaxMs: 5_000,
  /** Log lines of the gateway process that are kept for the report of a failure. */
  logLines: 2_000,
  /** Characters of one of them. */
  lineChars: 8_192,
  /** Milliseconds the gateway has until its READY line, and from SIGTERM to its end. */
  gatewayReadyMs: 180_000,
  gatewayStopMs: 60_000,
  /** Milliseconds that running sessions have at the end to reach the CSMS whole. */
  settleMs: 15_000,
  /** Looks into the audit for the rule of one refusal, the pause between them, and the records of one look. */
  auditLooks: 60,
  auditLookMs: 100,
  auditLines: 200,
  /** Milliseconds between two looks of the screen at what changed. */
  redrawMs: 250,
  /** Lines of attacks that the table shows. */
  attackLines: 8,
} as const;
