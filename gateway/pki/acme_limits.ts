/** Limits of what control asks of an ACME server. Each has a test at the limit and one past it, or is a time. */
export const ACME_CONTROL_LIMITS = {
  /** Runs in 24 hours, those asked for by a person included: public servers count failed ones too. */
  runsPerDay: 8,
  /** Requests that control signs for one run; a run with two names takes about 20. */
  signatures: 160,
  /** Characters of a nonce, of a URL and of a request's payload. */
  nonceChars: 256,
  urlChars: 2_048,
  payloadChars: 16 * 1024,
  /** Bytes and certificates of an answered chain. */
  chainChars: 64 * 1024,
  chainCertificates: 8,
  /** Milliseconds until the first retry; doubled with every failure, up to the longest. */
  retryMs: 15 * 60_000,
  retryMaxMs: 24 * 3_600_000,
  /** The longest wait that a server may ask for by Retry-After, in milliseconds. */
  retryAfterMaxMs: 7 * 24 * 3_600_000,
  /** Milliseconds from a success to the next run at the earliest, whatever the certificate says. */
  successGapMs: 3_600_000,
  /** Milliseconds that a run may take beside the two waits for the DNS. */
  runMs: 10 * 60_000,
} as const;
