/** Limits of the hasher. */
export const HASHER_LIMITS = {
  /** Password checks that may wait; one more is refused with HASHER_BUSY. */
  waiting: 64,
} as const;
