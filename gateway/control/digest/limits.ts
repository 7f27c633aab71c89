/** Limits of digests and reviews. */
export const DIGEST_LIMITS = {
  /** Milliseconds between two looks at what is due. */
  lookMs: 600_000,
  /** Reviews that are kept; the oldest go. */
  reviews: 200,
  /** Lines of one part that are written; a webhook gets as many. */
  lines: 15,
  /** Characters of a note. */
  noteChars: 500,
  /** Records that are read at once, so that others have their turn. */
  readAtOnce: 500,
} as const;
