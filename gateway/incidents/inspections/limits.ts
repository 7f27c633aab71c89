/** Limits of inspections. Each has a test at the limit and one past it. */
export const INSPECTION_LIMITS = {
  /** Lists that were filled and are kept; the newest of each list and subject stays. */
  records: 2_000,
  /** Assignments of lists to stations and the site. */
  assignments: 4_000,
  /** Photos of one filled list. */
  photos: 8,
  /** Bytes of all photos together. */
  photoBytes: 64 * 1024 * 1024,
  noteChars: 300,
  nameChars: 80,
  /** Days between two inspections that an assignment may ask for. */
  everyDays: 1_095,
  /** Milliseconds between two looks at what is due. */
  lookMs: 600_000,
} as const;
