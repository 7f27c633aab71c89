/** Limits of the ACME Worker. Each has a test at the limit and one past it, or is a time that tests wait out by hand. */
export const ACME_LIMITS = {
  /** Milliseconds that one HTTPS request may take. */
  requestMs: 30_000,
  /** Bytes of one answer; a chain of four certificates has about 8,000. */
  answerBytes: 64 * 1024,
  /** Times that one request is signed again because the server wants a fresh nonce (RFC 8555 section 6.5). */
  nonceRetries: 3,
  /** Times that one order or authorization is asked for until it is decided. */
  polls: 30,
  /** Milliseconds between two of them unless the server names another time. */
  pollMs: 2_000,
  /** The shortest and longest time that a server may ask for between two of them, in milliseconds. */
  pollMinMs: 1_000,
  pollMaxMs: 60_000,
  /** Authorizations of one order: the host name and its wildcard. */
  authorizations: 8,
} as const;
