/** Limits of the courier. Each has a test at the limit and one past it, or is a time that tests wait out by hand. */
export const COURIER_LIMITS = {
  /** Milliseconds to reach a receiver, TLS included. */
  connectMs: 10_000,
  /** Milliseconds one delivery may take after that. */
  sendMs: 15_000,
  /** Frames sent again on a new connection: nobody says what a receiver had read when the old one ended. */
  resendFrames: 256,
  /** Bytes of one syslog frame's message. */
  frameBytes: 16 * 1024,
  /** Bytes of an HTTP answer that are read; the rest is not waited for. */
  answerBytes: 16 * 1024,
  /** Bytes of request headers to /metrics. */
  metricsHeaderBytes: 8 * 1024,
  /** Milliseconds for the headers of a request to /metrics. */
  metricsHeadersMs: 5_000,
  /** Milliseconds for a whole request to /metrics. */
  metricsRequestMs: 10_000,
  /** Milliseconds an idle connection to /metrics stays open. */
  metricsIdleMs: 5_000,
  /** Connections to /metrics at once. */
  metricsConnections: 16,
} as const;
