/** Limits of looks at stations from outside. */
export const PROBE_LIMITS = {
  /** Ports of one look. */
  ports: 48,
  /** Milliseconds between two connections: small controllers are not to be bothered. */
  gapMs: 250,
  /** The same after a port that refused: nothing of the controller was busy with that. */
  refusedGapMs: 50,
  /** Milliseconds that a port has for an answer. */
  answerMs: 1_500,
  /** Milliseconds that a TLS server has for its answer. */
  helloMs: 3_000,
  /** Bytes that are read of an answer to one ClientHello. */
  helloBytes: 16_384,
  /** Milliseconds of a whole look: control waits so long. */
  lookMs: 150_000,
} as const;
