/** Limits of hald, its client and the key stores. Each has a test at the limit and one past it. */
export const HAL_LIMITS = {
  /** Bytes of a key file or sealed blob; a longer file is not one of ours. */
  keyFileBytes: 8 * 1024,
} as const;
