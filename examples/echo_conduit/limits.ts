/** Limits of the echo conduit. Each has a test at the limit and one past it. */
export const ECHO_LIMITS = {
  /** Bytes of one line without its end. */
  lineBytes: 256,
  /** Connections at the same time; one more is closed at once. */
  connections: 16,
  /** Bytes waiting for a peer that does not read; more closes the connection. */
  waitingBytes: 64 * 1024,
} as const;
