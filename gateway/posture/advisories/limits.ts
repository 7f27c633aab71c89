/** Limits of advisories. */
export const ADVISORY_LIMITS = {
  /** Bytes of one file. */
  fileBytes: 2_000_000,
  /** Products and weaknesses of one advisory. */
  products: 2_000,
  weaknesses: 200,
  /** Depth of the product tree. */
  depth: 16,
  /** Advisories that are kept. */
  kept: 200,
  /** Bytes of one stored part, and parts of one advisory, packed. */
  partBytes: 48_000,
  parts: 12,
  /** Faults of a file that are named. */
  faults: 10,
  /** Characters of a text that is kept. */
  textChars: 300,
} as const;
