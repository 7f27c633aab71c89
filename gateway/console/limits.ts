/** Limits of the console's listener. */
export const CONSOLE_LIMITS = {
  /** Bytes of all headers of one request. */
  headerBytes: 16_384,
  /** Milliseconds for the headers and for the whole of one request. */
  requestMs: 15_000,
  /** Milliseconds an idle connection stays open. */
  keepAliveMs: 5_000,
  /** Connections at once. */
  connections: 512,
} as const;
